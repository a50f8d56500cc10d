"""Which workers are alive: a run must not wait for one that is not."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
from waiting import wait_until

from jupyter_mlops.runs.workers import runs_still


def test_a_process_lives_until_it_is_killed_though_nobody_has_asked_after_it() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        assert runs_still(child.pid)
        os.kill(child.pid, 9)
        wait_until(lambda: not runs_still(child.pid), 10, "the child is dead")
        assert psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE
    finally:
        child.wait()
    assert not runs_still(child.pid)
