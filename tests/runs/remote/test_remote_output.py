"""Real runs whose notebooks are kept elsewhere, too: what becomes of the copy; nothing hangs on it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from waiting import wait_until
from workbench import RUN_WITHIN_S, Workbench

from jupyter_mlops.capture.redaction import REDACTED
from jupyter_mlops.jobs.run_actions import RunActions
from jupyter_mlops.jobs.views import run_as_dict
from jupyter_mlops.runs.states import Reason
from jupyter_mlops.secrets.keeping import Secrets
from jupyter_mlops.store.tables import Run

VALUE = "Sw0rdf1sh-of-the-database"
WAIT = "print('before', flush=True)\nopen({mark!r}, 'w').close()\nimport time; time.sleep(600)"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where a share is mounted."""
    return tmp_path / "mnt" / "share"


@pytest.fixture
def deaf() -> Iterator[socket.socket]:
    """A host that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def remote(bench: Workbench, run: Run) -> dict[str, Any]:
    """What a run's facts say of its copy, once they say what became of it."""

    def told() -> dict[str, Any] | None:
        fact = run_as_dict(bench.jobs.get_run(run.id))["remote_output"]
        return fact if fact is not None and (fact["written_at"] or fact["problem"]) else None

    return wait_until(told, RUN_WITHIN_S, f"it is known what became of the copy of run {run.id}")


def elsewhere(folder: Path) -> dict[str, str]:
    return {"output_url": f"file://{folder}"}


def test_the_executed_notebook_is_kept_at_the_address_of_its_job_too(
    workbench: Workbench, kept: Path
) -> None:
    workbench.write("good.ipynb", "print('said')")
    run = workbench.run("good.ipynb", name="a job", policies=elsewhere(kept))

    fact = remote(workbench, run)
    assert run.state == "succeeded" and fact["written_at"] and fact["problem"] is None
    local = Path(run.output_path or "")
    copy = kept / "a-job" / local.parent.name / "good.ipynb"
    assert fact["address"] == f"file://{copy}"
    assert copy.read_bytes() == local.read_bytes()
    assert [path for path in kept.rglob("*") if path.is_file()] == [copy]
    assert nbformat.reads(copy.read_text(), as_version=4).cells[0].outputs[0].text == "said\n"

    RunActions(workbench.jobs).delete(run.id)
    assert not local.exists() and copy.exists(), "what deletes a run leaves its copy alone"


def test_a_run_of_a_job_without_an_address_says_nothing_of_a_copy(workbench: Workbench, kept: Path) -> None:
    workbench.write("both.ipynb", "1")
    first = workbench.run("both.ipynb", policies=elsewhere(kept))
    assert remote(workbench, first)["written_at"]
    run = workbench.run("both.ipynb", policies={"output_url": None})
    assert run.job_id == first.job_id and run_as_dict(run)["remote_output"] is None
    assert len(list(kept.rglob("*.ipynb"))) == 1


def test_a_failed_run_is_copied_as_far_as_it_came_without_its_secrets(
    workbench: Workbench, kept: Path
) -> None:
    Secrets(workbench.settings).keep("database", VALUE)
    workbench.write(
        "bad.ipynb", "import os; login = os.environ['LOGIN']; print(login)", "raise ValueError(login)"
    )
    run = workbench.run("bad.ipynb", environment={"LOGIN": "secret://database"}, policies=elsewhere(kept))

    assert (run.state, run.reason) == ("failed", Reason.ERROR)
    assert remote(workbench, run)["written_at"]
    (copy,) = kept.rglob("*.ipynb")
    text = copy.read_text()
    assert VALUE not in text and text.count(REDACTED) >= 2 and text == Path(run.output_path or "").read_text()


@pytest.mark.slow
def test_each_attempt_has_a_copy_of_its_own(workbench: Workbench, kept: Path) -> None:
    workbench.write("again.ipynb", "1 / 0")
    run = workbench.run("again.ipynb", policies={**elsewhere(kept), "max_attempts": 2, "retry_delay_s": 0})
    assert run.state == "failed" and remote(workbench, run)["address"].endswith("/attempt-2/again.ipynb")
    wait_until(lambda: len(list(kept.rglob("again.ipynb"))) == 2, 60, "both attempts are copied")


@pytest.mark.slow
@pytest.mark.parametrize(("source", "state"), [("1", "succeeded"), ("1 / 0", "failed")])
def test_a_place_that_cannot_be_written_to_changes_nothing_but_is_told(
    workbench: Workbench, tmp_path: Path, source: str, state: str
) -> None:
    (tmp_path / "file").write_text("not a folder")
    workbench.write("nowhere.ipynb", source)
    run = workbench.run("nowhere.ipynb", policies=elsewhere(tmp_path / "file" / "below"))
    fact = remote(workbench, run)
    assert run.state == state and Path(run.output_path or "").exists()
    assert fact["written_at"] is None and "Error" in fact["problem"]
    assert fact["address"] in (workbench.settings.logs / "runner.log").read_text()


@pytest.mark.slow
def test_a_host_that_does_not_answer_holds_a_run_for_seconds_and_is_told_later(
    workbench: Workbench, deaf: socket.socket
) -> None:
    port = deaf.getsockname()[1]
    workbench.write("deaf.ipynb", "1")
    policies = {"output_url": f"ftp://127.0.0.1:{port}/kept"}
    run = workbench.run("deaf.ipynb", policies=policies)
    fact = run_as_dict(run)["remote_output"]
    assert run.state == "succeeded"
    assert fact == {"address": fact["address"], "written_at": None, "problem": None}
    other = workbench.run("deaf.ipynb", policies={"output_url": None})
    assert other.state == "succeeded", "the slot is free though the copy is under way"
    deaf.close()
    fact = remote(workbench, run)
    assert fact["written_at"] is None and fact["problem"]
    assert workbench.jobs.get_run(run.id).state == "succeeded"


@pytest.mark.slow
def test_a_cancelled_run_is_copied_as_far_as_it_came_and_waits_for_nothing(
    workbench: Workbench, tmp_path: Path, kept: Path
) -> None:
    mark = tmp_path / "mark"
    workbench.write("long.ipynb", WAIT.format(mark=str(mark)), "2")
    run = workbench.submit("long.ipynb", policies=elsewhere(kept))
    workbench.running_cell(run, mark)
    workbench.jobs.cancel_run(run.id)
    run = workbench.ended(run)
    assert (run.state, run.reason) == ("cancelled", Reason.CANCELLED)
    assert remote(workbench, run)["written_at"]
    (copy,) = kept.rglob("*.ipynb")
    assert nbformat.reads(copy.read_text(), as_version=4).cells[0].outputs[0].text == "before\n"


@pytest.mark.slow
def test_what_a_killed_runner_left_is_copied_by_its_worker(
    own_workbench: Workbench, tmp_path: Path, kept: Path
) -> None:
    mark = tmp_path / "mark"
    own_workbench.write("long.ipynb", WAIT.format(mark=str(mark)), "2")
    run = own_workbench.submit("long.ipynb", policies=elsewhere(kept))
    own_workbench.running_cell(run, mark)
    for runner in own_workbench.modules()["runner"]:
        runner.kill()
    run = own_workbench.ended(run)
    assert (run.state, run.reason) == ("lost", Reason.WORKER_LOST)
    assert remote(own_workbench, run)["written_at"]
    (copy,) = kept.rglob("*.ipynb")
    assert copy.read_bytes() == Path(run.output_path or "").read_bytes()
    assert nbformat.reads(copy.read_text(), as_version=4).metadata["mlops"]["status"] == "killed"
