"""A worker that is told to stop stops, at whatever moment it is told."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from jupyter_mlops.config import Settings

# Its handler takes longer than a round waits, as on a machine that is very busy: what it interrupted is then
# past its time. Python's `SimpleQueue.get(timeout)` waits for ever in that case.
IDLE_WORKER = """
import signal, time
from jupyter_mlops.config import Settings
from jupyter_mlops.runs.worker import ROUND_S, WorkerLoop
settings = Settings.load()
loop = WorkerLoop(settings.open_store(), settings, slots=1, exit_when_idle_s=None)
def stop(number, frame):
    time.sleep(3 * ROUND_S)
    loop.stopping = True
signal.signal(signal.SIGTERM, stop)
print("works", flush=True)
loop.run()
"""


@pytest.mark.slow
def test_a_worker_that_is_told_at_the_end_of_its_wait_stops_too(settings: Settings) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-c", IDLE_WORKER],
        env={**os.environ, **settings.process_environment()},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert worker.stdout is not None and worker.stdout.readline() == "works\n"
        time.sleep(1)  # it is in its rounds
        worker.terminate()
        assert worker.wait(30) == 0
    finally:
        worker.kill()
        worker.communicate()
