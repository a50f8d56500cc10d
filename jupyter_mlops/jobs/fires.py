"""Firing triggers: each due fire makes one run, however many workers look."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import MlopsError
from jupyter_mlops.ids import new_id
from jupyter_mlops.jobs.cron import parse_schedule
from jupyter_mlops.jobs.prepare import PreparedRun, prepare_run
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.runs import queue
from jupyter_mlops.runs.states import Reason, RunState
from jupyter_mlops.store import Store, changes
from jupyter_mlops.store.tables import Job, Run, Trigger

log = logging.getLogger(__name__)
MAX_FIRES = 100


def fire_due_triggers(store: Store, settings: Settings, now: datetime) -> int:
    """Make a run for every trigger that is due; answers with how many were.

    A trigger that was due several times while no worker was alive fires once, for its latest missed time's
    sake. One bad trigger is paused with its problem, and holds up no other.
    """
    with store.reading() as session:
        due = session.scalars(
            select(Trigger)
            .join(Job)
            .where(Trigger.active, Trigger.next_fire_at <= now, Job.deleted_at.is_(None))
            .order_by(Trigger.next_fire_at)
            .limit(MAX_FIRES)
        ).all()
    fired = 0
    for trigger in due:
        try:
            fired += _fire(store, settings, trigger, now)
        except Exception as error:
            log.exception("trigger %s of job %s cannot fire", trigger.id, trigger.job.name)
            _pause(store, trigger, error)
    return fired


def _fire(store: Store, settings: Settings, trigger: Trigger, now: datetime) -> bool:
    scheduled_for = trigger.next_fire_at
    next_fire_at = parse_schedule(**trigger.spec).next_after(now)
    prepared: PreparedRun | None = None
    problem: MlopsError | None = None
    try:
        prepared = prepare_run(RunRequest.of(trigger.job), Path(trigger.job.root))
        sha: str | None = prepared.keep_snapshot(settings)
    except MlopsError as error:
        problem, sha = error, None
    with store.session() as session:
        # Whoever moves the next fire on makes the run; the unique (trigger, scheduled_for) stands behind it.
        mine = session.scalars(
            update(Trigger)
            .where(Trigger.id == trigger.id, Trigger.active, Trigger.next_fire_at == scheduled_for)
            .values(next_fire_at=next_fire_at, problem=problem.message if problem else None)
            .returning(Trigger.id)
        ).one_or_none()
        if mine is None:
            return False
        run = _run_of_fire(session, trigger, scheduled_for, sha, now)
        if problem is not None:
            run.state, run.reason, run.ended_at = RunState.FAILED.value, problem.reason_code, now
            run.message = f"{problem.message} {problem.hint or ''}".strip()
        elif prepared is not None:
            run.parameters = prepared.parameters
        queue.enqueue(session, run)
        changes.record(session, "job", trigger.job_id, root=run.root, notebook=run.notebook)
    return True


def _run_of_fire(
    session: Session, trigger: Trigger, scheduled_for: datetime | None, sha: str | None, now: datetime
) -> Run:
    job = trigger.job
    overlaps = session.scalar(
        select(
            exists().where(
                Run.trigger_id == trigger.id,
                Run.state.in_([RunState.QUEUED.value, RunState.RUNNING.value]),
            )
        )
    )
    return Run(
        id=new_id(),
        root=job.root,
        job_id=job.id,
        trigger_id=trigger.id,
        scheduled_for=scheduled_for,
        fire_key=scheduled_for.isoformat() if scheduled_for else None,
        notebook=job.notebook,
        snapshot_sha=sha,
        parameters=job.parameters,
        kernel=job.kernel,
        register_model=job.register_model,
        tracking_uri=job.tracking_uri,
        state=RunState.SKIPPED.value if overlaps else RunState.QUEUED.value,
        reason=Reason.OVERLAP if overlaps else None,
        message="Skipped: the run of the fire before was still under way." if overlaps else None,
        ended_at=now if overlaps else None,
        created_at=now,
        cells_done=0,
        metrics={},
        cancel_requested=False,
    )


def _pause(store: Store, trigger: Trigger, error: Exception) -> None:
    with store.session() as session:
        session.execute(
            update(Trigger)
            .where(Trigger.id == trigger.id)
            .values(active=False, problem=f"Paused: it could not fire ({error}).")
        )
        changes.record(session, "job", trigger.job_id, root=trigger.job.root)
