"""From fires to runs: one fire makes one run, however many workers and servers see it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import MlopsError
from jupyter_mlops.ids import new_id
from jupyter_mlops.jobs.glance import Glance
from jupyter_mlops.jobs.overlap import enqueue_all_under_policies, enqueue_under_policies
from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.jobs.prepare import prepare_run
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.jobs.triggers.kind import Fire
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store import Store, changes
from jupyter_mlops.store.tables import Job, Run, Trigger

MISSED = "missed"
Prepared: TypeAlias = "tuple[dict[str, Any], str] | MlopsError | None"
"""The parameters of a fire's run and its snapshot; or why there can be none; None: there is to be none."""


@dataclass(frozen=True)
class Due:
    """A trigger that fires, or only moves on.

    Args:
        trigger: as it was read.
        fires: oldest first.
        moved_on: the columns of the trigger that become other ones, `next_fire_at` among them.
    """

    trigger: Trigger
    fires: Sequence[Fire]
    moved_on: Mapping[str, Any]


def make_runs(store: Store, settings: Settings, due: Sequence[Due], now: datetime) -> list[Run]:
    """Make a run for each fire, and move the triggers on, in one transaction.

    Whoever moves a trigger's `next_fire_at` on from where all have seen it makes its runs; the others make
    none. The unique (trigger, fire key) stands behind it. What many triggers share is looked at once.

    Args:
        store: where the runs are queued.
        settings: where snapshots are kept.
        due: triggers, each once.
        now: the moment.
    """
    glance = Glance()
    prepared = {one.trigger.id: _prepare_all(settings, one, glance) for one in due}
    made = {one.trigger.id: _make_all(one, prepared[one.trigger.id], now) for one in due}
    with store.session() as session:
        mine = _move_on(session, due, prepared)
        fired = _fired_already(session, [run for one in mine for run in made[one.trigger.id]])
        runs = [
            run for one in mine for run in made[one.trigger.id] if (run.trigger_id, run.fire_key) not in fired
        ]
        enqueue_all_under_policies(session, runs, now)
        for job in {one.trigger.job_id: one.trigger.job for one in mine}.values():
            changes.record(session, "job", job.id, root=job.root, notebook=job.notebook)
    return runs


def _move_on(session: Session, due: Sequence[Due], prepared: Mapping[str, list[Prepared]]) -> list[Due]:
    """Move on the triggers that stand where they were seen; answers with those.

    They are locked in the order of their ids, as by everybody who changes several.
    """
    by_id = {one.trigger.id: one for one in due}
    standing = session.execute(
        select(Trigger.id, Trigger.next_fire_at)
        .where(Trigger.id.in_(by_id), Trigger.active)
        .order_by(Trigger.id)
        .with_for_update(key_share=True)
    )
    found = {id_ for id_, next_fire_at in standing if next_fire_at == by_id[id_].trigger.next_fire_at}
    mine = [one for one in due if one.trigger.id in found]
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for one in mine:
        columns = {"problem": _problem(prepared[one.trigger.id]), **one.moved_on}
        by_columns[tuple(sorted(columns))].append({"id": one.trigger.id, **columns})
    for rows in by_columns.values():
        session.execute(update(Trigger), rows)
    return mine


def _problem(prepared: Sequence[Prepared]) -> str | None:
    """Why the newest fire of which there can be no run has none."""
    return next((one.message for one in reversed(prepared) if isinstance(one, MlopsError)), None)


def _fired_already(session: Session, runs: Sequence[Run]) -> set[tuple[str | None, str | None]]:
    """The triggers and keys of fires, among those of new runs, that have a run."""
    if not runs:
        return set()
    query = select(Run.trigger_id, Run.fire_key).where(
        Run.trigger_id.in_({run.trigger_id for run in runs}), Run.fire_key.in_({run.fire_key for run in runs})
    )
    return {(trigger_id, key) for trigger_id, key in session.execute(query)}


