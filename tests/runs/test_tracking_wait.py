"""A run whose tracking server is away when it would start waits in the queue, for so long and no longer."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos import databricks_pb2 as codes
from notebook_files import notebook_writer
from rows import add_job, attempt_now, claim, queue_run, run_now
from sqlalchemy import select
from waiting import wait_until
from workbench import RUN_WITHIN_S, Workbench, make_workbench

from jupyter_mlops.errors import BadInputError, TrackingUnavailableError
from jupyter_mlops.jobs.preflight.findings import Finding, PreflightError
from jupyter_mlops.notebooks.snapshots import SnapshotStore
from jupyter_mlops.runs import queue
from jupyter_mlops.runs.queue import Outcome
from jupyter_mlops.runs.states import Reason, RunState
from jupyter_mlops.runs.tracking_wait import (
    WAITED_S,
    TrackingWait,
    put_off,
    told_with_wait,
    tracking_away,
    without_wait,
)
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Attempt, Run

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=timezone.utc)
AWAY = TrackingUnavailableError("MLflow does not answer.", hint="Start it.")
DEAD = "http://127.0.0.1:9"


def wait_again(store: Store, run: Run, now: datetime) -> bool:
    """One attempt of it finds the server away."""
    attempt = claim(store, now)
    assert attempt is not None
    with store.session() as session:
        return put_off(session, run_now(store, run), attempt.id, AWAY, now)


def test_it_is_looked_again_after_15_s_each_time_twice_as_long_up_to_5_min_and_an_hour_in_all() -> None:
    waits, waited_s = [], 0.0
    while next_s := TrackingWait(waited_s, 3600.0).next_s:
        waits.append(next_s)
        waited_s += next_s
    assert waits == [15, 30, 60, 120, 240, *[300] * 10, 135]
    assert waited_s == 3600
    assert TrackingWait(0.0, 0.0).next_s == 0
    assert TrackingWait(0.0, 4.0).next_s == 4


def test_a_run_that_waits_is_in_the_queue_and_says_why_and_its_attempt_never_was(store: Store) -> None:
    run = queue_run(store, add_job(store), progress={"findings": []})
    assert wait_again(store, run, NOW)
    waiting = run_now(store, run)
    assert (waiting.state, waiting.reason) == ("queued", "tracking_unavailable")
    assert waiting.message == (
        "Waits for its tracking server, 1 h 0 min at most. MLflow does not answer. Start it."
    )
    assert (waiting.attempt_id, waiting.lease_until, waiting.started_at, waiting.cells_total) == (None,) * 4
    assert waiting.not_before == NOW + timedelta(seconds=15)
    assert waiting.progress == {"findings": [], WAITED_S: 15.0}
    with store.reading() as session:
        assert session.scalars(select(Attempt)).all() == []

    assert claim(store, NOW + timedelta(seconds=14)) is None
    assert wait_again(store, run, NOW + timedelta(seconds=15))
    assert run_now(store, run).not_before == NOW + timedelta(seconds=45)

    attempt = claim(store, NOW + timedelta(seconds=45))
    assert attempt is not None and attempt.number == 1, "no try is used up"
    started = run_now(store, run)
    assert (started.reason, started.message, started.not_before) == (None, None, None)
    assert started.started_at == NOW + timedelta(seconds=45)
    assert without_wait(started) == {"findings": []}


def test_a_run_that_waits_before_its_second_try_keeps_its_first(store: Store) -> None:
    run = queue_run(store, add_job(store), policies={"max_attempts": 2, "retry_delay_s": 0.0})
    first = claim(store, NOW)
    assert first is not None
    with store.session() as session:
        queue.finish_attempt(session, first.id, Outcome(RunState.FAILED, Reason.ERROR, "It failed."), NOW)
    assert wait_again(store, run, NOW)
    assert attempt_now(store, first).state == "failed"
    assert run_now(store, run).started_at == NOW
    second = claim(store, NOW + timedelta(seconds=15))
    assert second is not None and second.number == 2


def test_a_run_that_waits_holds_up_no_other_of_its_job(store: Store) -> None:
    job = add_job(store)
    run, other = queue_run(store, job, created_at=NOW), queue_run(store, job)
    assert wait_again(store, run, NOW)
    attempt = claim(store, NOW)
    assert attempt is not None and attempt.run_id == other.id


def test_a_run_that_waits_is_cancelled_at_once(store: Store) -> None:
    run = queue_run(store, add_job(store))
    assert wait_again(store, run, NOW)
    with store.session() as session:
        queue.request_cancel(session, session.get_one(Run, run.id), NOW)
    cancelled = run_now(store, run)
    assert (cancelled.state, cancelled.message) == ("cancelled", "Cancelled before it started.")
    assert claim(store, NOW + timedelta(hours=1)) is None


def test_one_that_is_cancelled_while_it_is_looked_for_the_server_ends_so(store: Store) -> None:
    run = queue_run(store, add_job(store))
    attempt = claim(store, NOW)
    assert attempt is not None
    with store.session() as session:
        queue.request_cancel(session, session.get_one(Run, run.id), NOW)
    with store.session() as session:
        assert put_off(session, run_now(store, run), attempt.id, AWAY, NOW)
    assert run_now(store, run).state == attempt_now(store, attempt).state == "cancelled"


def test_an_attempt_that_no_more_holds_the_run_puts_nothing_off(store: Store) -> None:
    run = queue_run(store, add_job(store))
    lost = claim(store, NOW)
    assert lost is not None
    with store.session() as session:
        (lease,) = queue.running_leases(session)
        assert queue.take_from(session, lease, NOW)
    holder = claim(store, NOW)
    assert holder is not None
    with store.session() as session:
        assert not put_off(session, run_now(store, run), lost.id, AWAY, NOW)
    assert (run_now(store, run).state, run_now(store, run).attempt_id) == ("running", holder.id)


def unavailable(cause: Exception) -> TrackingUnavailableError:
    error = TrackingUnavailableError("No.")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        (unavailable(ConnectionRefusedError()), True),
        (unavailable(MlflowException("Max retries exceeded.")), True),
        (unavailable(MlflowException("Busy.", codes.TEMPORARILY_UNAVAILABLE)), True),
        (unavailable(MlflowException("Too many.", codes.REQUEST_LIMIT_EXCEEDED)), True),
        (unavailable(MlflowException("Who are you?", codes.UNAUTHENTICATED)), False),
        (unavailable(MlflowException("Not you.", codes.PERMISSION_DENIED)), False),
        (unavailable(MlflowException("No such name.", codes.INVALID_PARAMETER_VALUE)), False),
        (PreflightError([Finding("tracking", "Away.", True)]), True),
        (PreflightError([Finding("tracking", "Away.", True), Finding("file", "Gone.", True)]), False),
        (BadInputError("Bad."), False),
        (None, False),
    ],
    ids=str,
)
def test_only_for_a_server_that_is_away_it_waits_not_for_one_that_refuses(
    error: Exception | None, waits: bool
) -> None:
    assert (tracking_away(error) is not None) is waits


def test_an_end_says_how_long_the_run_waited_where_it_did_so_in_vain(store: Store) -> None:
    away = Outcome(RunState.FAILED, TrackingUnavailableError.code, "MLflow does not answer.")
    run = queue_run(store, add_job(store), progress={WAITED_S: 3600.0})
    assert told_with_wait(run, away).message == (
        "It waited 1 h 0 min for its tracking server, in vain. MLflow does not answer."
    )
    other = Outcome(RunState.FAILED, Reason.ERROR, "It failed.")
    assert told_with_wait(run, other) is other
    assert told_with_wait(queue_run(store, add_job(store)), away) is away


def queued(bench: Workbench, name: str, **policies: object) -> Run:
    """A run as a trigger makes it: nobody asks beforehand whether the tracking server answers."""
    content = bench.write(name, "open('executed', 'w').close()").read_bytes()
    job = add_job(bench.store, root=str(bench.root), notebook=name)
    sha = SnapshotStore(bench.settings.snapshots).keep(content)
    return queue_run(bench.store, job, snapshot_sha=sha, policies=policies)


@pytest.mark.slow
def test_a_run_fails_when_it_has_waited_long_enough_and_is_cancelled_while_it_waits(
    tmp_path: Path, mlflow_template: Path
) -> None:
    with make_workbench(tmp_path, notebook_writer, mlflow_template, tracking_uri=DEAD) as bench:
        short = queued(bench, "short.ipynb", tracking_wait_s=1)
        long = queued(bench, "long.ipynb", preflight="refuse")
        bench.start_worker()
        ended = bench.ended(short)
        wait_until(lambda: run_now(bench.store, long).reason, RUN_WITHIN_S, "the other one waits")
        waiting = bench.jobs.get_run(long.id)
        assert (waiting.state, waiting.reason) == ("queued", "tracking_unavailable")
        assert waiting.message is not None and DEAD in waiting.message
        assert bench.jobs.list_attempts(long.id) == []
        assert bench.jobs.cancel_run(long.id).state == "cancelled"
    assert (ended.state, ended.reason) == ("failed", "tracking_unavailable")
    assert ended.message is not None and ended.message.startswith("It waited 1 s for its tracking server")
    assert DEAD in ended.message
    assert not (bench.root / "executed").exists()
