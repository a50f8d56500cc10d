"""The clock is set forward and back under a worker: no run is taken away, and no fire comes twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select
from waiting import wait_until
from workbench import Workbench

from jupyter_mlops.jobs.spec import RunRequest, ScheduleRequest
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store.tables import Attempt, Run

# A worker whose time of day is the machine's and so many seconds as a file says. Setting the machine's own
# clock would harm whoever else is on it.
WORKER_WITH_A_CLOCK = """
import faulthandler, signal, sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from jupyter_mlops.config import Settings
from jupyter_mlops.runs import heartbeat, worker
from jupyter_mlops.runs.worker_main import run_worker
step = Path(sys.argv[1])
def now():
    return datetime.now(timezone.utc) + timedelta(seconds=float(step.read_text()))
heartbeat._now = worker._now = now
faulthandler.register(signal.SIGUSR1)
run_worker(Settings.load(), slots=2, exit_when_idle_s=None)
"""
HOUR = 3600


@contextmanager
def worker_with_a_clock(workbench: Workbench, step: Path) -> Iterator[None]:
    environment = {**os.environ, **workbench.settings.process_environment()}
    with (workbench.settings.logs / "worker.log").open("ab") as log:
        command = [sys.executable, "-c", WORKER_WITH_A_CLOCK, str(step), "worker_main"]
        worker = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        worker.terminate()
        try:
            worker.wait(20)
        except subprocess.TimeoutExpired:
            worker.send_signal(signal.SIGUSR1)  # its log says what it is at
            worker.wait(40)


def set_clock(step: Path, seconds: int) -> None:
    new = step.with_suffix(".new")
    new.write_text(str(seconds))
    new.replace(step)


def runs_of(workbench: Workbench, job_id: str) -> list[Run]:
    with workbench.store.reading() as session:
        return list(session.scalars(select(Run).where(Run.job_id == job_id)))


def more_runs_than(workbench: Workbench, job_id: str, count: int) -> Callable[[], bool]:
    return lambda: len(runs_of(workbench, job_id)) > count


@pytest.mark.slow
def test_a_worker_whose_clock_jumps_loses_no_run_and_fires_nothing_twice(
    drill_bench: Workbench,
) -> None:
    step, mark, release = (drill_bench.root / name for name in ("step", "mark", "release"))
    set_clock(step, 0)
    hold = f"while not os.path.exists({str(release)!r}): time.sleep(0.05)"
    drill_bench.write("held.ipynb", f"import os, time\nopen({str(mark)!r}, 'w').close()\n{hold}")
    drill_bench.write("tick.ipynb", "1")
    with worker_with_a_clock(drill_bench, step):
        steady = drill_bench.start_worker()
        held = drill_bench.running_cell(drill_bench.submit("held.ipynb"), mark)
        request = RunRequest("tick.ipynb", policies={"overlap": "queue"})
        job = drill_bench.jobs.create_job(request, ScheduleRequest("*/2 * * * * *", "UTC"))
        for seconds in (-HOUR, 0, HOUR):  # after the last, the next fire is an hour away for all
            before = len(runs_of(drill_bench, job.id))
            set_clock(step, seconds)
            wait_until(more_runs_than(drill_bench, job.id, before), 90, "it fires after the step")
            assert drill_bench.jobs.get_run(held.id).state == "running"
        drill_bench.jobs.set_active(job.id, False)
        release.touch()
        assert drill_bench.ended(held).state == "succeeded"
        fired = [drill_bench.ended(run) for run in runs_of(drill_bench, job.id)]
        steady.terminate()
        steady.wait(60)
    assert set(Counter(run.scheduled_for for run in fired).values()) == {1}
    assert {run.state for run in fired} <= {"succeeded", "skipped"}
    with drill_bench.store.reading() as session:
        tries = Counter(session.scalars(select(Attempt.run_id)))
    assert set(tries.values()) == {1}
    assert all(RunState(run.state).is_final for run in fired)
