"""Making the store what a file says: in one transaction, all of it or nothing; or only what would be made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import ConflictError, MlopsError
from jupyter_mlops.ids import new_id
from jupyter_mlops.jobs.combinations import check_presets
from jupyter_mlops.jobs.definitions.definition import Definitions, JobDefinition
from jupyter_mlops.jobs.definitions.yaml_lines import DefinitionError
from jupyter_mlops.jobs.glance import Glance
from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.jobs.prepare import prepare_run
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.jobs.triggers.kinds import all_kinds
from jupyter_mlops.jobs.triggers.life import state_of
from jupyter_mlops.jobs.triggers.request import TriggerRequest
from jupyter_mlops.jobs.triggers.service import (
    NewTrigger,
    add_trigger,
    change_trigger,
    delete_trigger,
    same_trigger,
)
from jupyter_mlops.store import Store, changes
from jupyter_mlops.store.tables import Job, Trigger
from jupyter_mlops.store.turns import take_turns

Action = Literal["create", "change", "delete"]


@dataclass
class Change:
    """What is to be done, or was done, to one job.

    Args:
        action: what.
        job: the job's name.
        details: what differs, a line each.
        tokens: of triggers that are called and were made now; shown this once.
    """

    action: Action
    job: str
    details: list[str] = field(default_factory=list)
    tokens: list[NewTrigger] = field(default_factory=list)

    def as_dict(self, *, done: bool) -> dict[str, Any]:
        """As `DefinitionChange` in the OpenAPI file; tokens only of what is done: none of a plan's holds."""
        told: dict[str, Any] = {"action": self.action, "job": self.job, "details": self.details}
        if done:
            told["tokens"] = [{"trigger_id": new.trigger.id, "token": new.token} for new in self.tokens]
        return told


def plan(
    store: Store,
    settings: Settings,
    root: Path,
    definitions: Definitions,
    source: str,
    *,
    adopt: bool = False,
) -> list[Change]:
    """What `apply` would do; nothing is stored. It is the very same work, rolled back.

    Raises:
        DefinitionError: as `apply`.
    """
    try:
        with store.session() as session:
            raise _RolledBack(_Applying(session, settings, root, definitions, source, adopt).all_changes())
    except _RolledBack as done:
        return done.made


def apply(
    store: Store,
    settings: Settings,
    root: Path,
    definitions: Definitions,
    source: str,
    *,
    adopt: bool = False,
) -> list[Change]:
    """Make the jobs of a root what a file says, and delete those that this file defined and no longer does.

    Args:
        store: the jobs.
        settings: which tracking server new jobs use.
        root: the folder that the jobs belong to.
        definitions: the file as read.
        source: the file's own name in the store: its jobs are known by it.
        adopt: take over jobs of the same names that were made by hand or defined elsewhere.

    Raises:
        DefinitionError: something cannot be used: all of it is told; nothing was stored.
    """
    with store.session() as session:
        return _Applying(session, settings, root, definitions, source, adopt).all_changes()


class _RolledBack(Exception):  # noqa: N818 - no error
    def __init__(self, made: list[Change]) -> None:
        super().__init__()
        self.made = made


