"""What people do around a cell that runs, in a kernel that records: nothing is lost, nothing doubled."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_process import LOAD, JupyterProcess, Notebook
from waiting import wait_until

WAITS = (
    "import pathlib, time\nprint('go', flush=True)\n"
    "while not pathlib.Path({go!r}).exists(): time.sleep(0.02)\nprint('gone')"
)
HOLD_LOCK = """
import sqlite3, sys
lock = sqlite3.connect(sys.argv[1], isolation_level=None)
lock.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def notebook(server: JupyterProcess, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """A notebook of a kernel that records."""
    opened = server.open(f"{request.node.name}.ipynb")
    opened.open_tab().run(LOAD, silent=True)
    yield opened
    opened.close()


def test_a_cell_ends_though_its_tab_was_closed(notebook: Notebook, tmp_path: Path) -> None:
    """Expected: one record, `ok`, with what was printed after nobody looked any more."""
    go = tmp_path / "go"
    tab = notebook.open_tab()
    running = tab.send(WAITS.format(go=str(go)), "c")
    tab.wait_for_print(running)
    tab.close()
    notebook.row(running, "running")
    go.touch()
    row = notebook.row(running, "ok")
    assert (row.stdout_bytes, row.recorded_by) == (len("go\ngone\n"), "recorder")
    assert notebook.summary() == [("c", "ok", "recorder")]


def test_two_tabs_on_one_notebook_make_one_row_each_cell(notebook: Notebook) -> None:
    """Expected: each cell once, in the order in which the kernel ran them, whichever tab asked."""
    one, other = notebook.open_tab(), notebook.open_tab()
    answers = [one.run("a = 1", "a"), other.run("b = a", "b"), one.run("print(b)", "c")]
    for answer in answers:
        notebook.row(answer.msg_id, "ok")
    assert notebook.summary() == [(cell, "ok", "recorder") for cell in "abc"]
    assert [row.seq for row in notebook.rows()] == [1, 2, 3]


def test_records_follow_a_notebook_that_is_moved_while_a_cell_runs(
    server: JupyterProcess, notebook: Notebook, tmp_path: Path
) -> None:
    """Expected: the cells before, during and after the move, all under the new name."""
    go = tmp_path / "go"
    tab = notebook.open_tab()
    tab.run("before = 1", "a")
    running = tab.send(WAITS.format(go=str(go)), "b")
    tab.wait_for_print(running)
    (server.root / "elsewhere").mkdir(exist_ok=True)
    notebook.rename("elsewhere/renamed.ipynb")
    go.touch()
    tab.answer(running)
    notebook.row(tab.run("after = 1", "c").msg_id, "ok")
    places = lambda: {row.notebook for row in notebook.rows()}  # noqa: E731
    wait_until(lambda: places() == {"elsewhere/renamed.ipynb"}, 20, "all rows follow")
    assert [row.cell_id for row in notebook.rows()] == ["a", "b", "c"]
    page = server.call("GET", f"/jupyter-mlops/api/executions?notebook={notebook.path}")
    assert [item["cell_id"] for item in page["items"]] == ["c", "b", "a"]


def test_a_store_that_another_process_locks_delays_records_and_no_cell(
    server: JupyterProcess, notebook: Notebook
) -> None:
    """Expected: cells answered while the store is locked; afterwards each recorded once, whole."""
    path = server.settings.store_url.removeprefix("sqlite:///")
    tab = notebook.open_tab()
    command = [sys.executable, "-c", HOLD_LOCK, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin is not None and holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        answers = [tab.run(f"print({number})", str(number)) for number in range(20)]
        tab.run("import time; time.sleep(3)", "long")  # the store stays locked for seconds
        assert [answer.printed["stdout"] for answer in answers] == [f"{number}\n" for number in range(20)]
        assert notebook.rows() == []
        holder.stdin.close()
    for answer in answers:
        notebook.row(answer.msg_id, "ok")
    assert [row.cell_id for row in notebook.rows()] == [*map(str, range(20)), "long"]
