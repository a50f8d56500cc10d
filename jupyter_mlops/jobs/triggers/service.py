"""Triggers, as every face (REST, CLI, Python, `jobs.yaml`) asks for them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError, ConflictError, MlopsError, NotFoundError
from jupyter_mlops.ids import new_id
from jupyter_mlops.jobs.triggers.firing import make_called_run
from jupyter_mlops.jobs.triggers.http import Call, HttpKind, TooManyCallsError, check_call, new_token
from jupyter_mlops.jobs.triggers.kind import Fire, Place, TimedKind
from jupyter_mlops.jobs.triggers.kinds import kind_named
from jupyter_mlops.jobs.triggers.life import needs_worker, next_fire, start
from jupyter_mlops.jobs.triggers.request import TriggerRequest
from jupyter_mlops.notebooks.parameters import ParameterSet, infer_parameters
from jupyter_mlops.notebooks.paths import resolve_notebook
from jupyter_mlops.notebooks.read import read_notebook
from jupyter_mlops.runs.workers import ensure_worker
from jupyter_mlops.store import Store, changes
from jupyter_mlops.store.tables import Job, Run, Trigger

MAX_TRIGGERS = 50
PREVIEWED_FIRES = 5


@dataclass(frozen=True)
class NewTrigger:
    """A trigger just made; `token` is shown this once, None for a kind that takes none."""

    trigger: Trigger
    token: str | None = None


class TriggerService:
    """The triggers of the jobs of one root."""

    def __init__(self, store: Store, settings: Settings, root: Path) -> None:
        self.store = store
        self.settings = settings
        self.root = root.resolve()

    def add(self, job_id: str, request: TriggerRequest) -> NewTrigger:
        """Give a job one more trigger.

        Raises:
            NotFoundError: no such job.
            ScheduleError: the trigger cannot be used; nothing was stored.
            ConflictError: the job has 50 already.
        """
        with self.store.session() as session:
            job = _job(session, self.root, job_id)
            new = add_trigger(session, job, request, _now())
            _tell(session, job)
        self._see_to_a_worker(new.trigger)
        return new

    def get(self, trigger_id: str) -> Trigger:
        """One trigger.

        Raises:
            NotFoundError: no such trigger of a job of this root.
        """
        with self.store.reading() as session:
            return _trigger(session, self.root, trigger_id)

    def change(self, trigger_id: str, change: Mapping[str, Any]) -> NewTrigger:
        """Pause or resume a trigger, or change what it fires for.

        Args:
            trigger_id: which.
            change: some fields of `TriggerRequest` without its kind; `token: true` gives it a new token.

        Raises:
            NotFoundError: no such trigger.
            ScheduleError: it cannot be used so, or will never fire again; nothing was changed.
        """
        with self.store.session() as session:
            trigger = _trigger(session, self.root, trigger_id)
            token = None
            fields = {name: value for name, value in change.items() if name != "token"}
            if fields:
                before = _as_request(trigger)
                change_trigger(session, trigger, TriggerRequest.parse({**before, **fields}), _now())
            if change.get("token"):
                token = _new_token(trigger)
            _tell(session, trigger.job)
        self._see_to_a_worker(trigger)
        return NewTrigger(trigger, token)

    def delete(self, trigger_id: str) -> None:
        """Delete a trigger; the runs that it made stay, with their causes.

        Raises:
            NotFoundError: no such trigger.
        """
        with self.store.session() as session:
            trigger = _trigger(session, self.root, trigger_id)
            _tell(session, trigger.job)
            delete_trigger(session, trigger)

    def preview(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What a trigger would do, as `SchedulePreview` in the OpenAPI file; nothing is stored.

        Raises:
            ScheduleError: it cannot be used.
        """
        request, now = TriggerRequest.parse(given), _now()
        kind = kind_named(request.kind)
        with self.store.reading() as session:
            spec = kind.check(request.spec, Place(session, self.root, now))
        trigger = Trigger(kind=kind.name, spec=spec, starts_at=request.starts_at, ends_at=request.ends_at)
        fires = itertools.islice(_fires(kind, trigger, now), PREVIEWED_FIRES)
        return {
            "kind": kind.name,
            "spec": kind.shown(spec),
            "cron": spec.get("cron"),
            "timezone": spec.get("timezone"),
            "description": kind.describe(spec),
            "next_fires": [fire.isoformat() for fire in fires],
        }

    def call(self, trigger_id: str, call: Call) -> Run:
        """Make a run for a call from outside, of any root of this store.

        Raises:
            CallRefusedError: without a valid token or signature; whether there is such a trigger is not told.
            ConflictError: the trigger is paused, or this signature was taken before.
            TooManyCallsError: more in a minute than the trigger allows.
            BadInputError: the body is not `{"parameters": {...}}`, or they do not fit.
        """
        now = _now()
        with self.store.reading() as session:
            found = session.get(Trigger, trigger_id)
        trigger = found if found and found.kind == HttpKind.name and found.job.deleted_at is None else None
        key = check_call(trigger.spec if trigger else None, call, now)
        assert trigger is not None
        _check_open(trigger, now)
        fire = Fire(key, {"kind": "http"}, parameters=_called_parameters(trigger.spec, call.body))
        self._check_rate(trigger, key, now)
        run, is_new = make_called_run(self.store, self.settings, trigger, fire, now)
        if not is_new and key.startswith("signature:"):
            raise ConflictError(
                "This signature was taken before.", code="replayed", hint="Sign each call with its own time."
            )
        ensure_worker(self.store, self.settings)
        return run

    def _check_rate(self, trigger: Trigger, key: str, now: datetime) -> None:
        recent = select(func.count()).where(
            Run.trigger_id == trigger.id, Run.created_at > now - timedelta(minutes=1), Run.fire_key != key
        )
        with self.store.reading() as session:
            if (session.scalar(recent) or 0) >= trigger.spec["per_minute"]:
                raise TooManyCallsError(
                    f"More than {trigger.spec['per_minute']:g} calls in a minute.",
                    field="per_minute",
                    hint="Wait a minute, or allow more.",
                )

    def _see_to_a_worker(self, trigger: Trigger) -> None:
        if needs_worker(trigger):
            ensure_worker(self.store, self.settings)