@dataclass
class _Applying:
    session: Session
    settings: Settings
    root: Path
    definitions: Definitions
    source: str
    adopt: bool
    now: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    deleted: dict[str, list[str]] = field(default_factory=dict)
    problems: list[DefinitionError] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    def all_changes(self) -> list[Change]:
        """Jobs first, then triggers: one may come after a job that stands further down.

        Raises:
            DefinitionError: all that is wrong.
        """
        self.problems += self.definitions.problems
        self.refused |= self.definitions.refused
        take_turns(self.session, "job names")
        before = {job.name: job for job in self._live_jobs()}
        deleted = self._delete_others(before)
        glance = Glance()
        found = [self._job(one, before.get(one.name), glance) for one in self.definitions.jobs]
        made = [one for one in found if one is not None]
        self.session.flush()
        plans = [self._match(job, definition) for job, _, definition in made]
        for (job, change, definition), matched in zip(made, plans, strict=True):
            self._triggers(job, change, definition, matched)
        if self.problems:
            raise DefinitionError.of_all(self.problems)
        self.session.flush()
        done = [*(change for _, change, _ in made if change.action == "create" or change.details), *deleted]
        for job, change, _ in made:
            if change in done:
                job.updated_at = self.now
                changes.record(self.session, "job", job.id, root=job.root, notebook=job.notebook)
        return done

    def _live_jobs(self) -> Sequence[Job]:
        query = select(Job).where(Job.root == str(self.root), Job.deleted_at.is_(None))
        return self.session.scalars(query).all()

    def _delete_others(self, before: Mapping[str, Job]) -> list[Change]:
        wanted = {definition.name for definition in self.definitions.jobs}
        gone = [job for job in before.values() if job.defined_in == self.source and job.name not in wanted]
        for job in gone:
            job.deleted_at = job.updated_at = self.now
            changes.record(self.session, "job", job.id, root=job.root, notebook=job.notebook)
        self.session.flush()
        return [Change("delete", job.name, ["its runs and their files stay"]) for job in gone]

    def _refuse(self, definition: JobDefinition, error: MlopsError, *inside: str | int) -> None:
        self.problems.append(self.definitions.refuse(definition, error, *inside))

    def _job(
        self, definition: JobDefinition, job: Job | None, glance: Glance
    ) -> tuple[Job, Change, JobDefinition] | None:
        try:
            wanted = self._columns(definition, glance)
            if job is not None and job.defined_in != self.source and not self.adopt:
                where = f"is defined in {job.defined_in}" if job.defined_in else "was made by hand"
                raise ConflictError(
                    f"There is a job {definition.name!r} that {where}.",
                    hint="`--adopt` takes it over; or choose another name.",
                )
        except MlopsError as error:
            self._refuse(definition, error)
            self.refused.add(definition.name)
            for index in range(len(definition.triggers)):  # what is wrong with them is told as well
                self._request(definition, index)
            return None
        if job is None:
            made = Job(
                id=new_id(),
                root=str(self.root),
                name=definition.name,
                tracking_uri=self.settings.kept_tracking_uri,
                created_at=self.now,
                updated_at=self.now,
                **wanted,
            )
            made.triggers = []
            self.session.add(made)
            return made, Change("create", made.name, [f"notebook: {made.notebook}"]), definition
        change = Change("change", job.name)
        for name, value in wanted.items():
            was = getattr(job, name)
            if was != value:
                change.details.append(f"{name}: {was!r} → {value!r}")
                setattr(job, name, value)
        return job, change, definition

    def _columns(self, definition: JobDefinition, glance: Glance) -> dict[str, Any]:
        """The job's columns, checked as a request is."""
        given = definition.given
        register, registration = definition.register
        request = RunRequest(
            given["notebook"],
            definition.name,
            definition.parameters,
            given.get("kernel"),
            register,
            registration=registration,
            environment=given.get("environment") or {},
        )
        prepared = prepare_run(request, self.root, glance)
        policies = Policies.parse(given.get("policies"))
        return {
            **prepared.columns,
            "policies": policies.changed(),
            "max_parallel": policies.max_parallel,
            "executor": policies.executor,
            "presets": check_presets(given.get("presets") or {}),
            "defined_in": self.source,
        }

    def _match(self, job: Job, definition: JobDefinition) -> dict[int, Trigger | None]:
        """For each trigger that is wanted, the one that is there; those that nobody wants are deleted.

        First the same ones find each other, then those of one kind, which are then changed.
        """
        asked = ((index, self._request(definition, index)) for index in range(len(definition.triggers)))
        requests = {index: request for index, request in asked if request is not None}
        left = list(job.triggers)
        matched: dict[int, Trigger | None] = dict.fromkeys(requests)
        for is_like in (self._is_same, _is_of_kind):
            for index, request in requests.items():
                if matched[index] is None:
                    matched[index] = next((one for one in left if is_like(one, request)), None)
                    left = [one for one in left if one is not matched[index]]
        self.deleted[job.id] = [_told(trigger) for trigger in left]
        for trigger in left:
            delete_trigger(self.session, trigger)
        self.session.flush()
        return matched

    def _is_same(self, trigger: Trigger, request: TriggerRequest) -> bool:
        try:
            return same_trigger(self.session, trigger, request, self.now)
        except MlopsError:
            return False

    def _triggers(
        self, job: Job, change: Change, definition: JobDefinition, matched: Mapping[int, Trigger | None]
    ) -> None:
        change.details.extend(f"- trigger {told}" for told in self.deleted[job.id])
        for index, trigger in matched.items():
            request = self._request(definition, index, trigger)
            if request is None or request.spec.get("job") in self.refused:
                continue  # of a job that is refused itself, that is said
            try:
                if trigger is None:
                    new = add_trigger(self.session, job, request, self.now + timedelta(microseconds=index))
                    change.details.append(f"+ trigger {_told(new.trigger)}")
                    change.tokens += [new] if new.token else []
                    continue
                was = _told(trigger)
                if change_trigger(self.session, trigger, request, self.now):
                    change.details.append(f"~ trigger {was} → {_told(trigger)}")
            except MlopsError as error:
                self._refuse(definition, error, "triggers", index)

    def _request(
        self, definition: JobDefinition, index: int, trigger: Trigger | None = None
    ) -> TriggerRequest | None:
        """A trigger that is wanted, None for one that cannot be read.

        Whether it fires stays as it is where the file does not say.
        """
        given = dict(definition.triggers[index])
        ended = trigger is not None and state_of(trigger, all_kinds().get(trigger.kind)) == "ended"
        if trigger is not None and ("active" not in given or ended):
            given["active"] = trigger.active
        try:
            return TriggerRequest.parse(given)
        except MlopsError as error:
            self._refuse(definition, error, "triggers", index)
            return None


def _is_of_kind(trigger: Trigger, request: TriggerRequest) -> bool:
    return trigger.kind == request.kind


def _told(trigger: Trigger) -> str:
    kind = all_kinds().get(trigger.kind)
    try:
        told = kind.describe(trigger.spec) if kind else None
    except (MlopsError, LookupError, TypeError, ValueError):
        told = None
    return f"{trigger.kind}: {told or 'cannot be read'}{'' if trigger.active else ' (not active)'}"