def make_called_run(
    store: Store, settings: Settings, trigger: Trigger, fire: Fire, now: datetime
) -> tuple[Run, bool]:
    """Make a run for a call from outside; the same call again is answered with its first run, and False.

    Raises:
        BadInputError: its parameters do not fit, or the notebook cannot be run; nothing was stored.
    """
    prepared = _prepare(settings, trigger.job, fire, Glance())
    if isinstance(prepared, MlopsError):
        raise prepared
    with store.session() as session:
        # Calls of one trigger come one after the other from here on.
        session.execute(update(Trigger).where(Trigger.id == trigger.id).values(problem=None))
        before = _find_run(session, trigger.id, fire.key)
        if before is not None:
            return before, False
        run = enqueue_under_policies(session, _make(trigger, fire, prepared, now), now)
        changes.record(session, "job", trigger.job_id, root=run.root, notebook=run.notebook)
    return run, True


def jitter(trigger_id: str, key: str, most_s: float) -> timedelta:
    """How long a fire's run waits: from 0 to `most_s` seconds, the same for all who ask."""
    share = int.from_bytes(hashlib.sha256(f"{trigger_id}:{key}".encode()).digest()[:6], "big") / 2**48
    return timedelta(seconds=most_s * share)


def _prepare_all(settings: Settings, due: Due, glance: Glance) -> list[Prepared]:
    """What each fire runs; those that give the notebook the same parameters share it."""
    prepared: list[Prepared] = []
    for index, fire in enumerate(due.fires):
        before = due.fires[index - 1] if index else None
        if before and (before.parameters, before.skipped) == (fire.parameters, fire.skipped):
            prepared.append(prepared[-1])
        else:
            prepared.append(_prepare(settings, due.trigger.job, fire, glance))
    return prepared


def _prepare(settings: Settings, job: Job, fire: Fire, glance: Glance) -> Prepared:
    if fire.skipped is not None:
        return None
    parameters = {**job.parameters, **fire.parameters}
    request = RunRequest(
        job.notebook,
        job.name,
        parameters,
        job.kernel,
        job.register_model,
        registration=job.registration or {},
        environment=job.environment or {},
    )
    try:
        prepared = prepare_run(request, Path(job.root), glance)
        return prepared.parameters, prepared.keep_snapshot(settings, glance)
    except MlopsError as error:
        return error


def _make_all(due: Due, prepared: Sequence[Prepared], now: datetime) -> list[Run]:
    return [_make(due.trigger, fire, how, now) for fire, how in zip(due.fires, prepared, strict=True)]


def _make(trigger: Trigger, fire: Fire, how: Prepared, now: datetime) -> Run:
    """The run of a fire, not yet stored; it has ended already where there can be none."""
    run = _new_run(trigger, fire, now)
    if isinstance(how, MlopsError):
        _end(run, RunState.FAILED, how.reason_code, f"{how.message} {how.hint or ''}".strip(), now)
    elif how is None:
        _end(run, RunState.SKIPPED, MISSED, str(fire.skipped), now)
    else:
        run.parameters, run.snapshot_sha = how
    return run


def _new_run(trigger: Trigger, fire: Fire, now: datetime) -> Run:
    job = trigger.job
    policies = Policies.of(job.policies)
    wait = jitter(trigger.id, fire.key, trigger.jitter_s)
    return Run(
        id=new_id(),
        root=job.root,
        job_id=job.id,
        trigger_id=trigger.id,
        scheduled_for=fire.scheduled_for,
        fire_key=fire.key,
        cause={"kind": trigger.kind, "trigger": trigger.id, **fire.cause},
        notebook=job.notebook,
        parameters={**job.parameters, **fire.parameters},
        kernel=job.kernel,
        register_model=job.register_model,
        registration=job.registration or {},
        environment=job.environment,
        tracking_uri=job.tracking_uri,
        policies=job.policies,
        priority=policies.priority,
        executor=policies.executor,
        not_before=(fire.scheduled_for or now) + wait if wait else None,
        state=RunState.QUEUED.value,
        created_at=now,
        cells_done=0,
        metrics={},
        cancel_requested=False,
    )


def _end(run: Run, state: RunState, reason: str, message: str, now: datetime) -> None:
    run.state, run.reason, run.message, run.ended_at = state.value, reason, message, now


def _find_run(session: Session, trigger_id: str, key: str) -> Run | None:
    return session.scalars(select(Run).where(Run.trigger_id == trigger_id, Run.fire_key == key)).one_or_none()
