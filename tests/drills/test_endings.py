"""Every end is told as what it was: leaving by a code, dying, running out of memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from waiting import wait_until
from workbench import BE_A_WORKER, Workbench

from jupyter_mlops.runs.states import Reason
from jupyter_mlops.runs.workers import live_workers

CGROUPS = Path("/sys/fs/cgroup")


@pytest.mark.parametrize(
    ("source", "state"),
    [
        ("import sys; sys.exit()", "succeeded"),
        ("import sys; sys.exit(0)", "succeeded"),
        ("raise SystemExit", "succeeded"),
        ("exit", "succeeded"),
        ("exit()", "succeeded"),
        ("quit()", "succeeded"),
        ("import sys; sys.exit(3)", "failed"),
        ("import sys; sys.exit('no data')", "failed"),
        ("exit(3)", "failed"),
        ("quit(3)", "failed"),
    ],
)
def test_leaving_with_code_0_is_success_with_any_other_failure_and_later_cells_never_run(
    drill_bench: Workbench, source: str, state: str
) -> None:
    never = drill_bench.root / "never"
    drill_bench.write("leaves.ipynb", "1", source, f"open({str(never)!r}, 'w').close()")
    run = drill_bench.run("leaves.ipynb")
    assert run.state == state, run.message
    assert not never.exists()
    last = drill_bench.executed(run).cells[-1]
    assert (last.metadata.papermill.status, last.metadata.mlops.status) == ("pending", "not-run")
    if state == "failed":
        assert run.reason == Reason.ERROR and "SystemExit" in str(run.message)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import os; os._exit(0)", "exit code 0"),
        ("import os; os._exit(7)", "exit code 7"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
    ],
)
def test_a_kernels_death_is_told_with_its_code_or_signal_and_what_it_held(
    drill_bench: Workbench, source: str, said: str
) -> None:
    drill_bench.write("dies.ipynb", "import time; time.sleep(1.2)", source, "2")
    run = drill_bench.run("dies.ipynb")
    assert (run.state, run.reason) == ("failed", Reason.KERNEL_DIED)
    assert said in str(run.message) and "It held" in str(run.message)
    cells = drill_bench.executed(run).cells
    assert [cell.metadata.papermill.status for cell in cells] == ["completed", "failed", "pending"]
    assert [cell.metadata.get("mlops", {}).get("status") for cell in cells] == [None, "killed", "not-run"]


@pytest.fixture
def small_memory() -> Iterator[Path]:
    """A control group of 700 MB in which processes can be put."""
    folder = make_control_group(700_000_000)
    if folder is None:
        pytest.skip("control groups cannot be made here")
    yield folder
    wait_until(lambda: not (folder / "cgroup.procs").read_text(), 20, "the group is empty")
    folder.rmdir()


def make_control_group(limit_bytes: int) -> Path | None:
    for parent, limit in ((CGROUPS / "memory", "memory.limit_in_bytes"), (CGROUPS, "memory.max")):
        folder = parent / f"mlops-drill-{os.getpid()}"
        try:
            folder.mkdir()
            (folder / limit).write_text(str(limit_bytes))
        except OSError:
            continue
        return folder
    return None


@pytest.mark.slow
def test_a_kernel_that_takes_too_much_memory_ends_as_out_of_memory_with_what_it_held(
    own_workbench: Workbench, small_memory: Path
) -> None:
    greed = "held = []\nfor _ in range(400):\n    held.append(bytearray(b'x' * 5_000_000))"  # 2 GB
    own_workbench.write("greedy.ipynb", greed, "2")
    environment = {**os.environ, **own_workbench.settings.process_environment()}
    enter = f"import os; open({str(small_memory / 'cgroup.procs')!r}, 'w').write(str(os.getpid()))\n"
    with (own_workbench.settings.logs / "worker.log").open("ab") as log:
        command = [sys.executable, "-c", enter + BE_A_WORKER, "worker_main"]
        worker = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        # Else a second worker, outside of the group, is started with the run.
        store = own_workbench.store
        wait_until(lambda: live_workers(store, datetime.now(timezone.utc)), 60, "the worker is there")
        run = own_workbench.run("greedy.ipynb")
        assert (run.state, run.reason) == ("failed", Reason.OUT_OF_MEMORY), run.message
        assert "want of memory" in str(run.message) and "of 700 MB." in str(run.message)
    finally:
        worker.terminate()
        worker.wait(20)
