"""`%mlops` in a real kernel, on a real worker."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from notebook_kernel import NotebookKernel
from sqlalchemy import func, select
from workbench import Workbench

from jupyter_mlops.magics.arguments import SUBCOMMANDS
from jupyter_mlops.store.paging import PageRequest
from jupyter_mlops.store.tables import Run

NOTEBOOK = "my <b>notebook.ipynb"
TOO_MANY = ",".join(map(str, range(101)))
HEAVY = ["sqlalchemy", "mlflow", "nbformat", "pydantic", "click", "rich", "jsonschema", "yaml", "papermill"]
LOG_A_MODEL = """
import mlflow
from sklearn.linear_model import LogisticRegression
with mlflow.start_run() as run:
    mlflow.sklearn.log_model(
        LogisticRegression().fit([[0.0], [1.0]], [0, 1]), name="model", pip_requirements=["scikit-learn"]
    )
"""


@pytest.fixture(scope="module")
def kernel(workbench: Workbench) -> Iterator[NotebookKernel]:
    workbench.write(NOTEBOOK, "print(x)", parameters="x: float = 1.0\nname: str = 'a'")
    kernel = NotebookKernel(workbench, NOTEBOOK)
    yield kernel
    kernel.close()


def test_loading_brings_in_nothing_heavy(kernel: NotebookKernel) -> None:
    found = kernel.run(f"import sys, json; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))")
    assert json.loads(found.streams) == []


def test_alone_it_shows_its_help(kernel: NotebookKernel) -> None:
    answer = kernel.run("%mlops")
    for name in SUBCOMMANDS:
        assert name == "help" or f"%mlops {name}" in answer.text
        assert name == "help" or f"%mlops {name}" in answer.html


def test_params_lists_the_parameters_and_shows_a_form_that_runs_the_notebook(kernel: NotebookKernel) -> None:
    listed = kernel.run("%mlops params --list")
    assert "1.0" in listed.text
    assert "<code>name</code>" in listed.html
    (form,) = kernel.run("%mlops params --register good").shown
    assert "application/vnd.jupyter.widget-view+json" in form["data"]


def test_status_tells_what_is_recorded_and_where_and_escapes_what_it_shows(
    kernel: NotebookKernel, workbench: Workbench
) -> None:
    answer = kernel.run("%mlops status")
    assert NOTEBOOK in answer.text
    assert "cell executions of this kernel" in answer.text
    assert str(workbench.settings.journals) in answer.text
    assert workbench.settings.tracking_uri in answer.text
    assert workbench.store.address in answer.text
    assert "my &lt;b&gt;notebook.ipynb" in answer.html
    assert NOTEBOOK not in answer.html


def test_run_is_followed_in_place_and_shows_nothing_in_later_cells(
    kernel: NotebookKernel, workbench: Workbench
) -> None:
    started = kernel.run("%mlops run -p x -1e-3 --name follow")
    assert "queued" in started.text
    [shown] = started.shown
    later = kernel.run("1 + 1\n'quiet';")
    assert (later.shown, later.streams) == ([], "")
    end = kernel.wait_for_update("succeeded")
    assert end["content"]["transient"] == shown["transient"]
    assert end["parent_header"]["msg_id"] == started.msg_id
    assert 'href="mlops-runs/follow/' in end["content"]["data"]["text/html"]
    assert "x=-0.001" in end["content"]["data"]["text/plain"]
    followers = "[t for t in threading.enumerate() if t.name.startswith('mlops-run')]"
    left = kernel.run(f"import threading\n[t.join() for t in {followers}]\nprint({followers})")
    assert left.streams == "[]\n"
    assert "succeeded" in kernel.run("%mlops runs").text


@pytest.mark.slow
def test_a_matrix_is_followed_in_one_table_with_its_policies(
    kernel: NotebookKernel, workbench: Workbench
) -> None:
    kernel.updates.clear()
    answer = kernel.run("%mlops run --name grid --matrix x=0.5,2 -p name b --retries 1 --wait")
    assert answer.error is None and len(answer.shown) == 1
    last = kernel.updates[-1]["content"]["data"]["text/plain"]
    assert "2 of 2 runs have ended" in last
    assert "x=0.5" in last and "x=2" in last and last.count("succeeded") == 2
    runs = workbench.jobs.list_runs(PageRequest(), search="grid").items
    assert {run.parameters["x"] for run in runs} == {0.5, 2.0}
    assert {run.policies["max_attempts"] for run in runs} == {2}
    assert len({run.batch_id for run in runs}) == 1


def test_run_with_wait_answers_when_the_run_has_ended(kernel: NotebookKernel, workbench: Workbench) -> None:
    workbench.write("bad.ipynb", "raise ValueError('<script>')")
    kernel.updates.clear()
    answer = kernel.run("%mlops run --notebook bad.ipynb --wait")
    assert answer.status == "ok"
    last = kernel.updates[-1]["content"]["data"]
    assert "failed (error)" in last["text/plain"]
    assert "<script>" in last["text/plain"]
    assert "<script>" not in last["text/html"]


@pytest.mark.parametrize(
    ("line", "name", "message", "hint"),
    [
        ("rum", "BadInputError", "no subcommand 'rum'", "Did you mean %mlops run?"),
        ("run -p x high", "ParameterError", "x must be a float, got 'high'", ""),
        ("run -p y 1", "ParameterError", "no parameter y", "The notebook's parameters are x, name."),
        ("run -p x=high", "ParameterError", "x must be a float, got 'high'", ""),
        ("run -p x", "BadInputError", "'-p' requires 2 arguments", "Usage: %mlops run"),
        ("run --fast", "BadInputError", "--fast", "Usage: %mlops run"),
        ("run --retries 99", "BadInputError", "'max_attempts' is 100", "from 1 to 20"),
        ("run --preset big", "BadInputError", "no preset 'big'", "It has none"),
        ("run --matrix x 1,high", "ParameterError", "x must be a float, got 'high'", ""),
        (
            f"run --matrix x {TOO_MANY}",
            "BadInputError",
            "101 combinations",
            "Leave out",
        ),
        ("run --kernel fortran", "KernelError", "'fortran' is not installed", "Installed are"),
        ("register", "BadInputError", "required: name", "%mlops register"),
        ("register a/b", "BadInputError", "'a/b' cannot be", "without `/`"),
        ("run --name 'a", "BadInputError", "No closing quotation", "quotation marks"),
        ("schedule", "ScheduleError", "not said when to run", "Give one of cron, every"),
        ("schedule --cron '61 * * * *'", "ScheduleError", "'61' is not valid", "It takes 0-59"),
        ("schedule --evry 5m", "BadInputError", "--evry", "Usage: %mlops schedule"),
        ("cancel", "BadInputError", "Missing argument", "Usage: %mlops cancel"),
        ("cancel zzz", "NotFoundError", "No run has an id that starts with 'zzz'", "runs --all-roots"),
        ("history --limit 0", "BadInputError", "limit must be from 1 to 200", ""),
    ],
)
def test_a_mistake_is_told_with_its_mend_and_without_a_traceback(
    kernel: NotebookKernel, workbench: Workbench, line: str, name: str, message: str, hint: str
) -> None:
    before = count_runs(workbench)
    answer = kernel.run(f"%mlops {line}")
    assert answer.status == "error"
    assert answer.error is not None
    assert answer.error["ename"] == name
    shown = "\n".join(answer.error["traceback"])
    assert message in shown
    assert hint in shown
    assert len(answer.error["traceback"]) <= 2
    assert "File " not in shown
    assert count_runs(workbench) == before


def test_off_and_on_switch_the_recording(kernel: NotebookKernel) -> None:
    kernel.run("%mlops off")
    kernel.run("'while it is off'")
    assert "Recording  off" in " ".join(kernel.run("%mlops status").text.split(" ")).replace("   ", "  ")
    kernel.run("%mlops on")
    kernel.run("'while it is on'")
    history = kernel.run("%mlops history").text
    assert "while it is on" in history
    assert "while it is off" not in history


def test_tab_completes_subcommands_options_and_parameters(kernel: NotebookKernel) -> None:
    assert set(kernel.complete("%mlops r")) == {
        *("run", "register", "runs", "run-job", "rerun", "resume", "resume-run")
    }
    assert {"--cron", "--on-model", "-p"} <= set(kernel.complete("%mlops schedule -"))
    assert set(kernel.complete("%mlops schedule -p ")) == {"x", "name"}
    assert {"-p", "--name", "--register", "--kernel", "--wait"} <= set(kernel.complete("%mlops run -"))
    assert {"--matrix", "--preset", "--retries", "--alias"} <= set(kernel.complete("%mlops run -"))
    assert set(kernel.complete("%mlops run -p ")) == {"x", "name"}
    assert set(kernel.complete("%mlops run --matrix ")) == {"x", "name"}
    assert kernel.complete("%mlops_") == ["%%mlops_skip"]
    assert kernel.complete("%%mlops tr") == ["track"]
    assert set(kernel.complete("%mlops stop --status F")) == {"FINISHED", "FAILED"}
    assert set(kernel.complete("%mlops config fr")) == {"frames=shape", "frames=hash", "frames=off"}


def test_register_says_what_to_do_and_then_does_it(kernel: NotebookKernel) -> None:
    none = kernel.run("%mlops register iris")
    assert none.error is not None
    assert none.error["ename"] == "NoModelLoggedError"
    assert "mlflow.sklearn.log_model" in "\n".join(none.error["traceback"])
    assert kernel.run(LOG_A_MODEL).status == "ok"
    made = kernel.run("%mlops register iris")
    assert made.error is None
    assert "Registered iris, version 1" in made.text
    tags = kernel.run("print(mlflow.MlflowClient().get_model_version('iris', '1').tags['mlops.notebook'])")
    assert tags.streams == f"{NOTEBOOK}\n"
    again = kernel.run("%mlops register iris --run {run.info.run_id}")
    assert "Registered iris, version 2" in again.text


@pytest.mark.slow
def test_what_the_command_line_can_do_a_cell_can_for_its_notebook(
    kernel: NotebookKernel, workbench: Workbench
) -> None:
    made = kernel.run("%mlops schedule --every 7d -p x 0.5 --name weekly --retries 1")
    assert made.error is None and "Every 7 days" in made.streams
    job = workbench.jobs.list_jobs(PageRequest(), search="weekly").items[0]
    assert (job.notebook, job.root, job.parameters) == (NOTEBOOK, str(workbench.root), {"x": 0.5})
    assert "weekly" in kernel.run("%mlops jobs --search week").streams
    assert "is paused" in kernel.run("%mlops pause weekly").streams
    changed = kernel.run("%mlops change weekly -p x 2.5 --preset high")
    assert changed.error is None and "high: x=2.5" in changed.streams

    ended = kernel.run("%mlops run-job weekly --preset high")
    assert ended.error is None and "x=2.5" in ended.streams and "succeeded" in ended.streams
    run = workbench.jobs.list_runs(PageRequest(), job_id=job.id).items[0]
    assert f"{run.id} is succeeded" in kernel.run(f"%mlops cancel {run.id[:8]}").streams
    assert "is deleted" in kernel.run(f"%mlops delete-runs {run.id}").streams
    assert "Nothing was found" in kernel.run("%mlops check").streams
    assert "weekly:" in kernel.run("%mlops export").streams
    assert "is deleted" in kernel.run("%mlops delete weekly").streams


def test_a_notebook_that_runs_as_a_job_starts_no_other(workbench: Workbench) -> None:
    kernel = NotebookKernel(workbench, NOTEBOOK, JUPYTER_MLOPS_RUN_ID="0123456789ab")
    try:
        before = count_runs(workbench)
        for line in ("run", "schedule --every 7d", "rerun 0123456789ab"):
            assert "starts no other" in kernel.run(f"%mlops {line}").text
        assert count_runs(workbench) == before
    finally:
        kernel.close()


def test_a_kernel_that_was_not_told_its_notebook_asks_for_it(workbench: Workbench) -> None:
    kernel = NotebookKernel(workbench, NOTEBOOK, JPY_SESSION_NAME="")
    try:
        answer = kernel.run("%mlops run")
        assert answer.error is not None
        assert "--notebook PATH" in "\n".join(answer.error["traceback"])
        assert "not told which notebook" in kernel.run("%mlops status").text
    finally:
        kernel.close()


def count_runs(workbench: Workbench) -> int:
    with workbench.store.reading() as session:
        return session.scalar(select(func.count()).select_from(Run)) or 0
