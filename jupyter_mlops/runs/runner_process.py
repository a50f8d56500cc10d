"""A runner as its worker sees it: a child process that takes attempts, and ends with all it started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import psutil

KILL_CANCELLED_AFTER_S = 4.5
LOADS_WITHIN_S = 120.0  # its libraries, on a busy machine
WORKER_VARIABLE = "JUPYTER_MLOPS_WORKER_ID"
ATTEMPT_VARIABLE = "JUPYTER_MLOPS_ATTEMPT_ID"


class RunnerProcess:
    """One runner, started on creation.

    Args:
        environment: the runner's environment.
        log_path: where its standard error goes.
        on_done: called, from a thread, with the id of each attempt that the runner has ended.
    """

    def __init__(self, environment: dict[str, str], log_path: Path, on_done: Callable[[str], None]) -> None:
        with _open_log(log_path) as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyter_mlops.runs.runner"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment,
                start_new_session=True,
            )
        self._on_done = on_done
        self.attempt_id: str | None = None
        self.executor = "local"
        self.executed = 0
        self.idle_since = time.monotonic()
        self._cancelled_at: float | None = None
        self._heard_at = time.monotonic() + LOADS_WITHIN_S
        threading.Thread(target=self._listen, name="runner-answers", daemon=True).start()

    @property
    def pid(self) -> int:
        """The runner's process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def is_silent(self, for_s: float) -> bool:
        """Whether it has said nothing for so long: it is stopped, or hangs."""
        return time.monotonic() - self._heard_at > for_s

    def forgive_silence(self) -> None:
        """Count its silence from now on: the worker itself could not listen."""
        self._heard_at = max(self._heard_at, time.monotonic())

    def execute(self, attempt_id: str) -> None:
        """Hand it an attempt; it must have none."""
        self.attempt_id, self._cancelled_at = attempt_id, None
        self._tell({"execute": attempt_id})

    def cancel(self) -> None:
        """Ask it to end its attempt; see `kill_if_deaf`."""
        if self.attempt_id is not None and self._cancelled_at is None:
            self._cancelled_at = time.monotonic()
            self._tell({"cancel": self.attempt_id})

    def kill_if_deaf(self) -> bool:
        """Kill it, with all it started, when it has not ended a cancelled attempt in 4.5 s; say whether."""
        if self._cancelled_at is None or time.monotonic() - self._cancelled_at < KILL_CANCELLED_AFTER_S:
            return False
        self.kill()
        return True

    def released(self) -> None:
        """Its attempt is over: it can be handed another."""
        self.attempt_id, self._cancelled_at = None, None
        self.executed += 1
        self.idle_since = time.monotonic()

    def close(self) -> None:
        """Let it go: it ends by itself when its input closes."""
        if self._process.stdin:
            try:
                self._process.stdin.close()
            except OSError:
                return  # it has gone already

    def kill(self) -> None:
        """Kill it and every process below it: kernels, and what they started."""
        kill_tree(self._process.pid)
        self._process.wait(timeout=5)

    def _tell(self, message: dict[str, str]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except OSError:
            return  # it has died: the worker sees that at its next round

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._heard_at = time.monotonic()
            message = json.loads(line)
            if "done" in message:
                self._on_done(message["done"])
        self._process.wait()  # so that one that was let go does not stay as a zombie


def kill_tree(pid: int) -> None:
    """Kill a process and all its descendants, the youngest last found first."""
    try:
        root = psutil.Process(pid)
        family = [*root.children(recursive=True), root]
    except psutil.NoSuchProcess:
        return
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family, timeout=5)


def kill_processes_of(variable: str, value: str) -> None:
    """Kill what was left by a dead worker or runner, or by an attempt that has ended.

    Args:
        variable: by which they are known, `ATTEMPT_VARIABLE` or `WORKER_VARIABLE`: everything that is
            started below has inherited it, whatever session or parent it has given itself.
        value: of the attempt or worker.
    """
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(variable) == value:
                process.kill()
        except (psutil.Error, OSError):  # it has ended, or is somebody else's
            continue


def _open_log(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
