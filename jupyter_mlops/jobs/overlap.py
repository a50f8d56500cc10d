"""What becomes of runs while others of their job are under way: one decision, for fires and for requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.runs import queue
from jupyter_mlops.runs.states import Reason, RunState
from jupyter_mlops.store.tables import Run
from jupyter_mlops.store.turns import take_turns

MAX_WAITING = 100
"""How many runs of one job may wait for it; a schedule faster than its notebook would fill the store."""
UnderWay: TypeAlias = "dict[str, str]"
"""The runs of a job that have not ended, each one's state by its id, the oldest first."""


def enqueue_under_policies(session: Session, run: Run, now: datetime, *, requested: bool = False) -> Run:
    """Put a run in the queue, as `enqueue_all_under_policies` does."""
    enqueue_all_under_policies(session, [run], now, requested=requested)
    return run


def enqueue_all_under_policies(
    session: Session, runs: Sequence[Run], now: datetime, *, requested: bool = False
) -> None:
    """Put runs in the queue, one after the other; one that its policies skip ends at once as `skipped`.

    A run that has ended already (a fire whose notebook is gone) is only written down.

    Args:
        session: the transaction that makes the runs.
        runs: not yet added, with their jobs' policies; the state of each is `queued`, or final.
        now: the moment.
        requested: whether somebody asks for them. Such a run waits where a fire would be skipped: who asks
            twice wants two.
    """
    queued = [run for run in runs if run.state == RunState.QUEUED.value]
    if queued:
        # No claim may come between the look at what is under way and these runs' own rows.
        take_turns(session, "claim")
        under_way = _under_way(session, {run.job_id for run in queued})
        for run in queued:
            _settle(session, run, under_way[run.job_id], now, requested)
            session.add(run)
            if run.state == RunState.QUEUED.value:
                under_way[run.job_id][run.id] = run.state
    queue.enqueue_all(session, runs)


def _settle(session: Session, run: Run, under_way: UnderWay, now: datetime, requested: bool) -> None:
    policies = Policies.of(run.policies or {})
    waiting = sum(state == RunState.QUEUED.value for state in under_way.values())
    if policies.overlap == "cancel_previous":
        _cancel(session, under_way, f"Cancelled: run {run.id} of the same job takes its place.", now)
    elif policies.overlap == "skip" and under_way and not requested:
        _skip(run, f"Skipped: run {next(iter(under_way))} of the same job was still under way.", now)
    elif waiting >= MAX_WAITING and not requested:
        _skip(run, f"Skipped: {waiting} runs of the same job were waiting already.", now)


def _cancel(session: Session, under_way: UnderWay, message: str, now: datetime) -> None:
    session.flush()  # one of them may have been made a moment ago
    for id_ in list(under_way):
        run = queue.request_cancel(session, session.get_one(Run, id_), now, message)
        if RunState(run.state).is_final:
            del under_way[id_]


def _skip(run: Run, message: str, now: datetime) -> None:
    run.state, run.reason, run.message, run.ended_at = RunState.SKIPPED.value, Reason.OVERLAP, message, now


def _under_way(session: Session, job_ids: Collection[str]) -> dict[str, UnderWay]:
    """What is under way of each job."""
    found: dict[str, UnderWay] = defaultdict(dict)
    query = select(Run.job_id, Run.id, Run.state).where(
        Run.job_id.in_(job_ids), Run.state.in_([RunState.QUEUED.value, RunState.RUNNING.value])
    )
    for job_id, id_, state in session.execute(query.order_by(Run.created_at, Run.id)):
        found[job_id][id_] = state
    return found
