"""Time limits end what takes too long, whatever it does meanwhile; a cancel does so within 5 s."""

from __future__ import annotations

import time

import pytest
from waiting import wait_until
from workbench import Workbench

from jupyter_mlops.runs.states import Reason
from jupyter_mlops.store.tables import Run

SLEEP = "print('before', flush=True)\nimport time\ntime.sleep(90)"
SWALLOW = """
import time
for _ in range(90):
    try:
        time.sleep(1)
    except KeyboardInterrupt:
        pass
"""
HOLD_THE_GIL = "open({mark!r}, 'w').close()\nimport ctypes\nctypes.PyDLL(None).sleep(90)"
LEFT = {"worker_main", "runner"}


def statuses(drill_bench: Workbench, run: Run) -> list[str]:
    """What the executed notebook says of each cell."""
    cells = drill_bench.executed(run).cells
    return [cell.metadata.get("mlops", {}).get("status", cell.metadata.papermill.status) for cell in cells]


@pytest.mark.parametrize(
    ("name", "policies", "said"),
    [
        ("cell.ipynb", {"cell_timeout_s": 1.5}, "Cell 2 took longer than 1.5 s."),
        ("whole.ipynb", {"timeout_s": 8.0}, "it was in cell 2."),
    ],
    ids=["a cell", "the whole"],
)
def test_a_cell_or_a_run_that_takes_too_long_is_ended_and_named(
    drill_bench: Workbench, name: str, policies: dict[str, float], said: str
) -> None:
    drill_bench.write(
        name, "1", SLEEP, "2"
    )  # each a job of its own: a job keeps the policies that it began with
    run = drill_bench.run(name, policies=policies)
    assert (run.state, run.reason) == ("timed_out", Reason.TIMEOUT)
    assert run.message is not None and said in run.message.replace("[2]", "2")
    assert run.failed_cell is not None and run.failed_cell["cell_id"] == "cell-1"
    assert statuses(drill_bench, run) == ["completed", "timed-out", "not-run"]
    executed = drill_bench.executed(run)
    assert executed.cells[1].outputs[0].text == "before\n", "what was done so far is kept"
    assert executed.metadata.mlops.status == "timed-out" and executed.metadata.papermill.exception


def test_a_cell_that_swallows_its_interrupt_is_killed_and_still_timed_out(drill_bench: Workbench) -> None:
    drill_bench.write("swallows.ipynb", SWALLOW)
    run = drill_bench.run("swallows.ipynb", policies={"cell_timeout_s": 1})
    assert run.state == "timed_out", run.message
    wait_until(lambda: set(drill_bench.modules()) <= LEFT, 5, "the kernel is gone")


def test_a_run_that_timed_out_is_tried_again_by_its_policy(drill_bench: Workbench) -> None:
    flag = drill_bench.root / "second-time"
    drill_bench.write(
        "again.ipynb",
        f"import os, time\nfirst = not os.path.exists({str(flag)!r})\nopen({str(flag)!r}, 'w').close()\n"
        "time.sleep(90 if first else 0)",
    )
    policies = {"cell_timeout_s": 3, "max_attempts": 2, "retry_delay_s": 0}
    run = drill_bench.run("again.ipynb", policies=policies)
    assert run.state == "succeeded", run.message
    attempts = drill_bench.jobs.list_attempts(run.id)
    assert [(one.number, one.state, one.reason) for one in attempts] == [
        (1, "timed_out", "timeout"),
        (2, "succeeded", None),
    ]
    assert run.output_path is not None and "attempt-2" in run.output_path


def test_a_limit_is_no_hindrance_to_what_keeps_it(drill_bench: Workbench) -> None:
    drill_bench.write("quick.ipynb", "import time; time.sleep(0.6)", "time.sleep(0.6)", "1")
    run = drill_bench.run("quick.ipynb", policies={"cell_timeout_s": 60, "timeout_s": 120})
    assert run.state == "succeeded", run.message


def test_a_cancelled_kernel_that_holds_the_gil_in_c_code_is_gone_within_5_s(drill_bench: Workbench) -> None:
    mark = drill_bench.root / "holds"
    drill_bench.write("gil.ipynb", "1", HOLD_THE_GIL.format(mark=str(mark)), "2")
    run = drill_bench.running_cell(drill_bench.submit("gil.ipynb"), mark)
    asked_at = time.monotonic()
    drill_bench.jobs.cancel_run(run.id)
    wait_until(lambda: set(drill_bench.modules()) <= LEFT, 5, "the kernel is gone")
    assert time.monotonic() - asked_at <= 5.2
    run = drill_bench.ended(run, within_s=10)
    assert run.state == "cancelled"
    assert statuses(drill_bench, run) == ["completed", "cancelled", "not-run"]


def test_what_a_notebook_started_and_let_go_of_ends_with_its_run(drill_bench: Workbench) -> None:
    start = "import subprocess; subprocess.Popen(['sleep', '987'], start_new_session=True)"
    double = "import os\nif os.fork() == 0:\n    os.setsid()\n    os.execvp('sleep', ['sleep', '986'])"
    drill_bench.write("leaves.ipynb", start, double, "print('done')")
    run = drill_bench.run("leaves.ipynb")
    assert run.state == "succeeded", run.message
    wait_until(lambda: set(drill_bench.modules()) <= LEFT, 5, "what it started is gone")
