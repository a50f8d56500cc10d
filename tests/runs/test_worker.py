"""A real worker, runner and kernel: what becomes of each kind of notebook."""

from __future__ import annotations

import json
import shutil
import stat
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest
from notebook_files import notebook_writer
from rows import add_job, queue_run
from waiting import wait_until
from workbench import Workbench, make_workbench

from jupyter_mlops.errors import MlopsError
from jupyter_mlops.notebooks.snapshots import SnapshotStore
from jupyter_mlops.runs.states import Reason
from jupyter_mlops.store.executions import records_of_run
from jupyter_mlops.store.tables import Run

EXAMPLE = Path(__file__).parents[2] / "examples" / "breast-cancer" / "train.ipynb"
SLEEP = "print('before', flush=True)\nopen({mark!r}, 'w').close()\nimport time\n{ignore}time.sleep(60)"
IGNORE = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"


def states(workbench: Workbench, run: Run) -> list[str]:
    """papermill's word on each cell of the executed notebook."""
    return [
        cell.metadata.papermill.status
        for cell in workbench.executed(run).cells
        if "papermill" in cell.metadata
    ]


def test_a_notebook_runs_to_its_end_with_its_parameters(workbench: Workbench) -> None:
    path = workbench.write("good.ipynb", "print(C * 2)", "C", parameters="C: float = 1.0\nname: str = 'a'")
    before = path.read_bytes()

    run = workbench.run("good.ipynb", parameters={"C": 0.5})

    assert (run.state, run.reason, run.message, run.failed_cell) == ("succeeded", None, None, None)
    assert (run.cells_done, run.cells_total) == (4, 4)
    assert run.started_at is not None and run.ended_at is not None and run.created_at <= run.started_at
    executed = workbench.executed(run)
    assert executed.cells[2].outputs[0].text == "1.0\n"
    assert executed.metadata.papermill.parameters == {"C": 0.5}
    assert path.read_bytes() == before, "the user's notebook is never written by a run"


def test_the_executed_notebook_is_this_users_alone_and_in_a_folder_of_its_run(workbench: Workbench) -> None:
    workbench.write("place.ipynb", "1")
    run = workbench.run("place.ipynb", name="a job / of mine")
    assert run.output_path is not None
    path = Path(run.output_path)
    assert path.relative_to(workbench.root).parts[:2] == ("mlops-runs", "a-job-of-mine")
    assert path.name == "place.ipynb" and run.id in path.parent.name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [child.name for child in path.parent.iterdir()] == ["place.ipynb"]


@pytest.mark.parametrize("name", ["é" * 200, "../../.."])
def test_every_name_that_a_job_may_have_makes_a_folder(workbench: Workbench, name: str) -> None:
    workbench.write("named.ipynb", "1")
    run = workbench.run("named.ipynb", name=name)
    assert run.state == "succeeded", run.message
    assert Path(run.output_path or "").is_relative_to(workbench.root / "mlops-runs")


def test_every_cell_is_recorded_with_its_id_in_its_run(workbench: Workbench) -> None:
    workbench.write("recorded.ipynb", "a = 1", "print(a)", parameters="C = 1")
    run = workbench.run("recorded.ipynb")
    with workbench.store.reading() as session:
        records = records_of_run(session, run.id)
    assert [record["cell_id"] for record in records] == ["parameters", "cell-0", "cell-1"]
    assert [record["source"] for record in records] == ["C = 1", "a = 1", "print(a)"]
    assert {record["status"] for record in records} == {"ok"}
    assert {record["notebook"] for record in records} == {"recorded.ipynb"}


