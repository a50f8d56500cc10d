"""The queue. The run table is the queue: a run that was acknowledged is a row, and stays one.

A worker claims a queued run in one atomic step and holds a lease on it, which it renews while the
attempt goes on. The attempt's id is a fencing token: every later write names it and changes nothing once
another attempt holds the run or its state is final. An attempt that fails ends its run, or puts it back into
the queue, as the run's policies say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, literal, or_, select, update
from sqlalchemy.orm import Session

from jupyter_mlops.ids import new_id
from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.notifications.outbox import note_run
from jupyter_mlops.runs.executors import LOCAL
from jupyter_mlops.runs.states import Reason, RunState
from jupyter_mlops.store import changes
from jupyter_mlops.store.tables import Attempt, Job, Run, UtcDateTime
from jupyter_mlops.store.turns import take_turns

LEASE = timedelta(seconds=15)
UNBEGUN_ATTEMPTS = 3
"""How many attempts may be lost before their first cell; none of them has had any effect."""
GONE = "The worker that ran it is gone: it was killed, or its machine went down."
NOT_STARTED = "Cancelled before it started."


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended."""

    state: RunState
    reason: str | None = None
    message: str | None = None
    failed_cell: dict[str, Any] | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    model_version: str | None = None


@dataclass(frozen=True)
class Lease:
    """A hold on a run, as it was seen."""

    attempt_id: str
    worker_id: str | None
    until: datetime | None


def enqueue(session: Session, run: Run) -> None:
    """Put a run in the queue; it is there for good once the transaction is committed."""
    enqueue_all(session, [run])


def enqueue_all(session: Session, runs: Sequence[Run]) -> None:
    """Put runs in the queue, in one write."""
    session.add_all(runs)
    session.flush()
    for run in runs:
        _tell(session, run)


