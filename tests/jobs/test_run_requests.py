"""Requests for runs: once for each key, by their policies, and again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from notebook_files import WriteNotebook
from rows import claim

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError, ConflictError, NotFoundError
from jupyter_mlops.jobs import run_actions, service
from jupyter_mlops.jobs.run_actions import RunActions
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.spec import JobChange, RunRequest
from jupyter_mlops.runs import queue
from jupyter_mlops.runs.queue import Outcome
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store import Store
from jupyter_mlops.store.paging import PageRequest
from jupyter_mlops.store.tables import Attempt, Run


@pytest.fixture
def jobs(
    store: Store,
    settings: Settings,
    notebook_folder: Path,
    write_notebook: WriteNotebook,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[JobService]:
    """The jobs of a root with one notebook, `train.ipynb`. No worker takes its runs away."""
    for module in (service, run_actions):
        monkeypatch.setattr(module, "ensure_worker", lambda *_: False)
    write_notebook("train.ipynb", "C", parameters="C: float = 1.0")
    return JobService(store, settings, notebook_folder)


def listed(jobs: JobService) -> list[Run]:
    return list(jobs.list_runs(PageRequest()).items)


def start(jobs: JobService) -> Attempt:
    attempt = claim(jobs.store, datetime.now(timezone.utc))
    assert attempt is not None
    return attempt


def end(jobs: JobService, attempt: Attempt, state: RunState = RunState.SUCCEEDED) -> None:
    with jobs.store.session() as session:
        queue.finish_attempt(session, attempt.id, Outcome(state, "error"), datetime.now(timezone.utc))


def test_the_same_key_is_answered_with_the_first_run(jobs: JobService) -> None:
    request = RunRequest("train.ipynb", parameters={"C": 2}, idempotency_key="once")
    first, is_new = jobs.submit_once(request)
    again, is_new_again = jobs.submit_once(
        RunRequest("train.ipynb", parameters={"C": 2}, idempotency_key="once")
    )
    assert (is_new, is_new_again) == (True, False)
    assert again.id == first.id and [run.id for run in listed(jobs)] == [first.id]
    (jobs.root / "train.ipynb").unlink()
    assert jobs.submit(request).id == first.id, "whatever has become of the notebook"


@pytest.mark.parametrize(
    "other",
    [
        RunRequest("train.ipynb", parameters={"C": 3}),
        RunRequest("train.ipynb", name="another"),
        RunRequest("train.ipynb", policies={"max_attempts": 2}),
    ],
)
def test_the_same_key_with_another_request_is_a_conflict(jobs: JobService, other: RunRequest) -> None:
    from dataclasses import replace

    jobs.submit(RunRequest("train.ipynb", idempotency_key="k"))
    with pytest.raises(ConflictError) as refused:
        jobs.submit(replace(other, idempotency_key="k"))
    assert (refused.value.field, refused.value.status) == ("idempotency_key", 409)
    assert len(listed(jobs)) == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "a\nb"])
def test_a_key_that_is_none_is_refused(jobs: JobService, key: str) -> None:
    with pytest.raises(BadInputError) as refused:
        jobs.submit(RunRequest("train.ipynb", idempotency_key=key))
    assert refused.value.field == "idempotency_key"


def test_eight_requests_at_once_with_one_key_make_one_run(jobs: JobService) -> None:
    barrier = threading.Barrier(8)
    seen: list[str] = []

    def submit() -> None:
        barrier.wait()
        seen.append(jobs.submit(RunRequest("train.ipynb", idempotency_key="once")).id)

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8 and len(set(seen)) == 1 == len(listed(jobs))


def test_a_run_has_its_jobs_policies_and_what_was_asked_for_it_alone(jobs: JobService) -> None:
    job = jobs.create_job(RunRequest("train.ipynb", policies={"max_attempts": 3, "priority": 5}), None)
    run = jobs.submit(RunRequest("train.ipynb", policies={"max_attempts": 1}, priority=9))
    assert (run.policies["max_attempts"], run.policies["priority"], run.priority) == (1, 5, 9)
    assert jobs.run_job(job.id).priority == 5
    assert jobs.get_job(job.id).policies == {"max_attempts": 3, "priority": 5}


@pytest.mark.parametrize(
    ("policies", "field"),
    [
        ({"max_attempts": 0}, "policies.max_attempts"),
        ({"retries": 3}, "policies.retries"),
        ({"overlap": "never"}, "policies.overlap"),
        ({"max_parallel": 2}, "policies.max_parallel"),
        ({"notify": {"never": []}}, "policies.notify"),
        ({"retention": {"keep": -1}}, "policies.retention"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_with_its_name(
    jobs: JobService, policies: dict[str, object], field: str
) -> None:
    with pytest.raises(BadInputError) as refused:
        jobs.submit(RunRequest("train.ipynb", policies=policies))
    assert refused.value.field is not None and refused.value.field.startswith(field)
    assert listed(jobs) == []


def test_a_request_waits_where_a_fire_would_be_skipped_unless_it_asks_to_be(jobs: JobService) -> None:
    jobs.submit(RunRequest("train.ipynb"))
    assert jobs.submit(RunRequest("train.ipynb")).state == "queued"
    skipped = jobs.submit(RunRequest("train.ipynb", policies={"overlap": "skip"}))
    assert (skipped.state, skipped.reason) == ("skipped", "overlap") and skipped.ended_at is not None


def test_a_request_that_takes_the_place_of_others_ends_them(jobs: JobService) -> None:
    running = jobs.submit(RunRequest("train.ipynb"))
    start(jobs)
    waiting = jobs.submit(RunRequest("train.ipynb"))
    newest = jobs.submit(RunRequest("train.ipynb", policies={"overlap": "cancel_previous"}))
    assert jobs.get_run(running.id).cancel_requested
    ended = jobs.get_run(waiting.id)
    assert ended.state == "cancelled" and newest.id in str(ended.message)
    assert jobs.get_run(newest.id).state == "queued"


def test_a_job_is_changed_and_its_queued_runs_stay_as_they_are(jobs: JobService) -> None:
    job = jobs.create_job(RunRequest("train.ipynb", parameters={"C": 2}), None)
    queued = jobs.run_job(job.id)
    change = JobChange(name="renamed", parameters={"C": 4}, policies={"overlap": "allow"}, register_model="m")
    changed = jobs.change_job(job.id, change)
    assert (changed.name, changed.parameters, changed.register_model) == ("renamed", {"C": 4}, "m")
    assert changed.max_parallel == 100
    assert jobs.get_run(queued.id).parameters == {"C": 2}
    assert jobs.run_job(job.id).parameters == {"C": 4}
    assert jobs.change_job(job.id, JobChange(register_model="")).register_model is None


def test_a_change_that_is_refused_changes_nothing(jobs: JobService) -> None:
    job = jobs.create_job(RunRequest("train.ipynb", parameters={"C": 2}), None)
    jobs.create_job(RunRequest("train.ipynb", name="taken"), None)
    for change, error in (
        (JobChange(parameters={"D": 1}), BadInputError),
        (JobChange(name="taken"), ConflictError),
        (JobChange(policies={"nonsense": 1}, name="new"), BadInputError),
        (JobChange(kernel="cobol"), BadInputError),
    ):
        with pytest.raises(error):
            jobs.change_job(job.id, change)
    assert (jobs.get_job(job.id).name, jobs.get_job(job.id).parameters) == ("train", {"C": 2})


def test_a_run_again_is_of_the_same_snapshot_whatever_has_become_of_the_notebook(
    jobs: JobService, write_notebook: WriteNotebook
) -> None:
    first = jobs.submit(RunRequest("train.ipynb", parameters={"C": 2}, priority=4))
    write_notebook("train.ipynb", "changed")
    again = RunActions(jobs).rerun(first.id)
    assert (again.snapshot_sha, again.parameters, again.priority) == (first.snapshot_sha, {"C": 2}, 4)
    assert again.cause == {"kind": "rerun", "run": first.id}
    jobs.delete_job(first.job_id)
    with pytest.raises(ConflictError):
        RunActions(jobs).rerun(first.id)


def test_a_run_that_goes_on_is_not_deleted_and_one_that_ended_is(jobs: JobService) -> None:
    run = jobs.submit(RunRequest("train.ipynb"))
    with pytest.raises(ConflictError):
        RunActions(jobs).delete(run.id)
    end(jobs, start(jobs))
    RunActions(jobs).delete(run.id)
    with pytest.raises(NotFoundError):
        jobs.get_run(run.id)


def test_one_refusal_holds_up_no_other_of_many(jobs: JobService) -> None:
    ended, waiting = (jobs.submit(RunRequest("train.ipynb", name=name)) for name in "ab")
    end(jobs, start(jobs))
    results = RunActions(jobs).apply("delete", [ended.id, waiting.id, "nothing", ended.id])
    assert [(result.id, result.problem is None) for result in results] == [
        (ended.id, True),
        (waiting.id, False),
        ("nothing", False),
    ]
    (cancelled,) = RunActions(jobs).apply("cancel", [waiting.id])
    assert cancelled.run is not None and cancelled.run.state == "cancelled"


def test_each_attempt_at_a_run_is_kept_with_how_it_ended(jobs: JobService) -> None:
    run = jobs.submit(RunRequest("train.ipynb", policies={"max_attempts": 2, "retry_delay_s": 0}))
    for _ in range(2):
        end(jobs, start(jobs), RunState.FAILED)
    assert [(one.number, one.state) for one in jobs.list_attempts(run.id)] == [(1, "failed"), (2, "failed")]
