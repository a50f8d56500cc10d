"""Executors: found by name, refused where there is none, filled to their limits by all workers together."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from datetime import datetime, timezone
from importlib.metadata import EntryPoint

import pytest
from notebook_files import WriteNotebook
from rows import add_job, queue_run, run_now
from sqlalchemy import func, select
from waiting import wait_until
from workbench import Workbench

from jupyter_mlops import plugins
from jupyter_mlops.cli import main
from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError
from jupyter_mlops.ids import new_id
from jupyter_mlops.jobs import service
from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.jobs.preflight.runs import preflight_request
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.spec import JobChange, RunRequest
from jupyter_mlops.runs import executors, queue
from jupyter_mlops.runs.executors import LocalExecutor, installed_executors
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.runs.workers import live_executors, register_worker
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Run

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


class ElsewhereExecutor(LocalExecutor):
    name = "elsewhere"


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch):
    """Another package's executor, and one that cannot be loaded."""
    points = [
        EntryPoint("elsewhere", f"{__name__}:ElsewhereExecutor", executors.ENTRY_POINTS),
        EntryPoint("broken", "no_such_module:Executor", executors.ENTRY_POINTS),
        EntryPoint("local", f"{__name__}:ElsewhereExecutor", executors.ENTRY_POINTS),
    ]
    monkeypatch.setattr(plugins, "entry_points", lambda group: points)
    installed_executors.cache_clear()
    yield
    installed_executors.cache_clear()


@pytest.mark.usefixtures("elsewhere")
def test_an_executor_is_found_by_its_entry_point_and_ours_stays_ours() -> None:
    found = installed_executors()
    assert list(found) == ["local", "elsewhere"]
    assert type(found["local"]) is LocalExecutor
    assert isinstance(found["elsewhere"], ElsewhereExecutor)


def test_one_that_is_not_installed_is_refused_with_those_that_are() -> None:
    with pytest.raises(BadInputError) as refused:
        Policies.parse({"executor": "dask"})
    assert refused.value.field == "policies.executor"
    assert "'dask'" in refused.value.message and "local" in (refused.value.hint or "")
    assert Policies.of({"executor": "dask"}).executor == "dask", "a row of another machine is shown as it is"


@pytest.mark.usefixtures("elsewhere")
def test_a_run_goes_to_its_jobs_executor_unless_it_says_its_own(
    store: Store,
    settings: Settings,
    notebook_folder,
    write_notebook: WriteNotebook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "ensure_worker", lambda *_: False)
    write_notebook("train.ipynb", "1")
    jobs = JobService(store, settings, notebook_folder)
    job = jobs.create_job(RunRequest("train.ipynb", policies={"executor": "elsewhere"}), None)
    assert jobs.get_job(job.id).executor == "elsewhere"
    assert jobs.run_job(job.id).executor == "elsewhere"
    assert jobs.submit(RunRequest("train.ipynb", policies={"executor": "local"})).executor == "local"
    jobs.change_job(job.id, JobChange(policies={}))
    assert jobs.get_job(job.id).executor == "local"


def worker_of(store: Store, *executors: str | None) -> None:
    """A worker of this machine that is alive, and says which executors it has, or has not said yet."""
    has = None if None in executors else [name for name in executors if name is not None]
    with store.session() as session:
        register_worker(session, new_id(), os.getpid(), 1, datetime.now(timezone.utc), has)


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(
    ("workers", "told"),
    [
        ([], False),  # one is started here, where it is installed
        ([["local"]], True),
        ([["local"], ["local", "elsewhere"]], False),
        ([["local"], [None]], False),
    ],
)
def test_a_run_whose_executor_no_live_worker_has_is_told_of_and_queued_all_the_same(
    store: Store,
    settings: Settings,
    notebook_folder,
    write_notebook: WriteNotebook,
    monkeypatch: pytest.MonkeyPatch,
    workers: list[list[str | None]],
    told: bool,
) -> None:
    monkeypatch.setattr(service, "ensure_worker", lambda *_: False)
    write_notebook("train.ipynb", "1")
    jobs = JobService(store, settings, notebook_folder.resolve())
    for has in workers:
        worker_of(store, *has)
    request = RunRequest("train.ipynb", policies={"executor": "elsewhere", "preflight": "refuse"})
    run = jobs.submit(request)
    found = [(one["code"], one["subject"]) for one in run.progress["findings"]]
    assert run.state == "queued" and (("executor", "elsewhere") in found) is told
    asked = preflight_request(request, jobs.root, settings, store)
    assert any(finding.code == "executor" for finding in asked) is told
    local = jobs.submit(RunRequest("train.ipynb", name="local"))
    assert [one for one in local.progress["findings"] if one["code"] == "executor"] == []


