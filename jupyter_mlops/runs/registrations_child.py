"""The child process in which a worker has registrations carried out that nobody else is at work with."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time

from jupyter_mlops.config import Settings
from jupyter_mlops.models.left_behind import is_something_left
from jupyter_mlops.store import Store

log = logging.getLogger(__name__)
AGAIN_AFTER_FAILURE_S = 15.0


class RegistrationsChild:
    """Starts the process when something is left, one at a time: MLflow is loaded in it, not in the worker.

    Args:
        store: the registrations.
        settings: handed on.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether it is at work."""
        return self._process is not None and self._process.poll() is None

    def tick(self) -> None:
        """Start it, if there is something to do."""
        if self.is_busy or time.monotonic() < self._not_before:
            return
        if self._process is not None and self._process.returncode:
            log.warning("the registrations' process ended with %d", self._process.returncode)
            self._not_before = time.monotonic() + AGAIN_AFTER_FAILURE_S
        self._process = None
        if time.monotonic() >= self._not_before and is_something_left(self._store):
            self._start()

    def close(self) -> None:
        """End it; what it was at is gone on with by the next worker."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _start(self) -> None:
        log_file = os.open(
            self._settings.logs / "registrations.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
        )
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyter_mlops.models.carry_out_main"],
                env={**os.environ, **self._settings.process_environment()},
                stdin=subprocess.DEVNULL,
                stdout=log_file,
                stderr=log_file,
            )
        finally:
            os.close(log_file)
