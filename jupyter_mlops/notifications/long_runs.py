"""Runs that take longer than usual: measured against those of the same job that succeeded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.notifications.outbox import note_event
from jupyter_mlops.notifications.rules import Event, rules_of
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Attempt, Run

COMPARED = 10
LEAST_COMPARED = 3
TIMES_MEDIAN = 2.0
LEAST_MORE_S = 60.0


def longest_usual_s(durations_s: Sequence[float]) -> float | None:
    """Up to how many seconds a run's duration is usual: twice the median, and a minute more at least.

    Args:
        durations_s: of the job's last successful runs. Of fewer than three nothing is known: None.
    """
    if len(durations_s) < LEAST_COMPARED:
        return None
    usual = median(durations_s)
    return max(TIMES_MEDIAN * usual, usual + LEAST_MORE_S)


def note_long_runs(store: Store, now: datetime) -> int:
    """Note the running runs that have taken longer than usual, once each; answers with how many are noted."""
    with store.reading() as session:
        late = [run.id for run, began in _running(session) if _is_late(session, run, began, now)]
    noted = 0
    for run_id in late:
        with store.session() as session:
            run = session.get(Run, run_id)
            if run is not None and run.state == RunState.RUNNING.value:
                noted += bool(note_event(session, run, Event.LONGER_THAN_USUAL, rules_of(run.policies)))
    return noted


def _running(session: Session) -> list[tuple[Run, datetime]]:
    """The runs under way of which somebody wants to hear, and when their attempt began."""
    running = session.execute(
        select(Run, Attempt.started_at)
        .join(Attempt, Attempt.id == Run.attempt_id)
        .where(Run.state == RunState.RUNNING.value)
    )
    return [
        (run, began) for run, began in running if rules_of(run.policies).get(Event.LONGER_THAN_USUAL.value)
    ]


def _is_late(session: Session, run: Run, began: datetime, now: datetime) -> bool:
    ended = session.execute(
        select(Run.started_at, Run.ended_at)
        .where(Run.job_id == run.job_id, Run.state == RunState.SUCCEEDED.value)
        .order_by(Run.created_at.desc(), Run.id.desc())
        .limit(COMPARED)
    )
    durations = [(end - start).total_seconds() for start, end in ended if start and end]
    longest = longest_usual_s(durations)
    return longest is not None and (now - began).total_seconds() > longest
