"""What a cell used: processor time and memory of the process while it ran."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

with suppress(ImportError):  # Windows has none, and no /proc
    from resource import RUSAGE_SELF, getrusage

if TYPE_CHECKING:
    from resource import struct_rusage

    from jupyter_mlops.capture.kernel.frame import Frame

_RESET_PEAK = b"5"  # proc(5), clear_refs: the high-water mark becomes what is resident now


class Resources:
    """`cpu_s` (user and system, of all threads) and `memory_peak_bytes`.

    The peak is the system's own high-water mark, reset before each cell, so it misses nothing however short.
    A cell inside a cell resets it too; what was reached until then is kept for the outer one. Cells that run
    at once (subshells) share one process, and so these figures.

    Where the mark cannot be reset, `rss_bytes` is what was resident at the cell's end; off Linux, neither is.

    Args:
        peak: whether the high-water mark may be reset.
    """

    idle_at = -1

    def __init__(self, *, peak: bool) -> None:
        self._memory = _Memory.open()
        self._peaks = self._memory if peak and self._memory and self._memory.can_reset_peak() else None
        self._open: list[Frame] = []

    def begin(self, frame: Frame) -> None:
        """Reset the high-water mark, and start the clock."""
        if self._peaks is not None:
            if self._open:
                self._keep(self._peaks.peak(getrusage(RUSAGE_SELF)))
            self._peaks.reset_peak()
        self._open.append(frame)
        frame.cpu_begun_s = time.process_time()

    def end(self, frame: Frame, result: object) -> None:  # noqa: ARG002
        """Say on the frame what was used since `begin`."""
        if self._peaks is not None:
            usage = getrusage(RUSAGE_SELF)  # its processor time, too: a call less to the system
            cpu_s = usage.ru_utime + usage.ru_stime
            self._keep(self._peaks.peak(usage))
        else:
            cpu_s = time.process_time()
            if self._memory is not None:
                frame.rss_bytes = self._memory.resident()
        frame.cpu_s = max(0.0, cpu_s - frame.cpu_begun_s)  # `getrusage` counts whole microseconds
        self._open.remove(frame)

    def _keep(self, peak: int) -> None:
        for frame in self._open:
            if peak > (frame.memory_peak_bytes or 0):
                frame.memory_peak_bytes = peak


class _Memory:
    """This process's memory by /proc, its files held open: opening them takes longer than reading.

    Raises:
        OSError: there is no such /proc here.
    """

    def __init__(self) -> None:
        self._statm = os.open("/proc/self/statm", os.O_RDONLY)
        self._status = os.open("/proc/self/status", os.O_RDONLY)
        self._clear = os.open("/proc/self/clear_refs", os.O_WRONLY)
        self._page = os.sysconf("SC_PAGE_SIZE")
        self._floor = 0

    @classmethod
    def open(cls) -> _Memory | None:
        try:
            return cls()
        except OSError:
            return None

    def can_reset_peak(self) -> bool:
        """Begin a new high-water mark; False where a container does not let us."""
        try:
            self.reset_peak()
        except OSError:
            return False
        self._floor = getrusage(RUSAGE_SELF).ru_maxrss
        return True

    def reset_peak(self) -> None:
        """Begin a new high-water mark.

        Raises:
            OSError: this is forbidden here.
        """
        os.write(self._clear, _RESET_PEAK)

    def resident(self) -> int:
        """Bytes resident now."""
        return int(os.pread(self._statm, 256, 0).split(b" ", 2)[1]) * self._page

    def peak(self, usage: struct_rusage) -> int:
        """The high-water mark since it was reset, in bytes.

        `getrusage` tells it in a microsecond, but never less than what the process that started this one held
        at that time; then `status` is read, which takes some times as long.
        """
        largest = usage.ru_maxrss
        if largest <= self._floor:
            status = os.pread(self._status, 8192, 0)
            at = status.index(b"VmHWM:") + 6
            largest = int(status[at : status.index(b"kB", at)])
        return largest * 1024
