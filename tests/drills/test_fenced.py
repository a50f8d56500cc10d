"""Processes are stopped past their lease and woken: who has lost a run writes nothing more of it."""

from __future__ import annotations

import signal
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from waiting import wait_until
from workbench import Workbench

from jupyter_mlops.runs.queue import LEASE
from jupyter_mlops.store.tables import Run

TAKEN_WITHIN_S = LEASE.total_seconds() + 5
TWICE = {"max_attempts": 2, "retry_delay_s": 0}


def write_slow_then_quick(workbench: Workbench, mark: Path) -> None:
    """A notebook whose first attempt holds on in its second cell, and whose next goes through."""
    workbench.write(
        "twice.ipynb",
        "import os, time\nattempt = os.environ['JUPYTER_MLOPS_ATTEMPT_ID']",
        f"first = not os.path.exists({str(mark)!r})\nopen({str(mark)!r}, 'w').close()\n"
        "time.sleep(60 if first else 0)",
        "print(attempt)",
    )


def stop_all(workbench: Workbench) -> list[psutil.Process]:
    """Stop all processes where none holds a lock: while one does, nobody else can do anything."""
    while True:
        processes = workbench.processes()
        for process in processes:
            process.send_signal(signal.SIGSTOP)
        if is_unlocked(workbench):
            return processes
        wake(processes)


def is_unlocked(workbench: Workbench) -> bool:
    """Whether the store and MLflow's database can be written to."""
    files = [str(workbench.settings.mlflow_dir / "mlflow.db")]
    engine = workbench.store.engine
    try:
        if engine.dialect.name == "sqlite":
            files.append(str(engine.url.database))
        else:
            with engine.connect() as connection:
                connection.execute(text("SELECT id FROM runs FOR UPDATE NOWAIT"))
        for file in files:
            with closing(sqlite3.connect(file, timeout=1, isolation_level=None)) as database:
                database.execute("BEGIN IMMEDIATE")
    except (OperationalError, sqlite3.OperationalError):
        return False
    return True


def wake(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # those woken first may have ended it
            process.send_signal(signal.SIGCONT)


def columns_of(workbench: Workbench, run: Run) -> dict[str, object]:
    now = workbench.jobs.get_run(run.id)
    return {column.key: getattr(now, column.key) for column in Run.__table__.columns}


@pytest.mark.slow
def test_a_worker_stopped_past_its_lease_and_woken_writes_nothing_of_the_run_it_lost(
    each_workbench: Workbench,
) -> None:
    workbench, mark = each_workbench, each_workbench.root / "mark"
    write_slow_then_quick(workbench, mark)
    run = workbench.submit("twice.ipynb", policies=TWICE)
    workbench.running_cell(run, mark)
    stopped = stop_all(workbench)
    assert {"worker_main", "runner"} <= set(workbench.modules())
    second = workbench.start_worker()
    try:
        ended = workbench.ended(run)
        assert ended.state == "succeeded"
        attempts = workbench.jobs.list_attempts(run.id)
        assert [one.state for one in attempts] == ["lost", "succeeded"]
        assert attempts[1].worker_id != attempts[0].worker_id
        before, output = columns_of(workbench, run), workbench.executed(ended)

        wake(stopped)
        kernels = [process for process in stopped if "ipykernel" in " ".join(cmdline(process))]
        wait_until(lambda: not any(alive(kernel) for kernel in kernels), 20, "the old kernel is ended")
        workbench.write("next.ipynb", "1")
        assert workbench.run("next.ipynb").state == "succeeded"
        assert columns_of(workbench, run) == before
        assert workbench.executed(ended) == output
        assert output.cells[-1].outputs[0].text.strip() == attempts[1].id
    finally:
        wake(stopped)
        second.terminate()
        second.wait(30)


@pytest.mark.slow
def test_a_runner_that_is_stopped_is_given_up_within_its_lease_and_the_run_tried_again(
    drill_bench: Workbench,
) -> None:
    mark = drill_bench.root / "mark"
    write_slow_then_quick(drill_bench, mark)
    run = drill_bench.submit("twice.ipynb", policies=TWICE)
    drill_bench.running_cell(run, mark)
    (runner,) = drill_bench.modules()["runner"]
    runner.send_signal(signal.SIGSTOP)
    wait_until(lambda: not runner.is_running(), TAKEN_WITHIN_S, "the stopped runner is killed")
    assert drill_bench.ended(run).state == "succeeded"
    assert [one.state for one in drill_bench.jobs.list_attempts(run.id)] == ["lost", "succeeded"]


@pytest.mark.slow
def test_everything_stopped_for_longer_than_the_lease_goes_on_where_it_was(
    drill_bench: Workbench,
) -> None:
    """As when a machine sleeps, or a container is paused: nobody was there to take the run over."""
    mark, release = drill_bench.root / "mark", drill_bench.root / "release"
    hold = f"while not os.path.exists({str(release)!r}): time.sleep(0.05)"
    drill_bench.write("paused.ipynb", f"import os, time\nopen({str(mark)!r}, 'w').close()\n{hold}")
    run = drill_bench.running_cell(drill_bench.submit("paused.ipynb"), mark)
    stopped = stop_all(drill_bench)
    lease = drill_bench.jobs.get_run(run.id).lease_until
    assert lease is not None
    wait_until(lambda: time.time() > lease.timestamp() + 3, 2 * TAKEN_WITHIN_S, "the lease has run out")
    wake(stopped)
    release.touch()
    assert drill_bench.ended(run).state == "succeeded"
    assert len(drill_bench.jobs.list_attempts(run.id)) == 1


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def cmdline(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