def test_the_failing_cell_is_named_as_it_stands_in_the_executed_file(workbench: Workbench) -> None:
    workbench.write(
        "bad.ipynb", "1", "raise ValueError('\\x1b[31mno\\x1b[0m such column')", "2", parameters="C = 1"
    )

    run = workbench.run("bad.ipynb", parameters={"C": 2})

    assert (run.state, run.reason) == ("failed", Reason.ERROR)
    assert run.failed_cell is not None
    cell = workbench.executed(run).cells[run.failed_cell["index"]]
    assert cell.id == run.failed_cell["cell_id"] == "cell-1"
    assert [output.output_type for output in cell.outputs] == ["error"]
    assert (run.failed_cell["error_name"], run.failed_cell["error_message"]) == (
        "ValueError",
        "no such column",
    )
    assert run.message is not None and "ValueError: no such column" in run.message
    assert states(workbench, run)[-2:] == ["failed", "pending"]


def test_a_killed_kernel_is_named_with_its_signal_and_later_cells_never_ran(workbench: Workbench) -> None:
    workbench.write("killed.ipynb", "1", "import os; os.kill(os.getpid(), 9)", "2")
    run = workbench.run("killed.ipynb")
    assert (run.state, run.reason) == ("failed", Reason.KERNEL_DIED)
    assert run.message is not None and "SIGKILL" in run.message
    assert run.failed_cell is not None and run.failed_cell["cell_id"] == "cell-1"
    assert states(workbench, run) == ["completed", "failed", "pending"]
    with workbench.store.reading() as session:
        assert [record["status"] for record in records_of_run(session, run.id)] == ["ok", "kernel_died"]


@pytest.mark.parametrize(
    ("source", "state"),
    [("import sys; sys.exit(0)", "succeeded"), ("import sys; sys.exit(3)", "failed"), ("exit", "succeeded")],
)
def test_leaving_with_code_0_is_success_and_any_other_a_failure(
    workbench: Workbench, source: str, state: str
) -> None:
    workbench.write("leaves.ipynb", source, "print('never')")
    run = workbench.run("leaves.ipynb")
    assert run.state == state, run.message
    if state == "failed":
        assert run.reason == Reason.ERROR and run.message is not None and "SystemExit: 3" in run.message


def test_a_notebook_that_names_no_kernel_runs_with_the_default_one(workbench: Workbench) -> None:
    workbench.write("unnamed.ipynb", "1", language_info={"name": "python"})
    run = workbench.run("unnamed.ipynb")
    assert (run.state, run.kernel) == ("succeeded", "python3")


def test_a_notebook_of_nbformat_3_runs(workbench: Workbench) -> None:
    path = workbench.root / "old.ipynb"
    cell = {
        "cell_type": "code",
        "input": "print(6 * 7)",
        "outputs": [],
        "language": "python",
        "collapsed": False,
    }
    sheet = {"cells": [{**cell, "metadata": {}}], "metadata": {}}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": "old"}, "worksheets": [sheet]}
    path.write_text(json.dumps(old))
    before = path.read_bytes()
    run = workbench.run("old.ipynb")
    assert run.state == "succeeded", run.message
    assert workbench.executed(run).cells[0].outputs[0].text == "42\n"
    assert path.read_bytes() == before


def test_a_notebook_without_any_cell_to_run_succeeds(workbench: Workbench) -> None:
    workbench.write("empty.ipynb", "", "   ")
    run = workbench.run("empty.ipynb")
    assert (run.state, run.cells_total, run.cells_done) == ("succeeded", 0, 0)


def test_the_notebook_runs_in_its_own_folder_and_sees_files_beside_it(workbench: Workbench) -> None:
    workbench.write("deep/down/reads.ipynb", "print(open('data.txt').read())")
    (workbench.root / "deep/down/data.txt").write_text("beside")
    run = workbench.run("deep/down/reads.ipynb")
    assert run.state == "succeeded", run.message


def test_a_run_executes_the_notebook_as_it_was_when_it_was_submitted(workbench: Workbench) -> None:
    mark = workbench.root / "holds-the-job"
    workbench.write("first.ipynb", "print('as submitted')")
    holder = workbench.write("holds.ipynb", SLEEP.format(mark=str(mark), ignore=""))
    holding = workbench.submit("holds.ipynb", name="one job")
    workbench.running_cell(holding, mark)
    holder.write_bytes((workbench.root / "first.ipynb").read_bytes())
    waiting = workbench.submit("holds.ipynb", name="one job")  # one job's runs come one after the other
    holder.unlink()
    workbench.jobs.cancel_run(holding.id)
    run = workbench.ended(waiting)
    assert workbench.executed(run).cells[0].outputs[0].text == "as submitted\n"