def add_trigger(session: Session, job: Job, request: TriggerRequest, now: datetime) -> NewTrigger:
    """Give a job a trigger within a transaction; see `TriggerService.add`."""
    if len(job.triggers) >= MAX_TRIGGERS:
        raise ConflictError(f"The job {job.name!r} has {MAX_TRIGGERS} triggers already.", field="kind")
    kind = kind_named(request.kind)
    trigger = Trigger(
        id=new_id(),
        kind=kind.name,
        spec=kind.check(request.spec, _place(session, job, now)),
        seen={},
        active=False,
        missed=request.missed,
        jitter_s=request.jitter_s,
        starts_at=request.starts_at,
        ends_at=request.ends_at,
        created_at=now,
    )
    token = _new_token(trigger) if kind.has_token else None
    _start_as_asked(trigger, request.active, now, Path(job.root))
    job.triggers = [*job.triggers, trigger]
    job.updated_at = now
    return NewTrigger(trigger, token)


def change_trigger(session: Session, trigger: Trigger, request: TriggerRequest, now: datetime) -> bool:
    """Make a trigger what is asked for; says whether it was anything else before. It keeps its token."""
    kind = kind_named(request.kind)
    spec = kind.check(request.spec, _place(session, trigger.job, now, trigger.spec))
    wanted = {
        "spec": spec,
        "starts_at": request.starts_at,
        "ends_at": request.ends_at,
        "missed": request.missed,
        "jitter_s": request.jitter_s,
    }
    other = any(getattr(trigger, name) != value for name, value in wanted.items())
    if not other and trigger.active == request.active:
        return False
    if not other and not request.active:
        trigger.active = False
        return True
    for name, value in wanted.items():
        setattr(trigger, name, value)
    _start_as_asked(trigger, request.active, now, Path(trigger.job.root))
    trigger.job.updated_at = now
    return True


def delete_trigger(session: Session, trigger: Trigger) -> None:
    """Delete a trigger's row; its runs are no longer bound to one, and keep their causes."""
    session.execute(update(Run).where(Run.trigger_id == trigger.id).values(trigger_id=None))
    trigger.job.updated_at = _now()
    trigger.job.triggers.remove(trigger)
    session.delete(trigger)


