"""A run that takes longer than usual is told of, once, when usual is known."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rows import add_job, claim, queue_run
from sqlalchemy import select

from jupyter_mlops.notifications.long_runs import COMPARED, LEAST_MORE_S, longest_usual_s, note_long_runs
from jupyter_mlops.runs import queue
from jupyter_mlops.runs.queue import Outcome
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Job, Notification, Run

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=timezone.utc)
NOTIFY = {"notify": {"longer_than_usual": ["jupyterlab"]}}


def took(store: Store, job: Job, *seconds: float, state: RunState = RunState.SUCCEEDED) -> None:
    """Runs of the job that took so long, the last the newest."""
    for number, duration in enumerate(seconds):
        began = NOW - timedelta(days=1) + timedelta(minutes=number)
        ended = began + timedelta(seconds=duration)
        queue_run(store, job, state=state.value, created_at=began, started_at=began, ended_at=ended)


def running(store: Store, job: Job, **columns: object) -> Run:
    run = queue_run(store, job, created_at=NOW, **{"policies": NOTIFY, **columns})
    assert claim(store, NOW) is not None
    return run


def told(store: Store) -> list[tuple[str | None, str]]:
    with store.reading() as session:
        return [(row.run_id, row.event) for row in session.scalars(select(Notification))]


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_it_is_told_once_when_it_has_taken_twice_the_median(store: Store) -> None:
    job = add_job(store)
    took(store, job, 100, 200, 3000)
    run = running(store, job)
    assert note_long_runs(store, after(399)) == 0
    assert note_long_runs(store, after(401)) == 1
    note_long_runs(store, after(500))
    assert told(store) == [(run.id, "longer_than_usual")]


def test_only_the_last_ten_successes_count(store: Store) -> None:
    job = add_job(store)
    took(store, job, *[10_000] * 5, *[100] * COMPARED)
    took(store, job, *[1] * 20, state=RunState.FAILED)
    running(store, job)
    assert note_long_runs(store, after(199)) == 0
    assert note_long_runs(store, after(201)) == 1


def test_nothing_is_told_of_a_job_without_history_without_a_rule_or_of_what_has_ended(store: Store) -> None:
    young, silent, over = add_job(store), add_job(store), add_job(store)
    took(store, young, 1, 1)
    for job in (silent, over):
        took(store, job, 1, 1, 1)
    running(store, young)
    running(store, silent, policies={})
    run = running(store, over)
    with store.session() as session:
        attempt_id = session.get_one(Run, run.id).attempt_id
        assert attempt_id is not None
        queue.finish_attempt(session, attempt_id, Outcome(RunState.SUCCEEDED), after(5))
    assert note_long_runs(store, after(100_000)) == 0 and told(store) == []


@given(st.lists(st.floats(0, 1e6), min_size=3, max_size=COMPARED))
def test_a_run_within_a_minute_of_the_median_is_never_long(durations: list[float]) -> None:
    longest = longest_usual_s(durations)
    middle = sorted(durations)[len(durations) // 2 - (len(durations) % 2 == 0)]
    assert longest is not None and longest >= middle + LEAST_MORE_S


@pytest.mark.parametrize("durations", [[], [5.0], [5.0, 6.0]])
def test_of_fewer_than_three_runs_nothing_is_usual(durations: list[float]) -> None:
    assert longest_usual_s(durations) is None
