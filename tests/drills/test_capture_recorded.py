"""Python kernels with our recorder: the server fills what the kernel cannot tell, and doubles nothing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from jupyter_process import LOAD, Answer, JupyterProcess, Notebook, jupyter_process
from waiting import wait_until

from jupyter_mlops.store.tables import CellExecution

DIES_WITHIN_S = 2.0
ENDLESS = "import time\nprint('go', flush=True)\nwhile True: time.sleep(0.1)"
FAILS_LATE = "import time; time.sleep(1); 1 / 0"  # what is sent after it is queued by then
CELLS = {
    "print": "print('ü' * 3)",
    "show": "from IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'))\n6 * 7",
    "stderr": "import sys; print('no', file=sys.stderr)",
    "update": "h = display('a', display_id='it'); h.update('b')",
    "error": "1 / 0",
    "syntax": "a b",
    "shell": "!echo from a shell",
    "bash": "%%bash\necho from bash",
    "magic": "%%capture\n%time x = 1",
    "capture": "%%capture kept\nprint('kept')",
    "await": "import asyncio; await asyncio.sleep(0.01); print('awaited')",
    "exit": "raise SystemExit(1)",
}


@pytest.fixture
def notebook(server: JupyterProcess, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """A notebook of a Python kernel that does not record yet."""
    opened = server.open(f"{request.node.name}.ipynb")
    yield opened
    opened.close()


def facts(row: CellExecution) -> dict[str, Any]:
    """What the recorder and the listener both know of an execution."""
    names = ("cell_id", "cell_key", "key_kind", "source_sha", "status", "error_name", "error_message")
    sizes = ("execution_count", "stdout_bytes", "stderr_bytes", "outputs")
    return {name: getattr(row, name) for name in (*names, *sizes)}


def shown(answer: Answer) -> tuple[Any, ...]:
    """What the user sees of a cell."""
    reply = {name: told for name, told in (answer.reply or {}).items() if name != "engine_info"}
    return answer.printed, answer.outputs, reply


def test_recorder_and_listener_tell_the_same_of_the_same_cells(
    server: JupyterProcess, notebook: Notebook
) -> None:
    heard = server.open("heard.ipynb")
    assert heard.record()["by"] == "listener"
    told, tab = notebook.open_tab(), heard.open_tab()
    told.run(LOAD, silent=True)
    answers = {cell: (told.run(code, cell), tab.run(code, cell)) for cell, code in CELLS.items()}
    for cell, (recorded, listened) in answers.items():
        status = "error" if recorded.reply and recorded.reply["status"] == "error" else "ok"
        one, other = notebook.row(recorded.msg_id, status), heard.row(listened.msg_id, status)
        assert (one.recorded_by, other.recorded_by) == ("recorder", "listener")
        if cell != "update":
            assert one.outputs == [
                {**fact, **output} for fact, output in zip(one.outputs, other.outputs, strict=True)
            ]
        assert {**facts(one), "outputs": 0} == {**facts(other), "outputs": 0}
    heard.close()


def test_a_cell_shows_the_same_with_and_without_us(
    server: JupyterProcess, notebook: Notebook, tmp_path: Path, bash_kernels: str
) -> None:
    notebook.record()
    with jupyter_process(tmp_path, is_extended=False, JUPYTER_PATH=bash_kernels) as without:
        plain = without.open("plain.ipynb").open_tab()
        ours = notebook.open_tab()
        ours.run(LOAD, silent=True)
        for cell, text in CELLS.items():
            assert shown(ours.run(text, cell)) == shown(plain.run(text, cell)), cell


def test_a_killed_kernel_closes_its_recorded_cell_at_once(notebook: Notebook) -> None:
    tab = notebook.open_tab()
    tab.run(LOAD, "load")
    running = tab.send(ENDLESS, "runs")
    tab.wait_for_print(running)
    notebook.row(running, "running")
    killed_at = datetime.now(timezone.utc)
    notebook.kernel_process().send_signal(signal.SIGKILL)
    row = notebook.row(running, "kernel_died")
    wait_until(lambda: notebook.row(running).facts.get("closed_by") == "listener", 20, "the listener's word")
    row = notebook.row(running)
    assert row.ended_at is not None
    assert abs((row.ended_at - killed_at).total_seconds()) < DIES_WITHIN_S
    assert row.duration_s is not None
    assert notebook.summary() == [("load", "ok", "recorder"), ("runs", "kernel_died", "recorder")]


def test_a_recorded_cell_whose_kernel_is_restarted_ends(notebook: Notebook) -> None:
    tab = notebook.open_tab()
    tab.run(LOAD, "load")
    running = tab.send(ENDLESS, "runs")
    tab.wait_for_print(running)
    notebook.do("restart")
    wait_until(
        lambda: notebook.row(running).status in {"interrupted", "kernel_died"}, 20, "the cell is closed"
    )
    tab = notebook.open_tab()
    tab.run(LOAD, "again")
    assert notebook.row(tab.run("1", "after").msg_id, "ok").recorded_by == "recorder"
    assert len(notebook.rows()) == 4


def test_cells_that_an_error_kept_from_running_are_told_by_the_listener(notebook: Notebook) -> None:
    tab = notebook.open_tab()
    asked = [tab.send(code, cell) for cell, code in (("load", LOAD), ("fails", FAILS_LATE), ("waits", "2"))]
    for msg_id in asked:
        tab.answer(msg_id)
    row = notebook.row(asked[2], "aborted")
    failed = notebook.row(asked[1], "error")
    assert (row.recorded_by, row.seq, row.session_id) == ("listener", 0, failed.session_id)
    tab.run("%unload_ext jupyter_mlops", "unload")
    unrecorded = [tab.send(code, cell) for cell, code in (("off", FAILS_LATE), ("unseen", "2"))]
    for msg_id in unrecorded:
        tab.answer(msg_id)
    tab.run(LOAD, "on")
    notebook.row(tab.run("3", "last").msg_id, "ok")
    assert {row.cell_id for row in notebook.rows()} == {"load", "fails", "waits", "unload", "on", "last"}


def test_recorded_by_both_is_recorded_once(notebook: Notebook) -> None:
    notebook.record()
    tab = notebook.open_tab()
    answers = [tab.run(LOAD, "load"), *(tab.run(f"print({number})", str(number)) for number in range(5))]
    wait_until(
        lambda: {row.recorded_by for row in notebook.rows()} == {"recorder"}, 20, "the recorder's word wins"
    )
    for answer in answers:
        notebook.row(answer.msg_id, "ok")
    assert len(notebook.rows()) == len(answers)
    assert notebook.recording()["by"] == "both"


def test_what_a_thread_prints_after_its_cell_is_told(notebook: Notebook, tmp_path: Path) -> None:
    go = tmp_path / "go"
    tab = notebook.open_tab()
    tab.run(LOAD)
    cell = (
        "import threading, pathlib, time\n"
        f"def late():\n    while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.02)\n"
        "    print('late!', flush=True)\n"
        "threading.Thread(target=late).start(); print('early')"
    )
    answer = tab.run(cell, "c")
    assert notebook.row(answer.msg_id, "ok").stdout_bytes == len("early\n")
    go.touch()
    wait_until(lambda: "late" in notebook.row(answer.msg_id).facts, 20, "the late output")
    row = notebook.row(answer.msg_id)
    assert row.facts["late"] == {"stdout_bytes": len("late!\n"), "stderr_bytes": 0}
    assert row.stdout_bytes == len("early\n")


def test_ten_megabytes_of_prints_are_counted_to_the_byte(notebook: Notebook) -> None:
    notebook.record()
    answer = notebook.open_tab().run("for _ in range(100_000): print('x' * 99)", "c")
    row = notebook.row(answer.msg_id, "ok")
    assert (row.recorded_by, row.stdout_bytes) == ("listener", 10_000_000)


def test_a_server_that_is_killed_leaves_a_record_that_the_next_one_closes(own_server: JupyterProcess) -> None:
    recorded, heard = own_server.open("recorded.ipynb"), own_server.open("heard.ipynb", "bash")
    heard.record()
    told, tab = recorded.open_tab(), heard.open_tab()
    told.run(LOAD, "load")
    running = [told.send(ENDLESS, "c"), tab.send("echo go; while true; do sleep 0.1; done", "d")]
    told.wait_for_print(running[0])
    tab.wait_for_print(running[1])
    recorded.row(running[0], "running")
    heard.row(running[1], "running")
    kernels = [recorded.kernel_process(), heard.kernel_process()]
    own_server.kill()
    wait_until(lambda: not any(kernel.is_running() for kernel in kernels), 20, "the kernels end with it")
    own_server.start_again()
    for notebook, msg_id in ((recorded, running[0]), (heard, running[1])):
        row = notebook.row(msg_id, "kernel_died")
        assert row.ended_at is not None
        assert row.ended_at >= row.started_at
        assert all(session.ended_at is not None for session in own_server.sessions(notebook.kernel_id))
