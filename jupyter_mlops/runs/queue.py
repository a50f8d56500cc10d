"""The queue. The run table is the queue: a run that was acknowledged is a row, and stays one.

A worker claims a queued run in one atomic statement and holds a lease on it, which it renews while the
attempt goes on. The attempt's id is a fencing token: every later write names it and changes nothing once
another attempt holds the run or its state is final.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, literal, select, update
from sqlalchemy.orm import Session, aliased

from jupyter_mlops.ids import new_id
from jupyter_mlops.runs.states import Reason, RunState
from jupyter_mlops.store import changes
from jupyter_mlops.store.tables import Attempt, Run, UtcDateTime
from jupyter_mlops.store.turns import take_turns

LEASE = timedelta(seconds=15)


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended."""

    state: RunState
    reason: str | None = None
    message: str | None = None
    failed_cell: dict[str, Any] | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    model_version: str | None = None


def enqueue(session: Session, run: Run) -> None:
    """Put a run in the queue; it is there for good once the transaction is committed."""
    session.add(run)
    session.flush()
    _tell(session, run)


def claim_run(session: Session, worker_id: str, now: datetime) -> Attempt | None:
    """Take the oldest queued run whose job has none running; None when there is none.

    One statement decides, so that two workers never hold the same run; claims take turns, so that two never
    hold runs of the same job.
    """
    take_turns(session, "claim")
    queued, running = aliased(Run), aliased(Run)
    oldest = (
        select(queued.id)
        .where(
            queued.state == RunState.QUEUED.value,
            ~exists().where(running.job_id == queued.job_id, running.state == RunState.RUNNING.value),
        )
        .order_by(queued.created_at, queued.id)
        .limit(1)
        .scalar_subquery()
    )
    attempt_id = new_id()
    claimed = session.scalars(
        update(Run)
        .where(Run.id == oldest, Run.state == RunState.QUEUED.value)
        .values(
            state=RunState.RUNNING.value,
            attempt_id=attempt_id,
            lease_until=now + LEASE,
            started_at=func.coalesce(Run.started_at, literal(now, UtcDateTime())),
        )
        .returning(Run)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if claimed is None:
        return None
    number = session.scalar(select(func.count()).where(Attempt.run_id == claimed.id)) or 0
    attempt = Attempt(
        id=attempt_id,
        run_id=claimed.id,
        number=number + 1,
        worker_id=worker_id,
        started_at=now,
        state=RunState.RUNNING.value,
    )
    session.add(attempt)
    _tell(session, claimed)
    return attempt


def renew_leases(session: Session, attempt_ids: Iterable[str], now: datetime) -> set[str]:
    """Hold on to runs; answers with the attempts that still hold theirs."""
    held = session.scalars(
        update(Run)
        .where(Run.attempt_id.in_(list(attempt_ids)), Run.state == RunState.RUNNING.value)
        .values(lease_until=now + LEASE)
        .returning(Run.attempt_id)
    )
    return {attempt_id for attempt_id in held if attempt_id}


def update_running(session: Session, attempt_id: str, **columns: Any) -> bool:
    """Write what is known so far (progress, ids); False, and nothing written, when the run is lost to it."""
    run = session.scalars(
        update(Run)
        .where(Run.attempt_id == attempt_id, Run.state == RunState.RUNNING.value)
        .values(**columns)
        .returning(Run)
    ).one_or_none()
    if run is not None:
        _tell(session, run)
    return run is not None


def finish_attempt(
    session: Session, attempt_id: str, outcome: Outcome, now: datetime, **columns: Any
) -> bool:
    """End a run; False, and nothing written, when another attempt holds it or it has ended already."""
    kept = update_running(
        session,
        attempt_id,
        state=outcome.state.value,
        reason=outcome.reason,
        message=outcome.message,
        failed_cell=outcome.failed_cell,
        metrics=outcome.metrics,
        model_version=outcome.model_version,
        ended_at=now,
        lease_until=None,
        **columns,
    )
    if kept:
        _end_attempt(session, attempt_id, outcome.state, outcome.reason, now)
    return kept


def request_cancel(session: Session, run: Run, now: datetime) -> Run:
    """Ask for a run to end: a queued one ends at once, a running one when its runner has ended the kernel."""
    session.refresh(run, with_for_update={"of": Run})  # a worker may have claimed it since it was read
    if RunState(run.state).is_final:
        return run
    if run.state == RunState.QUEUED.value:
        run.state, run.reason = RunState.CANCELLED.value, Reason.CANCELLED
        run.message, run.ended_at = "Cancelled before it started.", now
    run.cancel_requested = True
    _tell(session, run)
    return run


def mark_lost_runs(session: Session, now: datetime) -> int:
    """End, as `lost`, the running runs whose lease has run out: their worker or its machine is gone."""
    lost = list(
        session.scalars(
            update(Run)
            .where(Run.state == RunState.RUNNING.value, Run.lease_until < now)
            .values(
                state=RunState.LOST.value,
                reason=Reason.WORKER_LOST,
                message="The worker that ran it is gone: it was killed, or its machine went down.",
                ended_at=now,
                lease_until=None,
            )
            .returning(Run)
        )
    )
    for run in lost:
        if run.attempt_id:
            _end_attempt(session, run.attempt_id, RunState.LOST, Reason.WORKER_LOST, now)
        _tell(session, run)
    return len(lost)


def _end_attempt(
    session: Session, attempt_id: str, state: RunState, reason: str | None, now: datetime
) -> None:
    session.execute(
        update(Attempt).where(Attempt.id == attempt_id).values(state=state.value, reason=reason, ended_at=now)
    )


def _tell(session: Session, run: Run) -> None:
    changes.record(session, "run", run.id, state=run.state, root=run.root, notebook=run.notebook)
