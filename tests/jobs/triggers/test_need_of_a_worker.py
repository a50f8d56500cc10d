"""Who needs a worker: every trigger but one that is called, for which the server itself makes the run."""

from __future__ import annotations

import threading

import pytest
from notebook_files import WriteNotebook

from jupyter_mlops.config import Settings
from jupyter_mlops.doctor import Finding, examine
from jupyter_mlops.jobs import service as job_service
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.jobs.triggers import service
from jupyter_mlops.jobs.triggers.request import TriggerRequest
from jupyter_mlops.jobs.triggers.service import TriggerService
from jupyter_mlops.runs.worker import WorkerLoop

CALLED = {"kind": "http", "spec": {}}
TIMED = {"kind": "interval", "spec": {"seconds": 3600}}
WATCHING = {"kind": "file", "spec": {"path": "data/*.csv"}}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The workers that were asked for."""
    asked: list[str] = []
    for module in (service, job_service):
        monkeypatch.setattr(module, "ensure_worker", lambda *_: asked.append("worker"))
    return asked


@pytest.fixture
def jobs(settings: Settings, notebook_folder, write_notebook: WriteNotebook):
    write_notebook("train.ipynb", "1")
    store = settings.open_store()
    yield JobService(store, settings, notebook_folder)
    store.close()


def worker_finding(settings: Settings) -> Finding:
    return next(one for one in examine(settings) if one.check == "worker")


@pytest.mark.parametrize(("given", "needed"), [(CALLED, False), (TIMED, True), (WATCHING, True)])
def test_a_worker_is_started_and_missed_only_for_what_fires_in_one(
    jobs: JobService, started: list[str], given: dict[str, object], needed: bool
) -> None:
    trigger = jobs.schedule_job(RunRequest("train.ipynb"), TriggerRequest.parse(given)).trigger
    assert bool(started) == needed
    triggers = TriggerService(jobs.store, jobs.settings, jobs.root)
    triggers.add(trigger.job_id, TriggerRequest.parse(given))
    jobs.set_active(trigger.job_id, False)
    jobs.set_active(trigger.job_id, True)
    jobs.delete_job(trigger.job_id)
    jobs.restore_job(trigger.job_id)
    assert bool(started) == needed
    assert worker_finding(jobs.settings).status == ("broken" if needed else "ok")


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize(("given", "stays"), [(CALLED, False), (TIMED, True)])
def test_a_worker_does_not_stay_for_a_trigger_that_is_called(
    jobs: JobService, given: dict[str, object], stays: bool
) -> None:
    jobs.schedule_job(RunRequest("train.ipynb"), TriggerRequest.parse(given))
    loop = WorkerLoop(jobs.store, jobs.settings, slots=1, exit_when_idle_s=0.5)
    life = threading.Thread(target=loop.run, daemon=True)
    life.start()
    life.join(5 if stays else 60)
    assert life.is_alive() == stays
    loop.stopping = True
    life.join(60)
    assert not life.is_alive()
