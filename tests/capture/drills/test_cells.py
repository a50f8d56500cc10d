"""Drills on cells: what people do in them that a recorder could get wrong, and the record expected."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from recorded_kernel import LOAD, Answer, RecordedKernel, StartKernel


def record(kernel: RecordedKernel, answer: Answer) -> dict[str, Any]:
    """Begin and end in one, of the only execution that answered the request."""
    begin, end = kernel.record(answer)
    return {**begin, **end}


def test_an_interrupted_await_is_recorded_as_interrupted(kernel: RecordedKernel) -> None:
    """Expected: `interrupted`, the bytes printed before; ipykernel ends such a cell late (its #881)."""
    msg_id = kernel.send("import asyncio\nprint('go', flush=True)\nawait asyncio.sleep(2)\nprint('late')")
    kernel.wait_until_running(msg_id)
    kernel.manager.interrupt_kernel()
    answer = kernel.answer(msg_id)
    seen = record(kernel, answer)
    assert seen["status"] == ("ok" if answer.reply["status"] == "ok" else "interrupted")
    assert seen["stdout_bytes"] == (8 if answer.reply["status"] == "ok" else 3)


@pytest.mark.parametrize(
    ("code", "outputs"),
    [
        ("%%bash\necho from bash", []),
        ("%%time\n1 + 1", ["text/plain"]),
        ("%%capture kept\nprint('x')\n'y'", []),
        ("!echo shell", []),
        ("%env HOME", ["text/plain"]),
    ],
)
def test_magics_are_one_execution_of_the_cell_as_written(
    kernel: RecordedKernel, code: str, outputs: list[str]
) -> None:
    """Expected: one record, `ok`, the source as typed, the bytes that the front end got."""
    answer = kernel.run(code)
    seen = record(kernel, answer)
    assert (seen["status"], seen["source"]) == ("ok", code)
    assert [output["mime"] for output in seen["outputs"]] == outputs
    assert seen["stdout_bytes"] == len(answer.streams["stdout"].encode())


def test_an_autoreload_session_sees_its_module_anew(start_kernel: StartKernel, tmp_path: Path) -> None:
    """Expected: each cell once, `ok`; the changed module's value is what the user sees."""
    kernel = start_kernel()
    kernel.run(LOAD)
    module = tmp_path / "helper_of_mine.py"
    module.write_text("VALUE = 1\n")
    kernel.run(f"%load_ext autoreload\n%autoreload 2\nimport sys; sys.path.insert(0, {str(tmp_path)!r})")
    first = kernel.run("import helper_of_mine; print(helper_of_mine.VALUE)")
    module.write_text("VALUE = 22\n")
    os.utime(module, (2e9, 2e9))
    second = kernel.run("print(helper_of_mine.VALUE)")
    assert (first.streams["stdout"], second.streams["stdout"]) == ("1\n", "22\n")
    assert [record(kernel, answer)["stdout_bytes"] for answer in (first, second)] == [2, 3]
    assert record(kernel, first)["files"][0]["path"] == str(module)


def test_display_updates_are_no_new_outputs(kernel: RecordedKernel) -> None:
    """Expected: one output, with the hash of what was first shown, however often it is updated."""
    code = (
        "from IPython.display import display\nh = display('first', display_id=True)\n"
        "for n in range(5): h.update(str(n))"
    )
    seen = record(kernel, kernel.run(code))
    assert [output["mime"] for output in seen["outputs"]] == ["text/plain"]
    assert "dropped" not in seen


def test_what_a_thread_prints_after_its_cell_is_no_ones(kernel: RecordedKernel) -> None:
    """Expected: 5 bytes for the cell, 2 for the next; the thread's late 6 for neither."""
    first = kernel.run(
        "import threading\n"
        "go, done = threading.Event(), threading.Event()\n"
        "def late(): go.wait(); print('later'); done.set()\n"
        "threading.Thread(target=late).start()\n"
        "print('soon')"
    )
    assert record(kernel, first)["stdout_bytes"] == 5
    kernel.run("go.set(); _ = done.wait()")
    second = kernel.run("print(1)")
    assert record(kernel, second)["stdout_bytes"] == 2


def test_a_forked_child_leaves_no_record_and_the_parent_goes_on(kernel: RecordedKernel) -> None:
    """Expected: the forking cell once, by the parent; nothing by the child, which runs a cell and exits."""
    code = (
        "import os\npid = os.fork()\nif not pid:\n    get_ipython().run_cell('child = 1'); os._exit(0)\n"
        "print(os.waitpid(pid, 0)[1])"
    )
    answer = kernel.run(code)
    seen = record(kernel, answer)
    assert (seen["status"], answer.streams["stdout"]) == ("ok", "0\n")
    assert seen["pid"] == kernel.pid
    assert not [line for line in kernel.lines() if line.get("source") == "child = 1"]


def test_a_clock_that_is_stepped_back_does_not_bend_durations(kernel: RecordedKernel) -> None:
    """Expected: a duration by the monotonic clock, though by the wall clock it ended before it began."""
    code = (
        "import time\ntrue = time.time_ns\ntime.time_ns = lambda: true() - 3_600_000_000_000\n"
        "time.sleep(0.01)"
    )
    seen = record(kernel, kernel.run(code))
    kernel.run("time.time_ns = true")
    assert seen["t1"] < seen["t0"]
    assert 0.01e9 <= seen["duration_ns"] < 60e9


def test_subshells_are_recorded_apart(kernel: RecordedKernel) -> None:
    """Expected: the main cell and the subshell's, run meanwhile, each with its own bytes and no parent."""
    if "kernel subshells" not in kernel.client.kernel_info(reply=True)["content"].get(
        "supported_features", []
    ):
        pytest.skip("this ipykernel has no subshells")
    session = kernel.client.session
    kernel.client.control_channel.send(session.msg("create_subshell_request", {}))
    subshell = kernel.client.get_control_msg(timeout=60)["content"]["subshell_id"]
    main = kernel.send(
        "import threading; met = threading.Event()\nprint('main', flush=True); _ = met.wait(60)\nprint('end')"
    )
    kernel.wait_until_running(main)
    content = {
        "code": "print('sub'); met.set()",
        "silent": False,
        "store_history": True,
        "stop_on_error": False,
    }
    message = session.msg("execute_request", content)
    message["header"]["subshell_id"] = subshell
    kernel.client.shell_channel.send(message)
    replies = {}
    while len(replies) < 2:
        reply = kernel.client.get_shell_msg(timeout=60)
        replies[reply["parent_header"].get("msg_id")] = reply["content"]
    by_request = {
        line["msg_id"]: line for line in kernel.lines() if line["ph"] == "B" and line["msg_id"] in replies
    }
    ends = {line["exec_id"]: line for line in kernel.lines() if line["ph"] == "E"}
    outer, inner = by_request[main], by_request[message["header"]["msg_id"]]
    assert (outer["parent_exec_id"], inner["parent_exec_id"]) == (None, None)
    assert outer["thread"] != inner["thread"]
    assert ends[inner["exec_id"]]["stdout_bytes"] == 4
    assert ends[outer["exec_id"]]["stdout_bytes"] == 9
    assert threading.active_count() < 100


def test_a_value_that_cannot_be_shown_fails_its_cell_as_the_kernel_says(kernel: RecordedKernel) -> None:
    """Expected: the status of the reply (older kernels call it ok), and the error that was shown."""
    answer = kernel.run("class Mute:\n    def _repr_html_(self): raise ValueError('mute')\nMute()")
    seen = record(kernel, answer)
    assert seen["status"] == answer.reply["status"]
    assert seen["error"] == (None if seen["status"] == "ok" else {"type": "ValueError", "message": "mute"})
    after = kernel.run("1")
    assert (record(kernel, after)["status"], after.reply["status"]) == ("ok", "ok")