@pytest.mark.parametrize("ignore", ["", IGNORE], ids=["interruptible", "ignores SIGINT"])
def test_a_cancel_ends_the_run_within_5_s_and_keeps_partial_outputs(
    workbench: Workbench, ignore: str
) -> None:
    mark = workbench.root / f"mark-{bool(ignore)}"
    child = "import subprocess; subprocess.Popen(['sleep', '1234'])\n"
    workbench.write("long.ipynb", "1", child + SLEEP.format(mark=str(mark), ignore=ignore), "2")
    run = workbench.submit("long.ipynb")
    workbench.running_cell(run, mark)

    asked_at = time.monotonic()
    workbench.jobs.cancel_run(run.id)
    run = workbench.ended(run, within_s=5.5)

    assert time.monotonic() - asked_at < 5.5
    assert (run.state, run.reason) == ("cancelled", Reason.CANCELLED)
    assert [cell.outputs[0].text for cell in workbench.executed(run).cells[1:2]] == ["before\n"]
    assert states(workbench, run) == ["completed", "failed", "pending"]
    left = {"worker_main", "runner"}
    wait_until(lambda: set(workbench.modules()) <= left, 1, "the kernel and its child are gone")


def test_a_cancelled_queued_run_never_starts(workbench: Workbench) -> None:
    mark, never = workbench.root / "first-runs", workbench.root / "second-runs"
    workbench.write("queue.ipynb", SLEEP.format(mark=str(mark), ignore=""))
    first = workbench.submit("queue.ipynb")
    workbench.running_cell(first, mark)
    workbench.write("queue.ipynb", f"open({str(never)!r}, 'w')")
    second = workbench.submit("queue.ipynb")
    assert workbench.jobs.cancel_run(second.id).state == "cancelled"
    workbench.jobs.cancel_run(first.id)
    workbench.ended(first)
    assert workbench.run("queue.ipynb", name="another job").state == "succeeded" and never.exists()
    second = workbench.jobs.get_run(second.id)
    assert (second.state, second.started_at, second.output_path) == ("cancelled", None, None)


def test_an_output_folder_that_cannot_be_made_is_a_reason_not_a_traceback(workbench: Workbench) -> None:
    root = workbench.root / "elsewhere"
    root.mkdir()
    (root / "mlops-runs").write_text("a file in the way")
    shutil.copy(workbench.write("plain.ipynb", "1"), root)
    from jupyter_mlops.jobs.service import JobService
    from jupyter_mlops.jobs.spec import RunRequest

    jobs = JobService(workbench.store, workbench.settings, root)
    run = jobs.submit(RunRequest("plain.ipynb"))
    run = wait_until(lambda: (now := jobs.get_run(run.id)).ended_at and now, 30, "the run ends")
    assert run.state == "failed" and run.message is not None and "mlops-runs" in run.message


@pytest.mark.slow
def test_a_model_that_the_notebook_logged_is_registered_as_the_job_asks(workbench: Workbench) -> None:
    folder = workbench.root / "example"
    folder.mkdir()
    shutil.copy(EXAMPLE, folder)

    run = workbench.run("example/train.ipynb", register_model="breast-cancer", parameters={"model": "logreg"})

    assert run.state == "succeeded", run.message
    assert run.metrics["accuracy"] == pytest.approx(0.979, abs=0.005)
    version = versions(workbench, "breast-cancer")[0]
    assert version["version"] == run.model_version == "1"
    assert (version["run_id"], version["notebook"]) == (run.id, "example/train.ipynb")
    assert version["snapshot_sha"] == run.snapshot_sha
    assert version["metrics"]["accuracy"] == run.metrics["accuracy"]


