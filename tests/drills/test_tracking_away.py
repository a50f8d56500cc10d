"""A tracking server that is away when a run would start, at night: the run waits, and is executed once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow_door import Door, mlflow_behind_a_door
from notebook_files import notebook_writer
from sqlalchemy import select
from waiting import wait_until
from workbench import RUN_WITHIN_S, Workbench, make_workbench

from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.jobs.triggers.request import TriggerRequest
from jupyter_mlops.runs.workers import ensure_worker
from jupyter_mlops.store.tables import Run, Trigger

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
TOLD_WITHIN_S = 240  # it is tried every half minute, by a process that loads MLflow
EXECUTED = "with open('executed', 'a') as told: told.write('once\\n')"
INNER = """
import mlflow, os, time
mlflow.start_run()
try:
    with mlflow.start_run(nested=True):
        open("mark", "w").close()
        while not os.path.exists("go"):
            time.sleep(0.02)
except mlflow.MlflowException:
    print("nobody heard it")
"""


@pytest.fixture
def door(tmp_path: Path, mlflow_template: Path) -> Iterator[Door]:
    shutil.copy(mlflow_template, tmp_path / "mlflow.db")
    with mlflow_behind_a_door(tmp_path) as door:
        yield door


@pytest.fixture
def bench(
    tmp_path: Path, mlflow_template: Path, door: Door, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workbench]:
    for name, most in (("TIMEOUT", "3"), ("MAX_RETRIES", "1")):  # how patient the notebook's own calls are
        monkeypatch.setenv(f"MLFLOW_HTTP_REQUEST_{name}", most)
    with make_workbench(tmp_path, notebook_writer, mlflow_template, tracking_uri=door.uri) as bench:
        yield bench


def runs_of(bench: Workbench, job_id: str) -> list[Run]:
    with bench.store.reading() as session:
        return list(session.scalars(select(Run).where(Run.job_id == job_id)))


def test_a_fire_while_the_tracking_server_is_away_waits_for_it_and_is_executed_once(
    bench: Workbench, door: Door
) -> None:
    """Expected: no kernel starts, the row says why, the worker drains at once; with the server back the next
    worker executes the run, as its first try and in one MLflow run."""
    bench.write("nightly.ipynb", EXECUTED)
    later = datetime.now(timezone.utc) + timedelta(hours=1)
    trigger = bench.jobs.schedule_job(
        RunRequest("nightly.ipynb"), TriggerRequest("once", {"at": later.isoformat()})
    ).trigger
    door.shut()
    with bench.store.session() as session:
        session.get_one(Trigger, trigger.id).next_fire_at = datetime.now(timezone.utc)

    def waiting() -> Run | None:
        return next((run for run in runs_of(bench, trigger.job_id) if run.reason), None)

    run = wait_until(waiting, RUN_WITHIN_S, "its run waits")
    assert (run.state, run.reason, run.started_at) == ("queued", "tracking_unavailable", None)
    assert run.not_before is not None and run.message is not None
    assert run.message.startswith("Waits for its tracking server") and door.uri in run.message
    assert bench.jobs.list_attempts(run.id) == []

    (worker,) = bench.modules()["worker_main"]
    worker.terminate()
    wait_until(lambda: not bench.processes(), 60, "the worker has drained")
    assert bench.jobs.get_run(run.id).state == "queued"
    assert not (bench.root / "executed").exists()

    door.open()
    assert ensure_worker(bench.store, bench.settings)
    ended = bench.ended(run)
    assert (ended.state, ended.message) == ("succeeded", None)
    assert (bench.root / "executed").read_text() == "once\n"
    assert [one.id for one in runs_of(bench, trigger.job_id)] == [run.id]
    assert [(one.number, one.state) for one in bench.jobs.list_attempts(run.id)] == [(1, "succeeded")]
    client = MlflowClient(door.uri)
    (tracked,) = client.search_runs([ended.mlflow_experiment_id or ""])
    assert (tracked.info.run_id, tracked.info.status) == (ended.mlflow_run_id, "FINISHED")


def test_a_run_that_a_cell_ended_while_the_tracking_server_was_away_has_ended_when_it_is_back(
    bench: Workbench, door: Door, tmp_path: Path
) -> None:
    """Expected: the job succeeds; its MLflow run and the one that its cell started have ended once somebody
    takes up what waits."""
    bench.write("inner.ipynb", INNER)
    run = bench.running_cell(bench.submit("inner.ipynb"), bench.root / "mark")
    door.shut()
    (bench.root / "go").touch()
    ended = bench.ended(run)
    assert ended.state == "succeeded", ended.message
    assert "nobody heard it" in bench.executed(ended).cells[0].outputs[-1].text
    behind = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")

    def statuses() -> list[str]:
        return [run.info.status for run in behind.search_runs([ended.mlflow_experiment_id or ""])]

    assert statuses() == ["RUNNING"] * 2
    door.open()
    wait_until(lambda: statuses() == ["FINISHED"] * 2, TOLD_WITHIN_S, "both have ended")