@pytest.mark.usefixtures("settings")
def test_the_command_line_refuses_one_that_is_not_installed(
    write_notebook: WriteNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_notebook("train.ipynb", "1")
    for command in (["run", str(path)], ["schedule", str(path), "--every", "1h"]):
        assert main([*command, "--executor", "dask"]) == 2
        assert "There is no executor 'dask'" in capsys.readouterr().err


def test_workers_fill_an_executor_to_its_limit_between_them(store: Store) -> None:
    local = [queue_run(store, add_job(store)) for _ in range(4)]
    other = queue_run(store, add_job(store), executor="elsewhere")
    limits = {"local": 2, "elsewhere": None}
    barrier = threading.Barrier(2)
    claimed: list[str] = []

    def work(worker_id: str) -> None:
        barrier.wait()
        for _ in range(4):
            with store.session() as session:
                attempt = queue.claim_run(session, worker_id, NOW, None, limits)
            if attempt is not None:
                claimed.append(attempt.run_id)

    workers = [threading.Thread(target=work, args=[name]) for name in ("one", "two")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(claimed) == 3 and other.id in claimed
    assert sum(run_now(store, run).state == "running" for run in local) == 2


def test_a_worker_leaves_what_it_has_no_executor_for(store: Store) -> None:
    run = queue_run(store, add_job(store), executor="elsewhere")
    with store.session() as session:
        assert queue.claim_run(session, "w", NOW) is None
        attempt = queue.claim_run(session, "w", NOW, None, {"local": None, "elsewhere": 1})
    assert attempt is not None and attempt.run_id == run.id


def test_a_limit_is_read_from_the_environment_and_handed_on() -> None:
    given = {"JUPYTER_MLOPS_DATA_DIR": "/nowhere", "JUPYTER_MLOPS_EXECUTOR_LIMITS": "local=4, dask=100 x= =3"}
    settings = Settings.load(given)
    assert settings.executor_limits == {"local": 4, "dask": 100}
    again = Settings.load(settings.process_environment())
    assert again.executor_limits == settings.executor_limits
    assert Settings.load({"JUPYTER_MLOPS_DATA_DIR": "/nowhere"}).executor_limits == {}


@pytest.mark.slow
def test_two_worker_processes_keep_to_a_limit_while_runs_go_on(own_workbench: Workbench) -> None:
    bench = replace(own_workbench, settings=replace(own_workbench.settings, executor_limits={"local": 1}))
    wait = "import pathlib, time\nwhile not pathlib.Path('go').exists(): time.sleep(0.05)"
    for name in ("a", "b", "c"):
        bench.write(f"{name}.ipynb", wait)
    workers = [bench.start_worker() for _ in range(2)]
    runs = [bench.submit(f"{name}.ipynb") for name in ("a", "b", "c")]
    most = 0

    def running() -> int:
        with bench.store.reading() as session:
            states = select(func.count()).where(Run.state == RunState.RUNNING.value)
            return session.scalar(states) or 0

    def begun() -> bool:
        nonlocal most
        most = max(most, running())
        with bench.store.reading() as session:
            return bool(session.scalar(select(func.count()).where(Run.cells_total.is_not(None))))

    wait_until(begun, 120, "a run begins")
    (bench.root / "go").touch()

    def all_ended() -> bool:
        nonlocal most
        most = max(most, running())
        return all(RunState(bench.jobs.get_run(run.id).state).is_final for run in runs)

    wait_until(all_ended, 240, "all end")
    assert [bench.jobs.get_run(run.id).state for run in runs] == ["succeeded"] * 3
    assert most == 1
    assert all(worker.is_running() for worker in workers)
    with bench.store.reading() as session:
        assert live_executors(session, datetime.now(timezone.utc)) == {"local"}