def test_a_run_that_was_to_give_a_model_and_logged_none_fails_and_says_what_to_do(
    workbench: Workbench,
) -> None:
    workbench.write("modelless.ipynb", "1")
    run = workbench.run("modelless.ipynb", register_model="nothing")
    assert (run.state, run.reason, run.model_version) == ("failed", "no_model_logged", None)
    assert run.message is not None and "log_model" in run.message
    assert versions(workbench, "nothing") == []


def test_a_notebook_may_choose_an_experiment_of_its_own(workbench: Workbench) -> None:
    log = "with mlflow.start_run():\n    mlflow.log_metric('m', 4.5)"
    workbench.write("experiment.ipynb", f"import mlflow\nmlflow.set_experiment('mine')\n{log}")
    run = workbench.run("experiment.ipynb")
    assert run.state == "succeeded", run.message
    assert run.metrics == {"m": 4.5}


def test_what_the_notebook_logs_without_more_ado_is_in_the_runs_own_mlflow_run(workbench: Workbench) -> None:
    workbench.write(
        "logs.ipynb", "import mlflow\nmlflow.log_metric('m', 1.5); mlflow.log_metric('bad', float('nan'))"
    )
    run = workbench.run("logs.ipynb")
    assert run.metrics == {"m": 1.5}
    client = mlflow_client(workbench)
    logged = client.get_run(run.mlflow_run_id)
    assert logged.info.status == "FINISHED" and logged.info.experiment_id == run.mlflow_experiment_id
    assert logged.data.tags["mlops.run_id"] == run.id
    assert {file.path for file in client.list_artifacts(run.mlflow_run_id)} == {"mlops", "notebook"}


def test_a_failed_run_closes_its_mlflow_run_as_failed(workbench: Workbench) -> None:
    workbench.write("fails.ipynb", "1 / 0")
    run = workbench.run("fails.ipynb")
    logged = mlflow_client(workbench).get_run(run.mlflow_run_id)
    assert (logged.info.status, logged.data.tags["mlops.reason"]) == ("FAILED", "error")


def test_a_tracking_server_that_is_not_waited_for_is_its_runs_reason(
    tmp_path: Path, mlflow_template: Path
) -> None:
    """It answered when the run was submitted, and does not any more; by its policy the run does not wait."""
    dead = "http://127.0.0.1:9"
    with make_workbench(tmp_path, notebook_writer, mlflow_template, tracking_uri=dead) as bench:
        content = bench.write("a.ipynb", "1").read_bytes()
        job = add_job(bench.store, root=str(bench.root), notebook="a.ipynb")
        sha = SnapshotStore(bench.settings.snapshots).keep(content)
        run = queue_run(bench.store, job, snapshot_sha=sha, policies={"tracking_wait_s": 0})
        bench.start_worker()
        run = bench.ended(run)
    assert (run.state, run.reason) == ("failed", "tracking_unavailable")
    assert run.message is not None and dead in run.message and "MLFLOW_TRACKING_URI" in run.message


def test_nothing_is_stored_of_a_request_that_is_refused(workbench: Workbench) -> None:
    workbench.write("refused.ipynb", "1", parameters="C: float = 1.0")
    with pytest.raises(MlopsError):
        workbench.submit("refused.ipynb", name="refused", parameters={"D": 1})
    with workbench.store.reading() as session:
        assert session.query(Run).filter(Run.notebook == "refused.ipynb").count() == 0


def mlflow_client(workbench: Workbench) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(workbench.settings.tracking_uri, workbench.settings.tracking_uri)


def versions(workbench: Workbench, model: str) -> list[dict[str, Any]]:
    from jupyter_mlops.tracking.registry import list_models

    found = {known["name"]: known["versions"] for known in list_models(mlflow_client(workbench))}
    return list(found.get(model, []))


def test_the_executed_notebook_is_valid(workbench: Workbench) -> None:
    workbench.write("valid.ipynb", "1", parameters="C = 1")
    run = workbench.run("valid.ipynb", parameters={"C": 3})
    nbformat.validate(workbench.executed(run))
