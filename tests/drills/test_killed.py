"""Processes are killed without warning: no run is forgotten, and no process is left behind."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil
import pytest
from waiting import wait_until
from workbench import Workbench

from jupyter_mlops.runs.queue import LEASE
from jupyter_mlops.runs.states import Reason, RunState
from jupyter_mlops.runs.workers import ensure_worker
from jupyter_mlops.store.tables import Run

GONE_WITHIN_S = 8.0
LOST_WITHIN_S = LEASE.total_seconds() + 5


def start_long_run(workbench: Workbench, name: str = "long.ipynb", ignore_interrupts: bool = False) -> Run:
    """A run in the middle of its second cell."""
    mark = workbench.root / f"{name}.mark"
    ignore = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" if ignore_interrupts else ""
    source = (
        f"{ignore}print('before', flush=True)\nopen({str(mark)!r}, 'w').close()\nimport time; time.sleep(90)"
    )
    workbench.write(name, "1", source, "2")
    return workbench.running_cell(workbench.submit(name), mark)


def kill(processes: list[psutil.Process]) -> None:
    assert processes
    for process in processes:
        process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("ignores", [False, True], ids=["interruptible", "ignores SIGINT"])
def test_a_worker_killed_in_a_cell_takes_its_processes_along_and_its_run_is_lost(
    own_workbench: Workbench, ignores: bool
) -> None:
    run = start_long_run(own_workbench, ignore_interrupts=ignores)
    kill(own_workbench.modules()["worker_main"])

    wait_until(lambda: not own_workbench.processes(), GONE_WITHIN_S, "runner and kernel end")
    ensure_worker(own_workbench.store, own_workbench.settings)

    run = own_workbench.ended(run, LOST_WITHIN_S)
    assert (run.state, run.reason) == ("lost", Reason.WORKER_LOST)
    assert run.message is not None and run.ended_at is not None
    assert run.output_path is not None and Path(run.output_path).exists(), "what was done so far is kept"
    own_workbench.write("next.ipynb", "1")
    assert own_workbench.run("next.ipynb").state == "succeeded"


@pytest.mark.slow
def test_a_runner_killed_in_a_cell_is_noticed_at_once_and_the_worker_goes_on(
    own_workbench: Workbench,
) -> None:
    run = start_long_run(own_workbench)
    (worker,) = own_workbench.modules()["worker_main"]
    kill(own_workbench.modules()["runner"])

    run = own_workbench.ended(run, within_s=5)
    assert (run.state, run.reason) == ("lost", Reason.WORKER_LOST)
    wait_until(lambda: own_workbench.processes() == [worker], GONE_WITHIN_S, "the kernel ends")
    own_workbench.write("next.ipynb", "1")
    assert own_workbench.run("next.ipynb").state == "succeeded"


@pytest.mark.slow
def test_what_a_killed_runners_kernel_started_ends_too(own_workbench: Workbench) -> None:
    mark = own_workbench.root / "mark"
    start = "import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)"
    hold = f"import ctypes; open({str(mark)!r}, 'w').close(); ctypes.PyDLL(None).sleep(600)"  # holds the GIL
    own_workbench.write("children.ipynb", start, hold)
    run = own_workbench.running_cell(own_workbench.submit("children.ipynb"), mark)
    (worker,) = own_workbench.modules()["worker_main"]
    kill(own_workbench.modules()["runner"])
    assert own_workbench.ended(run, within_s=5).state == "lost"
    wait_until(lambda: own_workbench.processes() == [worker], GONE_WITHIN_S, "kernel and child end")


def test_a_run_whose_worker_is_killed_before_it_starts_is_executed_by_the_next(
    own_workbench: Workbench,
) -> None:
    own_workbench.write("patient.ipynb", "print('at last')")
    run = own_workbench.submit("patient.ipynb")
    kill(wait_until(own_workbench.processes, 10, "a worker is started"))
    wait_until(lambda: not own_workbench.processes(), GONE_WITHIN_S, "all are dead")
    assert own_workbench.jobs.get_run(run.id).state == "queued"

    assert ensure_worker(own_workbench.store, own_workbench.settings)
    run = own_workbench.ended(run)
    assert run.state == "succeeded"
    assert own_workbench.executed(run).cells[0].outputs[0].text == "at last\n"


@pytest.mark.slow
def test_when_everything_is_killed_at_once_every_run_still_ends(own_workbench: Workbench) -> None:
    held = start_long_run(own_workbench)
    own_workbench.write("waiting.ipynb", "1")
    waiting = [own_workbench.submit("waiting.ipynb") for _ in range(2)]
    kill(own_workbench.processes())
    wait_until(lambda: not own_workbench.processes(), GONE_WITHIN_S, "all are dead")

    assert ensure_worker(own_workbench.store, own_workbench.settings)
    assert own_workbench.ended(held, LOST_WITHIN_S).state == "lost"
    states = {own_workbench.ended(run).state for run in waiting}
    assert states <= {"succeeded", "lost"} and "succeeded" in states  # one may have begun when it was killed


def test_a_worker_asked_to_stop_ends_the_run_under_way_and_leaves_the_rest_queued(
    own_workbench: Workbench,
) -> None:
    mark, release = own_workbench.root / "mark", own_workbench.root / "release"
    wait = f"while not os.path.exists({str(release)!r}): time.sleep(0.05)"
    own_workbench.write("drained.ipynb", f"import os, time\nopen({str(mark)!r}, 'w').close()\n{wait}")
    run = own_workbench.running_cell(own_workbench.submit("drained.ipynb"), mark)
    (worker,) = own_workbench.modules()["worker_main"]
    worker.send_signal(signal.SIGTERM)
    later = own_workbench.submit("drained.ipynb", name="later")
    release.touch()

    assert own_workbench.ended(run, 20).state == "succeeded"
    wait_until(lambda: worker not in own_workbench.processes(), 10, "the worker ends")
    assert own_workbench.jobs.get_run(later.id).state == "queued"
    ensure_worker(own_workbench.store, own_workbench.settings)
    assert own_workbench.ended(later).state == "succeeded"


def test_a_worker_asked_twice_to_stop_ends_the_run_under_way(own_workbench: Workbench) -> None:
    run = start_long_run(own_workbench)
    (worker,) = own_workbench.modules()["worker_main"]
    worker.send_signal(signal.SIGTERM)
    log = own_workbench.settings.logs / "worker.log"
    wait_until(lambda: "stopping" in log.read_text(), 5, "the worker has heard it")
    worker.send_signal(signal.SIGTERM)
    wait_until(lambda: not own_workbench.processes(), GONE_WITHIN_S, "all processes end")
    assert RunState(own_workbench.jobs.get_run(run.id).state) is RunState.LOST
