"""Jobs as every face asks for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from notebook_files import WriteNotebook
from rows import claim
from sqlalchemy import func, select

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import (
    BadInputError,
    ConflictError,
    KernelError,
    MlopsError,
    NotFoundError,
    OutsideRootError,
    ParameterError,
    ScheduleError,
    TrackingUnavailableError,
)
from jupyter_mlops.jobs import service
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.spec import RunRequest, ScheduleRequest
from jupyter_mlops.runs import queue
from jupyter_mlops.runs.queue import Outcome
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store import Store
from jupyter_mlops.store.paging import PageRequest
from jupyter_mlops.store.tables import Job, Run
from jupyter_mlops.store.watch import ChangeWatch

NIGHTLY = ScheduleRequest("0 3 * * *", "Europe/Berlin")
PAGE = PageRequest()


@pytest.fixture
def jobs(
    store: Store, settings: Settings, notebook_folder, write_notebook: WriteNotebook, monkeypatch
) -> Iterator[JobService]:
    """The jobs of a root with one notebook, `train.ipynb`. No worker takes its runs away."""
    monkeypatch.setattr(service, "ensure_worker", lambda *_: False)
    write_notebook("train.ipynb", "C", parameters="C: float = 1.0")
    return JobService(store, settings, notebook_folder)


def rows(store: Store) -> tuple[int, int]:
    with store.reading() as session:
        return (
            session.scalar(select(func.count()).select_from(Job)) or 0,
            session.scalar(select(func.count()).select_from(Run)) or 0,
        )


def test_a_submitted_run_is_queued_for_a_job_named_after_its_notebook(jobs: JobService) -> None:
    run = jobs.submit(RunRequest("train.ipynb", parameters={"C": 2}))
    assert (run.state, run.job.name, run.notebook) == ("queued", "train", "train.ipynb")
    assert run.parameters == {"C": 2}
    (listed,) = jobs.list_runs(PAGE).items
    assert listed.id == run.id and jobs.get_run(run.id[:6]).id == run.id
    (job,) = jobs.list_jobs(PAGE).items
    assert jobs.last_runs([job])[job.id].id == run.id


def test_a_second_submission_is_another_run_of_the_same_job(jobs: JobService) -> None:
    first, second = (jobs.submit(RunRequest("train.ipynb")) for _ in range(2))
    assert first.job_id == second.job_id
    assert rows(jobs.store) == (1, 2)


def test_two_first_submissions_at_once_make_one_job(jobs: JobService) -> None:
    barrier = threading.Barrier(4)
    failed: list[Exception] = []

    def submit() -> None:
        barrier.wait()
        try:
            jobs.submit(RunRequest("train.ipynb"))
        except Exception as error:  # noqa: BLE001 - told by the assertion
            failed.append(error)

    threads = [threading.Thread(target=submit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert rows(jobs.store) == (1, 4)


@pytest.mark.parametrize(
    ("request_", "error", "field"),
    [
        (RunRequest("nothing.ipynb"), NotFoundError, "notebook"),
        (RunRequest("../outside.ipynb"), OutsideRootError, "notebook"),
        (RunRequest("train.ipynb", parameters={"D": 1}), ParameterError, "parameters.D"),
        (RunRequest("train.ipynb", parameters={"C": "much"}), ParameterError, "parameters.C"),
        (RunRequest("train.ipynb", parameters={"C": float("nan")}), MlopsError, "parameters.C"),
        (RunRequest("train.ipynb", kernel="cobol"), KernelError, "kernel"),
        (RunRequest("train.ipynb", name="two\nlines"), BadInputError, "name"),
        (RunRequest("train.ipynb", name="x" * 201), BadInputError, "name"),
        (RunRequest("train.ipynb", name="   "), BadInputError, "name"),
        (RunRequest("train.ipynb", name="\ud800"), BadInputError, "name"),
        (RunRequest("train.ipynb", register_model="a/b"), BadInputError, "register_model"),
    ],
)
def test_a_request_that_is_refused_names_its_field_and_stores_nothing(
    jobs: JobService, request_: RunRequest, error: type[MlopsError], field: str
) -> None:
    for ask in (jobs.submit, lambda request: jobs.create_job(request, NIGHTLY)):
        with pytest.raises(error) as refused:
            ask(request_)
        assert refused.value.field == field
        assert refused.value.status < 500
    assert rows(jobs.store) == (0, 0)


@pytest.mark.parametrize(
    ("schedule", "field"),
    [(ScheduleRequest("61 * * * *", "UTC"), "cron"), (ScheduleRequest("0 3 * * *", "Mars/Base"), "timezone")],
)
def test_a_schedule_that_is_refused_stores_nothing(
    jobs: JobService, schedule: ScheduleRequest, field: str
) -> None:
    with pytest.raises(ScheduleError) as refused:
        jobs.create_job(RunRequest("train.ipynb"), schedule)
    assert refused.value.field == field
    assert rows(jobs.store) == (0, 0)


def test_a_dead_tracking_server_refuses_the_request_and_nothing_is_stored(
    store: Store, jobs: JobService
) -> None:
    dead = Settings.load({"JUPYTER_MLOPS_DATA_DIR": str(jobs.settings.data_dir), "MLFLOW_TRACKING_URI": DEAD})
    with pytest.raises(TrackingUnavailableError) as refused:
        JobService(store, dead, jobs.root).submit(RunRequest("train.ipynb"))
    assert (refused.value.field, refused.value.status) == ("tracking_uri", 503)
    assert refused.value.hint is not None
    assert rows(store) == (0, 0)


DEAD = "http://127.0.0.1:9"


def test_a_name_in_use_for_another_notebook_is_a_conflict_that_says_which(
    jobs: JobService, write_notebook: WriteNotebook
) -> None:
    write_notebook("other.ipynb", "1")
    jobs.submit(RunRequest("train.ipynb", name="nightly"))
    with pytest.raises(ConflictError, match=r"train\.ipynb") as refused:
        jobs.submit(RunRequest("other.ipynb", name="nightly"))
    assert refused.value.field == "name"
    assert rows(jobs.store) == (1, 1)


def test_a_second_schedule_under_the_same_name_is_a_conflict(jobs: JobService) -> None:
    jobs.create_job(RunRequest("train.ipynb"), NIGHTLY)
    with pytest.raises(ConflictError, match="0 3"):
        jobs.create_job(RunRequest("train.ipynb"), ScheduleRequest("0 4 * * *", "UTC"))
    assert jobs.list_jobs(PAGE).items[0].triggers[0].spec["cron"] == "0 3 * * *"


def test_a_new_schedule_fires_next_at_its_next_time(jobs: JobService) -> None:
    before = datetime.now(timezone.utc)
    job = jobs.create_job(RunRequest("train.ipynb", parameters={"C": 3}), NIGHTLY)
    assert job.triggers[0].active
    assert before < job.triggers[0].next_fire_at <= before + timedelta(days=1, hours=1)
    assert rows(jobs.store) == (1, 0), "nothing runs yet"
    assert jobs.run_job(job.id).parameters == {"C": 3}


def test_a_paused_schedule_has_its_past_behind_it_when_it_is_resumed(jobs: JobService) -> None:
    job = jobs.create_job(RunRequest("train.ipynb"), NIGHTLY)
    assert not jobs.set_active(job.id, False).triggers[0].active
    with jobs.store.session() as session:
        session.get_one(Job, job.id).triggers[0].next_fire_at = datetime(2020, 1, 1, tzinfo=timezone.utc)
    resumed = jobs.set_active(job.id, True).triggers[0]
    assert resumed.active and resumed.next_fire_at > datetime.now(timezone.utc)


def test_a_job_without_a_schedule_cannot_be_paused(jobs: JobService) -> None:
    job = jobs.create_job(RunRequest("train.ipynb"), None)
    with pytest.raises(ConflictError, match="no schedule"):
        jobs.set_active(job.id, False)


def test_a_deleted_job_is_off_the_list_its_runs_stay_and_it_can_come_back(jobs: JobService) -> None:
    job = jobs.create_job(RunRequest("train.ipynb"), NIGHTLY)
    run = jobs.run_job(job.id)
    jobs.delete_job(job.id)
    assert jobs.list_jobs(PAGE).items == []
    assert jobs.get_run(run.id).job.name == "train"
    for ask in (jobs.get_job, jobs.delete_job, jobs.run_job):
        with pytest.raises(NotFoundError):
            ask(job.id)
    jobs.restore_job(job.id)
    assert jobs.get_job(job.id).triggers[0].next_fire_at > datetime.now(timezone.utc)
    jobs.restore_job(job.id)  # twice is the same as once


def test_a_deleted_jobs_name_is_free_and_it_cannot_come_back_to_a_name_taken(jobs: JobService) -> None:
    old = jobs.create_job(RunRequest("train.ipynb"), NIGHTLY)
    jobs.delete_job(old.id)
    new = jobs.create_job(RunRequest("train.ipynb"), NIGHTLY)
    assert new.id != old.id
    with pytest.raises(ConflictError, match="another job named 'train'"):
        jobs.restore_job(old.id)


def test_another_roots_jobs_and_runs_are_not_seen(jobs: JobService, tmp_path) -> None:
    run = jobs.submit(RunRequest("train.ipynb"))
    elsewhere = JobService(jobs.store, jobs.settings, tmp_path)
    assert elsewhere.list_runs(PAGE).items == elsewhere.list_jobs(PAGE).items == []
    for ask, id_ in (
        (elsewhere.get_run, run.id),
        (elsewhere.cancel_run, run.id),
        (elsewhere.get_job, run.job_id),
    ):
        with pytest.raises(NotFoundError):
            ask(id_)


@pytest.mark.parametrize("start", ["", "%", "_", "zzz"])
def test_a_run_is_found_by_the_start_of_its_id_only_if_it_is_the_only_one(
    jobs: JobService, start: str
) -> None:
    for _ in range(2):
        jobs.submit(RunRequest("train.ipynb"))
    with pytest.raises(NotFoundError):
        jobs.get_run(start)


def test_runs_are_listed_by_notebook_job_and_state(jobs: JobService, write_notebook: WriteNotebook) -> None:
    write_notebook("other.ipynb", "1")
    first, other = jobs.submit(RunRequest("train.ipynb")), jobs.submit(RunRequest("other.ipynb"))
    attempt = claim(jobs.store, datetime.now(timezone.utc))
    assert attempt is not None and attempt.run_id == first.id
    with jobs.store.session() as session:
        queue.finish_attempt(session, attempt.id, Outcome(RunState.SUCCEEDED), datetime.now(timezone.utc))

    def listed(**filters: object) -> list[str]:
        return [run.id for run in jobs.list_runs(PAGE, **filters).items]

    assert listed() == [other.id, first.id]
    assert listed(notebook="other.ipynb") == listed(job_id=other.job_id) == [other.id]
    assert listed(state=RunState.SUCCEEDED) == [first.id]
    assert listed(state=RunState.FAILED, notebook="train.ipynb") == []


def test_jobs_and_runs_are_found_by_what_people_remember_of_them(
    jobs: JobService, write_notebook: WriteNotebook
) -> None:
    write_notebook("reports/100%_Weekly.ipynb", "1")
    train = jobs.submit(RunRequest("train.ipynb", name="Nightly"))
    weekly = jobs.submit(RunRequest("reports/100%_Weekly.ipynb"))
    with jobs.store.session() as session:
        session.get_one(Run, train.id).message = "Cell [2] raised KeyError: 'age'."

    def found(text: str) -> tuple[list[str], list[str]]:
        runs, listed = jobs.list_runs(PAGE, search=text), jobs.list_jobs(PAGE, search=text)
        return [run.id for run in runs.items], [job.id for job in listed.items]

    assert found("nightly") == found("TRAIN.ipynb") == ([train.id], [train.job_id])
    assert found(" keyerror: 'A") == ([train.id], [])
    assert found("0%_w") == found("reports/") == ([weekly.id], [weekly.job_id])
    assert found(weekly.id[:8])[0] == [weekly.id]
    assert found(weekly.job_id)[1] == [weekly.job_id]
    assert found("%") == found("_") == ([weekly.id], [weekly.job_id]), "what is typed is no pattern"
    assert found("' OR 1=1 --") == ([], [])
    assert jobs.list_runs(PAGE, search="nightly", state=RunState.FAILED).items == []


@pytest.mark.parametrize("text", ["", "  ", "x" * 201])
def test_nothing_can_be_searched_for_by_no_text_or_by_a_book(jobs: JobService, text: str) -> None:
    for listed in (jobs.list_runs, jobs.list_jobs):
        with pytest.raises(BadInputError) as refusal:
            listed(PAGE, search=text)
        assert refusal.value.field == "search"


def test_every_change_of_a_job_is_told(jobs: JobService) -> None:
    watch = ChangeWatch(jobs.store)
    job = jobs.create_job(RunRequest("train.ipynb"), NIGHTLY)
    for change in (
        lambda: jobs.set_active(job.id, False),
        lambda: jobs.delete_job(job.id),
        lambda: jobs.restore_job(job.id),
    ):
        watch.poll()
        change()
        (told,) = watch.poll()
        assert (told.kind, told.entity_id, told.notebook) == ("job", job.id, "train.ipynb")
