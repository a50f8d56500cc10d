"""From fires to runs: one fire makes one run, however many workers and servers see it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import MlopsError
from jupyter_mlops.ids import new_id
from jupyter_mlops.jobs.overlap import enqueue_under_policies
from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.jobs.prepare import PreparedRun, prepare_run
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.jobs.triggers.kind import Fire
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store import Store, changes
from jupyter_mlops.store.tables import Job, Run, Trigger

MISSED = "missed"
Prepared: TypeAlias = "tuple[PreparedRun, str] | MlopsError | None"
"""The run of a fire and its snapshot; or why there can be none; None when there is to be none."""


def make_runs(
    store: Store,
    settings: Settings,
    trigger: Trigger,
    fires: Sequence[Fire],
    moved_on: Mapping[str, Any],
    now: datetime,
) -> list[Run]:
    """Make a run for each fire, and move the trigger on, in one transaction.

    Whoever moves `next_fire_at` on from where all have seen it makes the runs; the others make none. The
    unique (trigger, fire key) stands behind it.

    Args:
        store: where the runs are queued.
        settings: where snapshots are kept.
        trigger: as it was read.
        fires: oldest first.
        moved_on: the columns of the trigger that become other ones, `next_fire_at` among them.
        now: the moment.
    """
    prepared = _prepare_all(settings, trigger.job, fires)
    problem = next((one for one in reversed(prepared) if isinstance(one, MlopsError)), None)
    with store.session() as session:
        columns = {"problem": problem.message if problem else None, **moved_on}
        mine = session.scalars(
            update(Trigger)
            .where(Trigger.id == trigger.id, Trigger.active, _stands_at(trigger.next_fire_at))
            .values(**columns)
            .returning(Trigger.id)
        ).one_or_none()
        if mine is None:
            return []
        runs = [
            _queue(session, trigger, fire, how, now)
            for fire, how in zip(fires, prepared, strict=True)
            if _find_run(session, trigger.id, fire.key) is None
        ]
        changes.record(session, "job", trigger.job_id, root=trigger.job.root, notebook=trigger.job.notebook)
    return runs


def make_called_run(
    store: Store, settings: Settings, trigger: Trigger, fire: Fire, now: datetime
) -> tuple[Run, bool]:
    """Make a run for a call from outside; the same call again is answered with its first run, and False.

    Raises:
        BadInputError: its parameters do not fit, or the notebook cannot be run; nothing was stored.
    """
    prepared = _prepare(settings, trigger.job, fire)
    if isinstance(prepared, MlopsError):
        raise prepared
    with store.session() as session:
        # Calls of one trigger come one after the other from here on.
        session.execute(update(Trigger).where(Trigger.id == trigger.id).values(problem=None))
        before = _find_run(session, trigger.id, fire.key)
        if before is not None:
            return before, False
        run = _queue(session, trigger, fire, prepared, now)
        changes.record(session, "job", trigger.job_id, root=run.root, notebook=run.notebook)
    return run, True


def jitter(trigger_id: str, key: str, most_s: float) -> timedelta:
    """How long a fire's run waits: from 0 to `most_s` seconds, the same for all who ask."""
    share = int.from_bytes(hashlib.sha256(f"{trigger_id}:{key}".encode()).digest()[:6], "big") / 2**48
    return timedelta(seconds=most_s * share)


def _prepare_all(settings: Settings, job: Job, fires: Sequence[Fire]) -> list[Prepared]:
    """What each fire runs; those that give the notebook the same parameters share it."""
    prepared: list[Prepared] = []
    for index, fire in enumerate(fires):
        before = fires[index - 1] if index else None
        if before and (before.parameters, before.skipped) == (fire.parameters, fire.skipped):
            prepared.append(prepared[-1])
        else:
            prepared.append(_prepare(settings, job, fire))
    return prepared


def _prepare(settings: Settings, job: Job, fire: Fire) -> Prepared:
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
    )
    try:
        prepared = prepare_run(request, Path(job.root))
        return prepared, prepared.keep_snapshot(settings)
    except MlopsError as error:
        return error


def _queue(
    session: Session,
    trigger: Trigger,
    fire: Fire,
    how: Prepared,
    now: datetime,
) -> Run:
    run = _new_run(trigger, fire, now)
    if isinstance(how, MlopsError):
        _end(run, RunState.FAILED, how.reason_code, f"{how.message} {how.hint or ''}".strip(), now)
    elif how is None:
        _end(run, RunState.SKIPPED, MISSED, str(fire.skipped), now)
    else:
        prepared, run.snapshot_sha = how
        run.parameters = prepared.parameters
    return enqueue_under_policies(session, run, now)


def _new_run(trigger: Trigger, fire: Fire, now: datetime) -> Run:
    job = trigger.job
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
        tracking_uri=job.tracking_uri,
        policies=job.policies,
        priority=Policies.of(job.policies).priority,
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


def _stands_at(moment: datetime | None) -> Any:
    return Trigger.next_fire_at.is_(None) if moment is None else Trigger.next_fire_at == moment
