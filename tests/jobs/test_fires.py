"""A due trigger makes one run, or one row that says why there is none."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

import pytest
from notebook_files import WriteNotebook
from rows import claim
from sqlalchemy import select

from jupyter_mlops.config import Settings
from jupyter_mlops.jobs import service
from jupyter_mlops.jobs.fires import fire_due_triggers
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.spec import RunRequest, ScheduleRequest
from jupyter_mlops.runs.states import Reason
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Job, Run, Trigger

HOURLY = ScheduleRequest("0 * * * *", "UTC")
HOUR = timedelta(hours=1)


@pytest.fixture
def jobs(
    store: Store, settings: Settings, notebook_folder, write_notebook: WriteNotebook, monkeypatch
) -> JobService:
    monkeypatch.setattr(service, "ensure_worker", lambda *_: False)
    write_notebook("train.ipynb", "C", parameters="C: float = 1.0")
    return JobService(store, settings, notebook_folder)


def scheduled(jobs: JobService, name: str = "hourly", **request: object) -> Job:
    return jobs.create_job(RunRequest("train.ipynb", name, **request), HOURLY)


def fire(jobs: JobService, now: datetime) -> int:
    return fire_due_triggers(jobs.store, jobs.settings, now)


def runs(jobs: JobService) -> list[Run]:
    with jobs.store.reading() as session:
        return list(session.scalars(select(Run).order_by(Run.scheduled_for)))


def test_a_trigger_fires_when_it_is_due_not_before_and_once(jobs: JobService) -> None:
    job = scheduled(jobs, parameters={"C": 3})
    due = job.triggers[0].next_fire_at
    assert fire(jobs, due - timedelta(seconds=1)) == 0
    assert fire(jobs, due) == 1
    assert fire(jobs, due) == 0
    (run,) = runs(jobs)
    assert (run.state, run.scheduled_for, run.trigger_id) == ("queued", due, job.triggers[0].id)
    assert run.parameters == {"C": 3} and run.snapshot_sha is not None
    assert jobs.get_job(job.id).triggers[0].next_fire_at == due + HOUR


def test_a_fire_seen_by_many_workers_at_once_makes_one_run(jobs: JobService) -> None:
    due = scheduled(jobs).triggers[0].next_fire_at
    barrier = threading.Barrier(5)
    fired: list[int] = []

    def look() -> None:
        barrier.wait()
        fired.append(fire(jobs, due))

    workers = [threading.Thread(target=look) for _ in range(5)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(fired) == [0, 0, 0, 0, 1]
    assert len(runs(jobs)) == 1


def test_fires_missed_while_no_worker_was_there_are_made_up_for_by_one_run(jobs: JobService) -> None:
    job = scheduled(jobs)
    late = job.triggers[0].next_fire_at + 5 * HOUR + timedelta(minutes=1)
    assert fire(jobs, late) == 1
    assert fire(jobs, late) == 0
    assert len(runs(jobs)) == 1
    assert jobs.get_job(job.id).triggers[0].next_fire_at == late.replace(minute=0) + HOUR


def test_a_fire_while_the_run_before_is_under_way_is_a_skipped_row(jobs: JobService) -> None:
    due = scheduled(jobs).triggers[0].next_fire_at
    fire(jobs, due)
    claim(jobs.store, due)
    fire(jobs, due + HOUR)
    first, second = runs(jobs)
    assert (first.state, second.state, second.reason) == ("running", "skipped", Reason.OVERLAP)
    assert (second.scheduled_for, second.ended_at) == (due + HOUR, due + HOUR)
    assert second.message is not None


def test_a_fire_whose_notebook_is_gone_is_a_failed_run_with_the_reason(jobs: JobService) -> None:
    job = scheduled(jobs)
    due = job.triggers[0].next_fire_at
    path = jobs.root / "train.ipynb"
    content = path.read_bytes()
    path.unlink()
    assert fire(jobs, due) == 1
    (run,) = runs(jobs)
    assert (run.state, run.reason, run.ended_at, run.snapshot_sha) == ("failed", "not_found", due, None)
    assert run.message is not None and "train.ipynb" in run.message
    trigger = jobs.get_job(job.id).triggers[0]
    assert trigger.active and trigger.problem is not None

    path.write_bytes(content)
    fire(jobs, due + HOUR)
    assert runs(jobs)[1].state == "queued"
    assert jobs.get_job(job.id).triggers[0].problem is None


def test_a_fire_whose_notebook_no_longer_takes_its_parameters_is_a_failed_run(
    jobs: JobService, write_notebook: WriteNotebook
) -> None:
    due = scheduled(jobs, parameters={"C": 3}).triggers[0].next_fire_at
    write_notebook("train.ipynb", "1", parameters="other = 1")
    fire(jobs, due)
    (run,) = runs(jobs)
    assert (run.state, run.reason) == ("failed", "unknown_parameter")


def test_a_paused_or_deleted_job_does_not_fire(jobs: JobService) -> None:
    paused, deleted = scheduled(jobs, "paused"), scheduled(jobs, "deleted")
    jobs.set_active(paused.id, False)
    jobs.delete_job(deleted.id)
    assert fire(jobs, paused.triggers[0].next_fire_at + HOUR) == 0
    assert runs(jobs) == []


def test_one_bad_trigger_is_paused_with_its_problem_and_holds_up_no_other(jobs: JobService) -> None:
    bad, good = scheduled(jobs, "bad"), scheduled(jobs, "good")
    with jobs.store.session() as session:
        session.get_one(Trigger, bad.triggers[0].id).spec = {"cron": "nonsense", "timezone": "UTC"}
        session.get_one(Trigger, bad.triggers[0].id).next_fire_at = good.triggers[0].next_fire_at - HOUR
    assert fire(jobs, good.triggers[0].next_fire_at) == 1
    assert [run.job_id for run in runs(jobs)] == [good.id]
    trigger = jobs.get_job(bad.id).triggers[0]
    assert not trigger.active and "Paused" in trigger.problem and "fields" in trigger.problem


def test_a_dead_tracking_server_does_not_keep_fires_waiting(jobs: JobService) -> None:
    """Whether it answers is asked when the run starts; a fire that asked would wait for each trigger."""
    due = scheduled(jobs).triggers[0].next_fire_at
    dead = Settings.load(
        {"JUPYTER_MLOPS_DATA_DIR": str(jobs.settings.data_dir), "MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    )
    assert fire_due_triggers(jobs.store, dead, due) == 1
    assert runs(jobs)[0].state == "queued"


def test_more_triggers_than_one_look_takes_all_fire(jobs: JobService) -> None:
    first = scheduled(jobs, "0")
    for number in range(1, 5):
        scheduled(jobs, str(number))
    now = datetime.now(timezone.utc) + 2 * HOUR
    assert fire(jobs, now) == 5
    assert {run.state for run in runs(jobs)} == {"queued"}
    assert first.triggers[0].next_fire_at < now