def claim_run(
    session: Session,
    worker_id: str,
    now: datetime,
    max_running: int | None = None,
    executors: Mapping[str, int | None] = MappingProxyType({LOCAL: None}),
) -> Attempt | None:
    """Take the queued run that is next; None when there is none, or when enough are running.

    Next is the run of the highest priority; among those, of the job that was started the longest ago, so that
    no job holds up the others; among those, the oldest. A job's `max_parallel` and a run's `not_before` are
    respected. Claims take turns, and the write asks again whether the run is queued, so that two workers
    never hold the same run.

    Args:
        session: a transaction.
        worker_id: who claims it.
        now: the moment.
        max_running: how many runs there may be at once in the whole store; None: as many as there are slots.
        executors: those that the worker has, and for each how many runs there may be at once on it, likewise.
    """
    take_turns(session, "claim")
    free = _with_room(session, max_running, executors)
    if not free:
        return None
    run_id = session.scalar(_NEXT_RUN, {"now": now, "executors": free})
    if run_id is None:
        return None
    attempt_id = new_id()
    claimed = session.scalars(
        update(Run)
        .where(Run.id == run_id, Run.state == RunState.QUEUED.value)
        .values(
            state=RunState.RUNNING.value,
            attempt_id=attempt_id,
            lease_until=now + LEASE,
            started_at=func.coalesce(Run.started_at, literal(now, UtcDateTime())),
            not_before=None,
            reason=None,
            message=None,
            failed_cell=None,
            cells_total=None,
            cells_done=0,
        )
        .returning(Run)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if claimed is None:
        return None
    session.execute(update(Job).where(Job.id == claimed.job_id).values(last_started_at=now))
    number = session.scalar(select(func.max(Attempt.number)).where(Attempt.run_id == claimed.id)) or 0
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


def _make_next_run() -> Select[Any]:
    """The query for what is next, as of `:now`; made once, as to make it takes longer than to run it."""
    running = (
        select(Run.job_id, func.count().label("count"))
        .where(Run.state == RunState.RUNNING.value)
        .group_by(Run.job_id)
        .subquery()
    )
    return (
        select(Run.id)
        .join(Job, Job.id == Run.job_id)
        .outerjoin(running, running.c.job_id == Run.job_id)
        .where(
            Run.state == RunState.QUEUED.value,
            Run.executor.in_(bindparam("executors", expanding=True)),
            or_(Run.not_before.is_(None), Run.not_before <= bindparam("now", type_=UtcDateTime())),
            func.coalesce(running.c.count, 0) < Job.max_parallel,
        )
        .order_by(Run.priority.desc(), Job.last_started_at.asc().nulls_first(), Run.created_at, Run.id)
        .limit(1)
    )


_NEXT_RUN = _make_next_run()


def _with_room(session: Session, max_running: int | None, executors: Mapping[str, int | None]) -> list[str]:
    """The executors on which another run may be begun; none when enough are running in all."""
    if max_running is None and all(most is None for most in executors.values()):
        return list(executors)
    counted = (
        select(Run.executor, func.count()).where(Run.state == RunState.RUNNING.value).group_by(Run.executor)
    )
    running: dict[str, int] = dict(session.execute(counted).tuples().all())
    if max_running is not None and sum(running.values()) >= max_running:
        return []
    return [name for name, most in executors.items() if most is None or running.get(name, 0) < most]


def give_back(session: Session, attempt_id: str) -> None:
    """Undo a claim with which nothing was begun."""
    session.execute(
        update(Run)
        .where(Run.attempt_id == attempt_id, Run.state == RunState.RUNNING.value)
        .values(state=RunState.QUEUED.value, attempt_id=None, lease_until=None)
    )
    session.execute(delete(Attempt).where(Attempt.id == attempt_id))


def put_off(session: Session, attempt_id: str, now: datetime, until: datetime, **columns: Any) -> bool:
    """Have a run wait in the queue for what its attempt lacked: that one began nothing, and never was.

    A run that is to be cancelled ends instead. False, and nothing written, when another attempt holds the run
    or it has ended already.

    Args:
        session: a transaction.
        attempt_id: the claim.
        now: the moment.
        until: when the run may be claimed again.
        columns: what its row says of it meanwhile.
    """
    attempt, run = session.get(Attempt, attempt_id), _held_run(session, attempt_id)
    if attempt is None or run is None:
        return False
    if run.cancel_requested:
        cancelled = Outcome(RunState.CANCELLED, Reason.CANCELLED, NOT_STARTED)
        return finish_attempt(session, attempt_id, cancelled, now)
    waiting = {"attempt_id": None, "lease_until": None, "not_before": until, "cells_total": None, **columns}
    for name, value in waiting.items():
        setattr(run, name, value)
    run.state = RunState.QUEUED.value
    if attempt.number == 1:
        run.started_at = None
    session.delete(attempt)
    _tell(session, run)
    return True


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
    """End an attempt, and with it its run or, where the policies have it tried again, only the attempt.

    False, and nothing written, when another attempt holds the run or it has ended already.
    """
    attempt, run = session.get(Attempt, attempt_id), _held_run(session, attempt_id)
    if attempt is None or run is None:
        return False
    if outcome.state is RunState.CANCELLED and run.message:  # why, as it was asked for
        outcome = replace(outcome, message=run.message)
    delay_s = _retry_delay(run, attempt, outcome)
    written: dict[str, Any] = {
        "state": outcome.state.value,
        "reason": outcome.reason,
        "message": outcome.message,
        "failed_cell": outcome.failed_cell,
        "metrics": outcome.metrics,
        "model_version": outcome.model_version,
        "ended_at": now,
    }
    if delay_s is not None:
        again_at = now + timedelta(seconds=delay_s)
        message = f"Attempt {attempt.number} {_ENDED[outcome.state]}: {outcome.message or outcome.reason}"
        again = {"state": RunState.QUEUED.value, "not_before": again_at, "message": message, "ended_at": None}
        written.update(again)
    if not update_running(session, attempt_id, **written, lease_until=None, **columns):
        return False
    attempt.state, attempt.reason = outcome.state.value, outcome.reason
    attempt.message, attempt.ended_at = outcome.message, now
    attempt.mlflow_run_id = run.mlflow_run_id
    return True


_ENDED = {RunState.FAILED: "failed", RunState.LOST: "was lost", RunState.TIMED_OUT: "ran out of time"}


def _retry_delay(run: Run, attempt: Attempt, outcome: Outcome) -> float | None:
    """Seconds until the next attempt; None when there is none."""
    if run.cancel_requested or outcome.state in (RunState.SUCCEEDED, RunState.CANCELLED):
        return None
    policies = Policies.of(run.policies)
    if policies.retries(outcome.reason, attempt.number):
        return policies.retry_delay(attempt.number)
    never_begun = outcome.state is RunState.LOST and run.cells_total is None
    return 0.0 if never_begun and attempt.number < policies.max_attempts + UNBEGUN_ATTEMPTS - 1 else None


def _held_run(session: Session, attempt_id: str) -> Run | None:
    return session.scalars(
        select(Run)
        .where(Run.attempt_id == attempt_id, Run.state == RunState.RUNNING.value)
        .with_for_update(of=Run)
    ).one_or_none()


def request_cancel(session: Session, run: Run, now: datetime, why: str | None = None) -> Run:
    """Ask for a run to end: a queued one ends at once, a running one when its runner has ended the kernel.

    Args:
        session: a transaction.
        run: read in it.
        now: the moment.
        why: what its row says of it, where nobody asked for it by hand.
    """
    session.refresh(run, with_for_update={"of": Run})  # a worker may have claimed it since it was read
    if RunState(run.state).is_final:
        return run
    if run.state == RunState.QUEUED.value:
        run.state, run.reason = RunState.CANCELLED.value, Reason.CANCELLED
        run.message, run.ended_at, run.not_before = why or NOT_STARTED, now, None
    elif why is not None and not run.cancel_requested:  # who asked first
        run.message = why
    run.cancel_requested = True
    _tell(session, run)
    return run


def running_leases(session: Session) -> list[Lease]:
    """Who holds which run, as the store has it."""
    held = session.execute(
        select(Run.attempt_id, Run.lease_until, Attempt.worker_id)
        .join(Attempt, Attempt.id == Run.attempt_id, isouter=True)
        .where(Run.state == RunState.RUNNING.value)
    )
    return [Lease(attempt_id, worker_id, until) for attempt_id, until, worker_id in held if attempt_id]


def take_from(session: Session, lease: Lease, now: datetime, message: str = GONE) -> bool:
    """End an attempt as `lost` because nobody renews its lease; False when somebody has, meanwhile."""
    run = _held_run(session, lease.attempt_id)
    if run is None or run.lease_until != lease.until:
        return False
    return finish_attempt(session, lease.attempt_id, Outcome(RunState.LOST, Reason.WORKER_LOST, message), now)


def _tell(session: Session, run: Run) -> None:
    changes.record(session, "run", run.id, state=run.state, root=run.root, notebook=run.notebook)
    note_run(session, run)
