"""What becomes of a run while another of its job is under way: one decision, for fires and for requests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.runs import queue
from jupyter_mlops.runs.states import Reason, RunState
from jupyter_mlops.store.tables import Run
from jupyter_mlops.store.turns import take_turns

MAX_WAITING = 100
"""How many runs of one job may wait for it; a schedule faster than its notebook would fill the store."""


def enqueue_under_policies(session: Session, run: Run, now: datetime, *, requested: bool = False) -> Run:
    """Put a run in the queue; where its policies skip it, it ends at once as `skipped`.

    A run that has ended already (a fire whose notebook is gone) is only written down.

    Args:
        session: the transaction that makes the run.
        run: not yet added, with its job's policies; its state is `queued`, or final.
        now: the moment.
        requested: whether somebody asks for it. Such a run waits where a fire would be skipped: who asks
            twice wants two.
    """
    if run.state == RunState.QUEUED.value:
        # No claim may come between the look at what is under way and this run's own row.
        take_turns(session, "claim")
        _settle(session, run, Policies.of(run.policies or {}), now, requested)
    queue.enqueue(session, run)
    return run


def _settle(session: Session, run: Run, policies: Policies, now: datetime, requested: bool) -> None:
    under_way = _under_way(session, run.job_id)
    waiting = [other for other in under_way if other.state == RunState.QUEUED.value]
    if policies.overlap == "cancel_previous":
        for other in under_way:
            queue.request_cancel(
                session, other, now, f"Cancelled: run {run.id} of the same job takes its place."
            )
    elif policies.overlap == "skip" and under_way and not requested:
        _skip(run, f"Skipped: run {under_way[0].id} of the same job was still under way.", now)
    elif len(waiting) >= MAX_WAITING and not requested:
        _skip(run, f"Skipped: {len(waiting)} runs of the same job were waiting already.", now)


def _skip(run: Run, message: str, now: datetime) -> None:
    run.state, run.reason, run.message, run.ended_at = RunState.SKIPPED.value, Reason.OVERLAP, message, now


def _under_way(session: Session, job_id: str) -> Sequence[Run]:
    """The job's runs that have not ended, the oldest first."""
    return session.scalars(
        select(Run)
        .where(Run.job_id == job_id, Run.state.in_([RunState.QUEUED.value, RunState.RUNNING.value]))
        .order_by(Run.created_at, Run.id)
        .limit(MAX_WAITING + 100)
    ).all()
