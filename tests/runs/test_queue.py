"""The queue: each run is held by one attempt at a time, and only the holder writes."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest
from rows import add_job, attempt_now, claim, queue_run, run_now
from sqlalchemy import select

from jupyter_mlops.runs import queue
from jupyter_mlops.runs.queue import LEASE, Outcome
from jupyter_mlops.runs.states import Reason, RunState
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Attempt, Run
from jupyter_mlops.store.watch import ChangeWatch

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=timezone.utc)
SUCCESS = Outcome(RunState.SUCCEEDED)
DRAIN = """
import sys
from datetime import datetime, timezone
from jupyter_mlops.runs import queue
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store import Store
store = Store.open(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
while True:
    with store.session() as session:
        attempt = queue.claim_run(session, sys.argv[2], datetime.now(timezone.utc))
    if attempt is None:
        break
    with store.session() as session:
        assert queue.finish_attempt(
            session, attempt.id, queue.Outcome(RunState.SUCCEEDED), datetime.now(timezone.utc)
        )
"""


def finish(store: Store, attempt: Attempt, outcome: Outcome = SUCCESS) -> bool:
    with store.session() as session:
        return queue.finish_attempt(session, attempt.id, outcome, NOW)


def columns_of(run: Run) -> dict[str, object]:
    return {column.key: getattr(run, column.key) for column in Run.__table__.columns}


@pytest.mark.slow
def test_two_processes_drain_two_hundred_runs_without_holding_one_twice(
    store: Store, migrated_url: str
) -> None:
    jobs = [add_job(store) for _ in range(20)]
    for number in range(200):
        queue_run(store, jobs[number % 20])
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", DRAIN, migrated_url, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    for worker in workers:  # on a busy machine the first would be done before the second has begun
        assert worker.stdout is not None and worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    assert [worker.communicate(timeout=60)[1] for worker in workers] == ["", ""]
    with store.reading() as session:
        attempts = session.scalars(select(Attempt)).all()
        states = Counter(session.scalars(select(Run.state)))
    assert Counter(Counter(attempt.run_id for attempt in attempts).values()) == {1: 200}
    assert {attempt.worker_id for attempt in attempts} == {"one", "two"}
    assert states == {"succeeded": 200}


def test_threads_that_claim_at_once_never_hold_two_runs_of_one_job(store: Store) -> None:
    jobs = [add_job(store) for _ in range(3)]
    for _ in range(4):
        for job in jobs:
            queue_run(store, job)
    barrier = threading.Barrier(6)
    held: list[Attempt] = []

    def claim_one() -> None:
        barrier.wait()
        attempt = claim(store, NOW)
        if attempt is not None:
            held.append(attempt)

    threads = [threading.Thread(target=claim_one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as session:
        running = session.scalars(select(Run.job_id).where(Run.state == "running")).all()
    assert sorted(running) == sorted(job.id for job in jobs)
    assert len(held) == len(jobs)


def test_a_claim_while_another_is_not_yet_committed_takes_no_run_of_the_same_job(store: Store) -> None:
    job = add_job(store)
    queue_run(store, job)
    queue_run(store, job)
    claimed, may_commit = threading.Event(), threading.Event()

    def claim_slowly() -> None:
        with store.session() as session:
            assert queue.claim_run(session, "slow", NOW) is not None
            session.flush()
            claimed.set()
            may_commit.wait(10)

    second: list[Attempt | None] = []
    slow = threading.Thread(target=claim_slowly)
    other = threading.Thread(target=lambda: second.append(claim(store, NOW)))
    slow.start()
    assert claimed.wait(5)
    other.start()
    other.join(0.5)
    may_commit.set()
    slow.join()
    other.join()
    assert second == [None]


def test_the_oldest_run_comes_first_and_the_next_of_its_job_when_it_has_ended(store: Store) -> None:
    job = add_job(store)
    second = queue_run(store, job, created_at=NOW + timedelta(seconds=1))
    first = queue_run(store, job, created_at=NOW)
    attempt = claim(store, NOW)
    assert attempt is not None and attempt.run_id == first.id
    assert claim(store, NOW) is None
    finish(store, attempt)
    attempt = claim(store, NOW)
    assert attempt is not None and attempt.run_id == second.id


def test_a_job_under_way_does_not_hold_up_another(store: Store) -> None:
    busy, waiting = add_job(store), add_job(store)
    for offset in (0, 1):
        queue_run(store, busy, created_at=NOW + timedelta(seconds=offset))
    other = queue_run(store, waiting, created_at=NOW + timedelta(seconds=2))
    assert claim(store, NOW) is not None
    attempt = claim(store, NOW)
    assert attempt is not None and attempt.run_id == other.id


def test_a_claim_starts_the_run_and_leases_it(store: Store) -> None:
    run = queue_run(store, add_job(store))
    attempt = claim(store, NOW, "a-worker")
    assert attempt is not None
    assert (attempt.number, attempt.worker_id, attempt.started_at) == (1, "a-worker", NOW)
    run = run_now(store, run)
    assert (run.state, run.attempt_id, run.started_at) == ("running", attempt.id, NOW)
    assert run.lease_until == NOW + LEASE
    assert claim(store, NOW) is None


def test_a_heartbeat_renews_the_leases_that_are_still_held(store: Store) -> None:
    runs = [queue_run(store, add_job(store)) for _ in range(2)]
    attempts = [claim(store, NOW), claim(store, NOW)]
    assert attempts[0] is not None and attempts[1] is not None
    finish(store, attempts[0])
    later = NOW + timedelta(seconds=10)
    with store.session() as session:
        held = queue.renew_leases(session, [attempts[0].id, attempts[1].id, "stranger"], later)
    assert held == {attempts[1].id}
    leases = {run_now(store, run).lease_until for run in runs}
    assert leases == {None, later + LEASE}


def lose(store: Store, attempt: Attempt, now: datetime = NOW) -> bool:
    """What a worker does when it has seen that nobody renews the attempt's lease."""
    with store.session() as session:
        (lease,) = [lease for lease in queue.running_leases(session) if lease.attempt_id == attempt.id]
        return queue.take_from(session, lease, now)


def begin(store: Store, attempt: Attempt) -> None:
    """What a runner writes before the first cell."""
    with store.session() as session:
        assert queue.update_running(session, attempt.id, cells_total=3)


def test_a_run_is_taken_from_a_lease_that_nobody_renews_and_not_from_one_renewed_meanwhile(
    store: Store,
) -> None:
    for _ in range(2):
        queue_run(store, add_job(store))
    gone, alive = claim(store, NOW), claim(store, NOW)
    assert gone is not None and alive is not None
    begin(store, gone)
    begin(store, alive)
    with store.session() as session:
        leases = {lease.attempt_id: lease for lease in queue.running_leases(session)}
        queue.renew_leases(session, [alive.id], NOW + timedelta(seconds=1))
        assert not queue.take_from(session, leases[alive.id], NOW + LEASE)
        assert queue.take_from(session, leases[gone.id], NOW + LEASE)
        assert not queue.take_from(session, leases[gone.id], NOW + LEASE)
    with store.reading() as session:
        lost = session.get_one(Run, gone.run_id)
        assert session.get_one(Run, alive.run_id).state == "running"
    assert (lost.state, lost.reason, lost.ended_at) == ("lost", Reason.WORKER_LOST, NOW + LEASE)
    assert lost.message is not None and lost.lease_until is None
    ended = attempt_now(store, gone)
    assert (ended.state, ended.reason, ended.message) == ("lost", Reason.WORKER_LOST, lost.message)


def test_a_run_lost_before_its_first_cell_is_queued_again_three_times_whatever_its_policies(
    store: Store,
) -> None:
    run = queue_run(store, add_job(store))
    states = []
    for _ in range(3):
        attempt = claim(store, NOW)
        assert attempt is not None
        assert lose(store, attempt)
        states.append(run_now(store, run).state)
    assert states == ["queued", "queued", "lost"]


RETRYING = {"max_attempts": 3, "retry_delay_s": 10.0, "retry_backoff": 2.0}
FAILURE = Outcome(RunState.FAILED, Reason.ERROR, "It failed.", {"index": 0})


def test_a_failed_attempt_is_tried_again_after_a_growing_delay_and_each_keeps_its_row(store: Store) -> None:
    run = queue_run(store, add_job(store), policies=RETRYING)
    first = claim(store, NOW)
    assert first is not None and finish(store, first, FAILURE)
    waiting = run_now(store, run)
    assert (waiting.state, waiting.not_before, waiting.ended_at) == (
        "queued",
        NOW + timedelta(seconds=10),
        None,
    )
    assert waiting.message == "Attempt 1 failed: It failed."
    assert claim(store, NOW + timedelta(seconds=9)) is None

    second = claim(store, NOW + timedelta(seconds=10))
    assert second is not None and second.number == 2
    assert run_now(store, run).message is None and run_now(store, run).failed_cell is None
    begin(store, second)
    assert lose(store, second, NOW)
    assert run_now(store, run).not_before == NOW + timedelta(seconds=20)

    third = claim(store, NOW + timedelta(minutes=1))
    assert third is not None and finish(store, third, FAILURE)
    assert (run_now(store, run).state, run_now(store, run).reason) == ("failed", "error")
    kept = [attempt_now(store, attempt) for attempt in (first, second, third)]
    assert [(one.number, one.state, one.reason) for one in kept] == [
        (1, "failed", "error"),
        (2, "lost", "worker_lost"),
        (3, "failed", "error"),
    ]


@pytest.mark.parametrize(
    ("policies", "outcome"),
    [
        ({}, FAILURE),
        ({**RETRYING, "retry_on": ["timeout"]}, FAILURE),
        (RETRYING, Outcome(RunState.CANCELLED, Reason.CANCELLED)),
        (RETRYING, SUCCESS),
        (RETRYING, Outcome(RunState.FAILED, Reason.NO_SUCH_KERNEL)),
    ],
    ids=["by default", "another reason", "cancelled", "success", "no sense in it"],
)
def test_what_is_not_to_be_tried_again_ends_at_once(
    store: Store, policies: dict[str, object], outcome: Outcome
) -> None:
    run = queue_run(store, add_job(store), policies=policies)
    attempt = claim(store, NOW)
    assert attempt is not None and finish(store, attempt, outcome)
    assert run_now(store, run).state == outcome.state.value


def test_a_run_that_is_to_be_cancelled_is_not_tried_again(store: Store) -> None:
    run = queue_run(store, add_job(store), policies=RETRYING)
    attempt = claim(store, NOW)
    assert attempt is not None
    cancel(store, run)
    finish(store, attempt, FAILURE)
    assert run_now(store, run).state == "failed"


def test_the_highest_priority_comes_first_whenever_it_was_queued(store: Store) -> None:
    runs = {priority: queue_run(store, add_job(store), priority=priority) for priority in (0, -5, 7, 3)}
    order = [attempt.run_id for _ in runs if (attempt := claim(store, NOW))]
    assert order == [runs[priority].id for priority in (7, 3, 0, -5)]


def test_a_job_with_many_runs_does_not_hold_up_the_others(store: Store) -> None:
    busy, small = add_job(store, max_parallel=100), add_job(store)
    for second in range(10):
        queue_run(store, busy, created_at=NOW + timedelta(seconds=second))
    late = queue_run(store, small, created_at=NOW + timedelta(hours=1))
    first, second = claim(store, NOW), claim(store, NOW + timedelta(seconds=1))
    assert first is not None and second is not None
    assert second.run_id == late.id


def test_a_job_runs_as_many_at_once_as_it_may_and_the_store_no_more_than_all_may(store: Store) -> None:
    job = add_job(store, max_parallel=2)
    for _ in range(4):
        queue_run(store, job)
    held = [claim(store, NOW) for _ in range(3)]
    assert [attempt is not None for attempt in held] == [True, True, False]
    queue_run(store, add_job(store))
    with store.session() as session:
        assert queue.claim_run(session, "w", NOW, max_running=2) is None
        assert queue.claim_run(session, "w", NOW, max_running=3) is not None


def test_a_claim_that_is_given_back_leaves_the_run_as_it_was(store: Store) -> None:
    run = queue_run(store, add_job(store))
    attempt = claim(store, NOW)
    assert attempt is not None
    with store.session() as session:
        queue.give_back(session, attempt.id)
    again = claim(store, NOW)
    assert again is not None and (again.run_id, again.number) == (run.id, 1)


@pytest.mark.parametrize("ended_by", ["lost", "finished"])
def test_an_attempt_that_no_longer_holds_its_run_writes_nothing(store: Store, ended_by: str) -> None:
    run = queue_run(store, add_job(store))
    stale = claim(store, NOW)
    assert stale is not None
    if ended_by == "lost":
        begin(store, stale)
        assert lose(store, stale)
    else:
        assert finish(store, stale)
    before = columns_of(run_now(store, run))
    watch = ChangeWatch(store)

    assert not finish(store, stale, Outcome(RunState.FAILED, Reason.ERROR, "too late"))
    with store.session() as session:
        assert not queue.update_running(session, stale.id, cells_done=99)
        assert queue.renew_leases(session, [stale.id], NOW) == set()

    assert columns_of(run_now(store, run)) == before
    assert watch.poll() == []


def test_another_attempt_at_the_same_run_fences_out_the_first(store: Store) -> None:
    run = queue_run(store, add_job(store))
    first = claim(store, NOW)
    assert first is not None
    with store.session() as session:  # what a retry does
        session.get_one(Run, run.id).state = RunState.QUEUED.value
    second = claim(store, NOW + timedelta(minutes=1))
    assert second is not None and second.run_id == run.id and second.number == 2

    assert not finish(store, first)
    assert run_now(store, run).started_at == NOW, "the run began with its first attempt"
    assert finish(store, second)
    assert run_now(store, run).state == "succeeded"


def test_the_end_of_an_attempt_keeps_all_that_is_known(store: Store) -> None:
    run = queue_run(store, add_job(store))
    attempt = claim(store, NOW)
    assert attempt is not None
    cell = {"index": 2, "cell_id": "c", "source": "1/0", "error_name": "E", "error_message": "m"}
    outcome = Outcome(RunState.FAILED, Reason.ERROR, "It failed.", cell, {"accuracy": 0.5}, "3")
    with store.session() as session:
        assert queue.finish_attempt(session, attempt.id, outcome, NOW, cells_done=3)
    run = run_now(store, run)
    assert (run.state, run.reason, run.message) == ("failed", "error", "It failed.")
    assert (run.failed_cell, run.metrics, run.model_version) == (cell, {"accuracy": 0.5}, "3")
    assert (run.ended_at, run.lease_until, run.cells_done) == (NOW, None, 3)
    ended = attempt_now(store, attempt)
    assert (ended.state, ended.reason, ended.ended_at) == ("failed", "error", NOW)


def cancel(store: Store, run: Run, why: str | None = None) -> Run:
    with store.session() as session:
        return queue.request_cancel(session, session.get_one(Run, run.id), NOW, why)


def test_a_queued_run_that_is_cancelled_ends_at_once_and_is_never_claimed(store: Store) -> None:
    run = queue_run(store, add_job(store))
    cancel(store, run)
    run = run_now(store, run)
    assert (run.state, run.reason, run.ended_at) == ("cancelled", Reason.CANCELLED, NOW)
    assert claim(store, NOW) is None


def test_a_running_run_that_is_cancelled_goes_on_until_its_runner_ends_it(store: Store) -> None:
    run = queue_run(store, add_job(store))
    attempt = claim(store, NOW)
    assert attempt is not None
    cancel(store, run)
    run = run_now(store, run)
    assert (run.state, run.cancel_requested, run.ended_at) == ("running", True, None)
    assert finish(store, attempt, Outcome(RunState.CANCELLED, Reason.CANCELLED))


@pytest.mark.parametrize("why", ["Another takes its place.", None])
def test_a_running_run_that_was_cancelled_says_why(store: Store, why: str | None) -> None:
    run = queue_run(store, add_job(store))
    attempt = claim(store, NOW)
    assert attempt is not None
    cancel(store, run, why)
    finish(store, attempt, Outcome(RunState.CANCELLED, Reason.CANCELLED, "Cancelled on request."))
    told = why or "Cancelled on request."
    assert (run_now(store, run).message, attempt_now(store, attempt).message) == (told, told)


def test_a_run_that_has_ended_stays_as_it_is_when_cancelled(store: Store) -> None:
    run = queue_run(store, add_job(store))
    attempt = claim(store, NOW)
    assert attempt is not None
    finish(store, attempt)
    watch = ChangeWatch(store)
    assert cancel(store, run).state == "succeeded"
    assert not run_now(store, run).cancel_requested
    assert watch.poll() == []


def test_a_cancel_that_meets_a_claim_loses_neither(store: Store) -> None:
    """Read as queued, claimed meanwhile: the cancel must not end a run that a worker has begun."""
    run = queue_run(store, add_job(store))
    read, claimed = threading.Event(), threading.Event()

    def cancel_slowly() -> None:
        with store.session() as session:
            found = session.get_one(Run, run.id)
            read.set()
            claimed.wait(0.5)  # on SQLite the claim waits for the cancel
            queue.request_cancel(session, found, NOW)

    canceller = threading.Thread(target=cancel_slowly)
    canceller.start()
    assert read.wait(5)
    attempt = claim(store, NOW)
    claimed.set()
    canceller.join()
    after = run_now(store, run)
    expected = "cancelled" if attempt is None else "running"
    assert (after.state, after.cancel_requested) == (expected, True)


def test_every_step_of_a_run_is_told(store: Store) -> None:
    watch = ChangeWatch(store)
    run = queue_run(store, add_job(store))
    attempt = claim(store, NOW)
    assert attempt is not None
    with store.session() as session:
        queue.update_running(session, attempt.id, cells_done=1)
    finish(store, attempt)
    told = [(change.kind, change.entity_id, change.state) for change in watch.poll()]
    assert told == [("run", run.id, state) for state in ("queued", "running", "running", "succeeded")]
