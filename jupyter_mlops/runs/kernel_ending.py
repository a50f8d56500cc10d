"""Ending a kernel from outside its cells: on request, or when a cell or the whole attempt takes too long."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

KILL_AFTER_S = 2.0
LOOK_EVERY_S = 0.1
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class TimeLimits:
    """How long things may take, in seconds; None: as long as they like.

    Args:
        cell_s: each cell.
        total_s: the attempt, from before its kernel starts.
    """

    cell_s: float | None = None
    total_s: float | None = None


class RunEndedError(Exception):
    """A run was ended from outside, and so was its kernel."""


class RunCancelledError(RunEndedError):
    """The run was asked to end, and has ended its kernel."""


class RunTimedOutError(RunEndedError):
    """A cell or the whole attempt took too long.

    Args:
        limit_s: how long it might have taken, in seconds.
        whole: whether that is the limit of the attempt, not of a cell.
    """

    def __init__(self, limit_s: float, whole: bool) -> None:
        super().__init__(f"{'The run' if whole else 'A cell'} took longer than {limit_s:g} s.")
        self.limit_s = limit_s
        self.whole = whole


class KernelEnding:
    """Interrupts a kernel when its time has come, and kills it with its process group 2 s later.

    Args:
        cancel: set by another thread to end the run; None: nobody will.
        limits: how long things may take.
        signal_kernel: sends a signal to the kernel's process group.

    Attributes:
        error: why the run was ended; None while it was not.
    """

    def __init__(
        self, cancel: threading.Event | None, limits: TimeLimits, signal_kernel: Callable[[int], None]
    ) -> None:
        self.error: RunEndedError | None = None
        self._cancel = cancel
        self._limits = limits
        self._signal_kernel = signal_kernel
        self._over = threading.Event()
        self._until = _deadline(limits.total_s)
        self._cell_until: float | None = None

    def __enter__(self) -> KernelEnding:
        if self._cancel is not None or self._limits != TimeLimits():
            threading.Thread(target=self._watch, name="kernel-ending", daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()

    def cell_starts(self) -> None:
        """Count a cell's time from now.

        Raises:
            RunEndedError: the run has ended.
        """
        self.raise_if_ended()
        self._cell_until = _deadline(self._limits.cell_s)

    def cell_ended(self) -> None:
        """Count no longer."""
        self._cell_until = None

    def raise_if_ended(self) -> None:
        """Raise why the run was ended, if it was: also where the cell took no notice of its interrupt.

        Raises:
            RunEndedError: the run has ended.
        """
        error = self.error or self._why_now()
        if error is not None:
            raise error

    def _watch(self) -> None:
        while not self._over.wait(LOOK_EVERY_S):
            self.error = self._why_now()
            if self.error is None:
                continue
            self._signal_kernel(signal.SIGINT)
            if not self._over.wait(KILL_AFTER_S):
                self._signal_kernel(getattr(signal, "SIGKILL", signal.SIGTERM))
            return

    def _why_now(self) -> RunEndedError | None:
        now, cell_until = time.monotonic(), self._cell_until
        if self._cancel is not None and self._cancel.is_set():
            return RunCancelledError("Cancelled on request.")
        if self._until is not None and self._limits.total_s is not None and now > self._until:
            return RunTimedOutError(self._limits.total_s, whole=True)
        if cell_until is not None and self._limits.cell_s is not None and now > cell_until:
            return RunTimedOutError(self._limits.cell_s, whole=False)
        return None


def die_with_parent() -> None:
    """Have the kernel that calls this die with its runner, even while C code keeps it from noticing.

    Called between fork and exec. Linux only; elsewhere a kernel looks for its parent by itself.
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def signal_process_group(process: object, number: int) -> None:
    """Send a signal to a kernel and to what it started in its group; one that is gone is no error."""
    if process is None or process.poll() is not None:  # type: ignore[attr-defined]
        return
    try:
        if os.name == "posix":
            os.killpg(os.getpgid(process.pid), number)  # type: ignore[attr-defined]
        else:
            process.send_signal(number)  # type: ignore[attr-defined]
    except (ProcessLookupError, PermissionError):
        return  # it ended in the meantime


def _deadline(limit_s: float | None) -> float | None:
    return None if limit_s is None else time.monotonic() + limit_s