def same_trigger(session: Session, trigger: Trigger, request: TriggerRequest, now: datetime) -> bool:
    """Whether a trigger fires for the same as what is asked for."""
    if trigger.kind != request.kind:
        return False
    place = _place(session, trigger.job, now, trigger.spec)
    return kind_named(request.kind).check(request.spec, place) == trigger.spec


def _as_request(trigger: Trigger) -> dict[str, Any]:
    kind = kind_named(trigger.kind)
    timed = isinstance(kind, TimedKind)
    return {
        "kind": trigger.kind,
        "spec": kind.shown(trigger.spec),
        "active": trigger.active,
        "starts_at": trigger.starts_at,
        "ends_at": trigger.ends_at,
        "missed": trigger.missed if timed else None,
        "jitter_s": trigger.jitter_s,
    }


def _start_as_asked(trigger: Trigger, active: bool, now: datetime, root: Path) -> None:
    start(trigger, now, root)  # also of one that is made paused it is told at once when it could never fire
    trigger.active = active


def _new_token(trigger: Trigger) -> str:
    if not kind_named(trigger.kind).has_token:
        raise BadInputError(f"A trigger of the kind {trigger.kind} has no token.", field="token")
    token, sha = new_token()
    trigger.spec = {**trigger.spec, "token_sha256": sha}
    return token


def _place(
    session: Session, job: Job, now: datetime, before: Mapping[str, Any] = MappingProxyType({})
) -> Place:
    return Place(session, Path(job.root), now, job.id, _declared(job), before)


def _declared(job: Job) -> ParameterSet | None:
    try:
        return infer_parameters(read_notebook(resolve_notebook(Path(job.root), job.notebook)))
    except MlopsError:
        return None


def _fires(kind: object, trigger: Trigger, after: datetime) -> Iterator[datetime]:
    fire = next_fire(kind, trigger, after) if isinstance(kind, TimedKind) else None
    while fire is not None:
        yield fire
        assert isinstance(kind, TimedKind)
        fire = next_fire(kind, trigger, fire)


def _check_open(trigger: Trigger, now: datetime) -> None:
    if not trigger.active:
        raise ConflictError("The trigger is paused.", code="paused", hint="Resume it.")
    if trigger.starts_at is not None and now < trigger.starts_at:
        raise ConflictError("The trigger has not started yet.", code="not_started", field="starts_at")
    if trigger.ends_at is not None and now > trigger.ends_at:
        raise ConflictError("The trigger has ended.", code="ended", field="ends_at")


def _called_parameters(spec: Mapping[str, Any], body: bytes) -> dict[str, Any]:
    hint = 'Send {"parameters": {"day": "2026-11-21"}}, or nothing.'
    try:
        given = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise BadInputError("The body is not JSON.", field="body", hint=hint) from None
    if not isinstance(given, dict) or not isinstance(given.get("parameters", {}), dict):
        raise BadInputError("The body is no object with parameters.", field="body", hint=hint)
    for name in given:
        if name != "parameters":
            raise BadInputError(f"There is no field {name[:40]!r}.", field=name[:40], hint=hint)
    parameters: dict[str, Any] = given.get("parameters", {})
    allowed = spec["parameters"]
    for name in parameters:
        if allowed is not None and name not in allowed:
            raise BadInputError(
                f"A call may not set {name[:60]!r}.",
                field=f"parameters.{name[:60]}",
                hint=f"It may set {', '.join(allowed)}." if allowed else "It may set none.",
            )
    return parameters


def _job(session: Session, root: Path, job_id: str) -> Job:
    job = session.get(Job, job_id)
    if job is None or job.root != str(root) or job.deleted_at is not None:
        raise NotFoundError(
            f"There is no job {job_id!r}.", field="job", hint="`jupyter mlops jobs` lists them."
        )
    return job


def _trigger(session: Session, root: Path, trigger_id: str) -> Trigger:
    trigger = session.get(Trigger, trigger_id)
    if trigger is None or trigger.job.root != str(root) or trigger.job.deleted_at is not None:
        raise NotFoundError(
            f"There is no trigger {trigger_id!r}.",
            field="trigger",
            hint="`jupyter mlops triggers` lists them.",
        )
    return trigger


def _tell(session: Session, job: Job) -> None:
    changes.record(session, "job", job.id, root=job.root, notebook=job.notebook)


def _now() -> datetime:
    return datetime.now(timezone.utc)
