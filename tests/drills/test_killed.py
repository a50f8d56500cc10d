"""Processes are killed without warning: no run is forgotten, and no process is left behind."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path

import psutil
import pytest
from mlflow import MlflowClient
from processes import kill
from waiting import wait_until
from workbench import Workbench

from jupyter_mlops.runs.queue import LEASE
from jupyter_mlops.runs.states import Reason, RunState
from jupyter_mlops.runs.workers import ensure_worker
from jupyter_mlops.store.tables import Run

GONE_WITHIN_S = 8.0
TOLD_WITHIN_S = 90.0  # it is tried at once, then every half minute, by a process that loads MLflow
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


def at_work(workbench: Workbench) -> list[psutil.Process]:
    """All processes but the one that tells MLflow what a killed one could not, and ends by itself."""
    return [one for name, found in workbench.modules().items() if name != "late_tellings" for one in found]


@pytest.mark.slow
@pytest.mark.parametrize("ignores", [False, True], ids=["interruptible", "ignores SIGINT"])
def test_a_worker_killed_in_a_cell_takes_its_processes_along_and_its_run_is_lost(
    drill_bench: Workbench, ignores: bool
) -> None:
    run = start_long_run(drill_bench, ignore_interrupts=ignores)
    kill(drill_bench.modules()["worker_main"])

    wait_until(lambda: not drill_bench.processes(), GONE_WITHIN_S, "runner and kernel end")
    ensure_worker(drill_bench.store, drill_bench.settings)

    run = drill_bench.ended(run, LOST_WITHIN_S)
    assert (run.state, run.reason) == ("lost", Reason.WORKER_LOST)
    assert run.message is not None and run.ended_at is not None
    assert run.output_path is not None and Path(run.output_path).exists(), "what was done so far is kept"
    drill_bench.write("next.ipynb", "1")
    assert drill_bench.run("next.ipynb").state == "succeeded"


@pytest.mark.slow
def test_a_runner_killed_in_a_cell_is_noticed_at_once_and_the_worker_goes_on(
    drill_bench: Workbench,
) -> None:
    run = start_long_run(drill_bench)
    (worker,) = drill_bench.modules()["worker_main"]
    kill(drill_bench.modules()["runner"])

    run = drill_bench.ended(run, within_s=5)
    assert (run.state, run.reason) == ("lost", Reason.WORKER_LOST)
    wait_until(lambda: at_work(drill_bench) == [worker], GONE_WITHIN_S, "the kernel ends")
    drill_bench.write("next.ipynb", "1")
    assert drill_bench.run("next.ipynb").state == "succeeded"
    assert run.mlflow_run_id is not None
    client = MlflowClient(drill_bench.settings.tracking_uri)
    told = partial(client.get_run, run.mlflow_run_id)
    wait_until(lambda: told().info.status == "FAILED", TOLD_WITHIN_S, "MLflow is told")
    assert told().data.tags["mlops.state"] == "lost" and told().info.end_time is not None


@pytest.mark.slow
def test_what_a_killed_runners_kernel_started_ends_too(drill_bench: Workbench) -> None:
    mark = drill_bench.root / "mark"
    start = "import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)"
    hold = f"import ctypes; open({str(mark)!r}, 'w').close(); ctypes.PyDLL(None).sleep(600)"  # holds the GIL
    drill_bench.write("children.ipynb", start, hold)
    run = drill_bench.running_cell(drill_bench.submit("children.ipynb"), mark)
    (worker,) = drill_bench.modules()["worker_main"]
    kill(drill_bench.modules()["runner"])
    assert drill_bench.ended(run, within_s=5).state == "lost"
    wait_until(lambda: at_work(drill_bench) == [worker], GONE_WITHIN_S, "kernel and child end")


def test_a_run_whose_worker_is_killed_before_it_starts_is_executed_by_the_next(
    drill_bench: Workbench,
) -> None:
    drill_bench.write("patient.ipynb", "print('at last')")
    run = drill_bench.submit("patient.ipynb")
    kill(wait_until(drill_bench.processes, 10, "a worker is started"))
    wait_until(lambda: not drill_bench.processes(), GONE_WITHIN_S, "all are dead")
    assert drill_bench.jobs.get_run(run.id).state == "queued"

    assert ensure_worker(drill_bench.store, drill_bench.settings)
    run = drill_bench.ended(run)
    assert run.state == "succeeded"
    assert drill_bench.executed(run).cells[0].outputs[0].text == "at last\n"


@pytest.mark.slow
def test_when_everything_is_killed_at_once_every_run_still_ends(drill_bench: Workbench) -> None:
    held = start_long_run(drill_bench)
    drill_bench.write("waiting.ipynb", "1")
    waiting = [drill_bench.submit("waiting.ipynb") for _ in range(2)]
    kill(drill_bench.processes())
    wait_until(lambda: not drill_bench.processes(), GONE_WITHIN_S, "all are dead")

    assert ensure_worker(drill_bench.store, drill_bench.settings)
    assert drill_bench.ended(held, LOST_WITHIN_S).state == "lost"
    states = {drill_bench.ended(run).state for run in waiting}
    assert states <= {"succeeded", "lost"} and "succeeded" in states  # one may have begun when it was killed


def test_a_worker_asked_to_stop_ends_the_run_under_way_and_leaves_the_rest_queued(
    drill_bench: Workbench,
) -> None:
    mark, release = drill_bench.root / "mark", drill_bench.root / "release"
    wait = f"while not os.path.exists({str(release)!r}): time.sleep(0.05)"
    drill_bench.write("drained.ipynb", f"import os, time\nopen({str(mark)!r}, 'w').close()\n{wait}")
    run = drill_bench.running_cell(drill_bench.submit("drained.ipynb"), mark)
    (worker,) = drill_bench.modules()["worker_main"]
    worker.send_signal(signal.SIGTERM)
    later = drill_bench.submit("drained.ipynb", name="later")
    release.touch()

    assert drill_bench.ended(run, 20).state == "succeeded"
    wait_until(lambda: worker not in drill_bench.processes(), 10, "the worker ends")
    assert drill_bench.jobs.get_run(later.id).state == "queued"
    ensure_worker(drill_bench.store, drill_bench.settings)
    assert drill_bench.ended(later).state == "succeeded"


def test_a_worker_asked_twice_to_stop_ends_the_run_under_way(drill_bench: Workbench) -> None:
    run = start_long_run(drill_bench)
    (worker,) = drill_bench.modules()["worker_main"]
    worker.send_signal(signal.SIGTERM)
    log = drill_bench.settings.logs / "worker.log"
    wait_until(lambda: "stopping" in log.read_text(), 5, "the worker has heard it")
    worker.send_signal(signal.SIGTERM)
    wait_until(lambda: not drill_bench.processes(), GONE_WITHIN_S, "all processes end")
    assert RunState(drill_bench.jobs.get_run(run.id).state) is RunState.LOST
