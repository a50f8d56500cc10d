"""Kernels that cannot record themselves: their cells are recorded all the same, whole and once."""

from __future__ import annotations

import shutil
import signal
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from jupyter_process import JupyterProcess, Notebook
from waiting import wait_until

from jupyter_mlops.capture.cell_identity import hash_source

DIES_WITHIN_S = 2.0
ENDLESS = "echo go; while true; do sleep 0.1; done"


@pytest.fixture
def bash(server: JupyterProcess, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """A recorded notebook of the bash kernel."""
    notebook = server.open(f"{request.node.name}.ipynb".replace("[", "-").replace("]", ""), "bash")
    assert notebook.record()["by"] == "listener"
    yield notebook
    notebook.close()


@pytest.mark.parametrize("protocol", ["v1.kernel.websocket.jupyter.org", None])
def test_a_bash_notebook_is_recorded_whole(
    server: JupyterProcess, bash: Notebook, protocol: str | None
) -> None:
    tab = bash.open_tab(protocol)
    fine = tab.run("echo ü", "one", tags=["slow"])
    failed = tab.run("no_such_command", "two")
    assert failed.reply is not None

    first, second = bash.row(fine.msg_id, "ok"), bash.row(failed.msg_id, "error")
    assert (first.cell_id, first.cell_key, first.key_kind, first.tags) == ("one", "one", "id", ["slow"])
    assert (first.stdout_bytes, first.stderr_bytes, first.outputs) == (3, 0, [])
    assert (first.execution_count, second.execution_count) == (1, 2)
    assert (first.seq, second.seq) == (1, 2)
    assert (first.root, first.notebook, first.recorded_by) == (str(server.root), bash.path, "listener")
    assert (server.source(first), first.source_sha) == ("echo ü", hash_source("echo ü"))
    assert (second.error_name, second.error_message) == ("Error", failed.reply["evalue"])
    for row in (first, second):
        assert row.ended_at is not None
        assert row.duration_s is not None
        assert abs((row.ended_at - row.started_at).total_seconds() - row.duration_s) < 0.1
    assert [session.facts["language"] for session in server.sessions(bash.kernel_id)] == ["bash"]
    page = server.call("GET", f"/jupyter-mlops/api/executions?notebook={bash.path}")
    assert [item["status"] for item in page["items"]] == ["error", "ok"]


def test_what_is_asked_silently_is_not_recorded(bash: Notebook) -> None:
    tab = bash.open_tab()
    tab.run("echo silent", "silent", silent=True)
    tab.run("   ", "blank")
    last = tab.run("echo heard", "heard")
    bash.row(last.msg_id, "ok")
    assert bash.summary() == [("heard", "ok", "listener")]


def test_cells_queued_behind_an_error_are_aborted(bash: Notebook) -> None:
    tab = bash.open_tab()
    asked = [tab.send(code, code) for code in ("sleep 0.5; false", "echo 1", "echo 2")]
    for msg_id in asked:
        tab.answer(msg_id)
    after = tab.run("echo 3")
    bash.row(asked[0], "error")
    never_ran = bash.row(asked[1], "aborted")
    assert (never_ran.seq, never_ran.duration_s, never_ran.execution_count) == (0, None, None)
    bash.row(asked[2], "aborted")
    assert bash.row(after.msg_id, "ok").seq == 2


def test_a_cell_ends_though_its_tab_was_closed(bash: Notebook, tmp_path: Path) -> None:
    go = tmp_path / "go"
    tab = bash.open_tab()
    running = tab.send(f"echo go; while [ ! -e {go} ]; do sleep 0.05; done; echo gone", "c")
    tab.wait_for_print(running)
    tab.close()
    bash.row(running, "running")
    go.touch()
    row = bash.row(running, "ok")
    assert row.stdout_bytes == len("go\ngone\n")


def test_two_tabs_on_one_notebook_make_one_row(bash: Notebook) -> None:
    one, other = bash.open_tab(), bash.open_tab()
    asked = [one.run("echo one", "a"), other.run("echo two", "b"), one.run("echo three", "c")]
    for answer in asked:
        bash.row(answer.msg_id, "ok")
    assert bash.summary() == [(cell, "ok", "listener") for cell in "abc"]
    assert [row.seq for row in bash.rows()] == [1, 2, 3]


def test_an_interrupted_cell_says_so(bash: Notebook) -> None:
    tab = bash.open_tab()
    running = tab.send(ENDLESS, "c")
    tab.wait_for_print(running)
    bash.do("interrupt")
    tab.answer(running)
    assert bash.row(running, "interrupted").ended_at is not None


def test_a_killed_kernel_closes_its_cell_at_once(bash: Notebook) -> None:
    tab = bash.open_tab()
    asked = [tab.send(ENDLESS, "runs"), tab.send("echo never", "waits")]
    tab.wait_for_print(asked[0])
    bash.row(asked[0], "running")
    killed_at = datetime.now(timezone.utc)
    bash.kernel_process().send_signal(signal.SIGKILL)
    row = bash.row(asked[0], "kernel_died")
    assert row.ended_at is not None
    assert abs((row.ended_at - killed_at).total_seconds()) < DIES_WITHIN_S
    assert row.facts["closed_by"] == "listener"
    assert bash.row(asked[1], "aborted").seq == 0


def test_a_restarted_kernel_begins_a_new_session(server: JupyterProcess, bash: Notebook) -> None:
    tab = bash.open_tab()
    running = tab.send(ENDLESS, "before")
    tab.wait_for_print(running)
    bash.row(running, "running")
    bash.do("restart")
    before = bash.row(running)
    wait_until(lambda: bash.row(running).status != "running", 20, "the cell is closed")
    # Jupyter interrupts before it restarts, and bash_kernel may answer "ok" to that: it is what it says.
    assert bash.row(running).status in {"interrupted", "kernel_died", "ok"}
    assert bash.row(running).ended_at is not None
    after = bash.row(bash.open_tab().run("echo again", "after").msg_id, "ok")
    assert after.session_id != before.session_id
    assert (after.seq, after.execution_count) == (1, 1)
    ended = {session.id: session.ended_at is not None for session in server.sessions(bash.kernel_id)}
    assert ended == {before.session_id: True, after.session_id: False}


def test_rows_follow_a_notebook_that_is_moved_while_it_runs(
    server: JupyterProcess, bash: Notebook, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    tab = bash.open_tab()
    before = tab.run("echo before", "a")
    running = tab.send(f"echo go; while [ ! -e {go} ]; do sleep 0.05; done", "b")
    tab.wait_for_print(running)
    (server.root / "moved").mkdir(exist_ok=True)
    bash.rename("moved/renamed.ipynb")
    go.touch()
    tab.answer(running)
    bash.row(running, "ok")
    places = lambda: {row.notebook for row in bash.rows()}  # noqa: E731
    wait_until(lambda: places() == {"moved/renamed.ipynb"}, 20, "all rows follow")
    assert bash.recording()["on"]
    later = tab.run("echo later", "c")
    assert bash.row(later.msg_id, "ok").notebook == bash.row(before.msg_id).notebook


def test_a_store_that_is_locked_for_three_seconds_loses_nothing(
    server: JupyterProcess, bash: Notebook
) -> None:
    path = server.settings.store_url.removeprefix("sqlite:///")
    tab = bash.open_tab()
    tab.run("echo before", "a")
    lock = sqlite3.connect(path, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    answers = [tab.run("echo during", "b"), tab.run("sleep 3", "c")]
    lock.execute("ROLLBACK")
    lock.close()
    for answer in answers:
        bash.row(answer.msg_id, "ok")
    assert [row.cell_id for row in bash.rows()] == ["a", "b", "c"]


def test_a_notebook_that_is_not_recorded_leaves_no_trace(server: JupyterProcess) -> None:
    notebook = server.open("private.ipynb", "bash")
    tab = notebook.open_tab()
    tab.run("echo private", "a")
    notebook.record()
    answer = tab.run("echo public", "b")
    notebook.row(answer.msg_id, "ok")
    assert notebook.record(on=False)["by"] == "none"
    tab.run("echo private again", "c")
    assert notebook.record()["on"]
    notebook.row(tab.run("echo public again", "d").msg_id, "ok")
    assert [row.cell_id for row in notebook.rows()] == ["b", "d"]


@pytest.mark.skipif(shutil.which("R") is None, reason="R is not installed")
def test_an_r_notebook_is_recorded_whole(server: JupyterProcess) -> None:
    if "ir" not in server.call("GET", "/api/kernelspecs")["kernelspecs"]:
        pytest.skip("IRkernel is not installed")
    notebook = server.open("r.ipynb", "ir")
    assert notebook.record()["reason"].startswith("The kernel runs R:")
    tab = notebook.open_tab()
    shown = tab.run("cat('hello\\n'); 6 * 7", "one")
    failed = tab.run("stop('no')", "two")
    row = notebook.row(shown.msg_id, "ok")
    assert (row.cell_id, row.execution_count, row.stdout_bytes) == ("one", 1, len("hello\n"))
    assert [output["mime"] for output in row.outputs] == ["text/html"]
    error = notebook.row(failed.msg_id, "error")
    assert "no" in (error.error_message or "")
