"""A runner killed while it writes the executed notebook: there is the previous one, whole."""

from __future__ import annotations

import signal
from pathlib import Path

import nbformat
import psutil
import pytest
from waiting import wait_until
from workbench import RUN_WITHIN_S, Workbench

LOUD = "print('x' * 99 + '\\n', end='')\n" * 20
WRITES = "for _ in range(1000):\n    " + LOUD.replace("\n", "\n    ").rstrip()
CELLS = 40


def stopped_mid_write(bench: Workbench, folder: Path) -> psutil.Process | None:
    """The runner, stopped while the file that is to become the notebook is not in its place yet."""
    for runner in bench.modules().get("runner", []) if writes(folder) else ():
        runner.send_signal(signal.SIGSTOP)
        wait_until(lambda: runner.status() == psutil.STATUS_STOPPED, 10, "the runner stops")  # noqa: B023
        if writes(folder):
            return runner
        runner.send_signal(signal.SIGCONT)
    return None


def writes(folder: Path) -> list[Path]:
    return list(folder.glob(".*.ipynb"))


@pytest.mark.slow
def test_a_runner_killed_while_it_writes_the_notebook_leaves_the_previous_one_whole(
    drill_bench: Workbench,
) -> None:
    bench = drill_bench
    bench.write("loud.ipynb", *["first = 1\nfirst"], *[WRITES] * CELLS)
    run = bench.submit("loud.ipynb")
    at = wait_until(lambda: bench.jobs.get_run(run.id).output_path, RUN_WITHIN_S, "it has an output")
    written = Path(str(at))

    def first_has_ended() -> bool:
        return written.exists() and nbformat.read(written, as_version=4).cells[0].get("outputs") != []

    wait_until(first_has_ended, RUN_WITHIN_S, "the notebook shows its first cell")
    runner = wait_until(
        lambda: stopped_mid_write(bench, written.parent), RUN_WITHIN_S, "the runner is caught as it writes"
    )
    whole = nbformat.read(written, as_version=4)
    nbformat.validate(whole)
    assert len(whole.cells) == CELLS + 1
    runner.kill()

    ended = bench.ended(run)
    assert (ended.state, ended.reason) == ("lost", "worker_lost"), ended.message
    closed = bench.executed(ended)
    nbformat.validate(closed)
    assert [cell.source for cell in closed.cells] == [cell.source for cell in whole.cells]
    assert closed.cells[0].outputs == whole.cells[0].outputs != []
    assert closed.metadata.mlops.status == "killed"
    assert "running" not in {cell.metadata.papermill.status for cell in closed.cells}
    assert writes(written.parent) == [], "what it was writing aside is gone"
