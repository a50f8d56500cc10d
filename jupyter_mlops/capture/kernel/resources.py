"""What a cell used: processor time and memory of the process while it ran."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from jupyter_mlops.capture.facts import Frame

_RESET_PEAK = b"5"  # proc(5), clear_refs: the high-water mark becomes what is resident now


class Resources:
    """`cpu_s` (user and system, of all threads), `rss_bytes` and `memory_peak_bytes` (None off Linux).

    The peak is the system's own high-water mark, reset before each cell, so it misses nothing however short.
    A cell inside a cell resets it too; what was reached until then is kept for the outer one. Cells that run
    at once (subshells) share one process, and so these figures.

    Args:
        peak: whether the high-water mark may be reset.
    """

    def __init__(self, *, peak: bool) -> None:
        self._memory = _Memory.open()
        self._peak = peak and self._memory is not None and self._memory.reset_peak()
        self._open: list[_Usage] = []

    def begin(self, frame: Frame) -> _Usage:  # noqa: ARG002
        """Reset the high-water mark, and start the clock."""
        usage = _Usage()
        if self._peak and self._memory is not None:
            if self._open:
                self._keep(self._memory.peak_and_resident()[0])
            self._memory.reset_peak()
        self._open.append(usage)
        usage.cpu_ns = time.process_time_ns()
        return usage

    def end(self, frame: Frame, begun: _Usage, result: object) -> dict[str, Any]:  # noqa: ARG002
        """What was used since `begin`."""
        cpu_s = (time.process_time_ns() - begun.cpu_ns) / 1e9
        self._open.remove(begun)
        peak = resident = None
        if self._memory is not None and self._peak:
            reached, resident = self._memory.peak_and_resident()
            self._keep(reached)
            peak = max(begun.peak, reached)
        elif self._memory is not None:
            resident = self._memory.resident()
        return {"cpu_s": cpu_s, "rss_bytes": resident, "memory_peak_bytes": peak}

    def _keep(self, peak: int) -> None:
        for usage in self._open:
            usage.peak = max(usage.peak, peak)


class _Usage:
    """What one execution began with."""

    __slots__ = ("cpu_ns", "peak")

    def __init__(self) -> None:
        self.cpu_ns = 0
        self.peak = 0


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

    def resident(self) -> int:
        return int(os.pread(self._statm, 256, 0).split(b" ", 2)[1]) * self._page

    def reset_peak(self) -> bool:
        """Begin a new high-water mark; False where a container does not let us."""
        try:
            os.write(self._clear, _RESET_PEAK)
        except OSError:
            return False
        if self._floor == 0:
            self._floor = self._largest()
        return True

    def peak_and_resident(self) -> tuple[int, int]:
        """The high-water mark since it was reset, and what is resident now, in bytes.

        `getrusage` tells the mark in a microsecond, but never less than what the process that started this
        one held at that time; then `status` is read, which takes some times as long.
        """
        largest = self._largest()
        if largest > self._floor:
            resident = self.resident()
        else:
            status = os.pread(self._status, 8192, 0)
            largest, resident = _kibibytes(status, b"VmHWM:"), _kibibytes(status, b"VmRSS:")
        return max(largest, resident), resident  # the system counts them apart, some pages late

    def _largest(self) -> int:
        return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024


def _kibibytes(status: bytes, name: bytes) -> int:
    at = status.index(name) + len(name)
    return int(status[at : status.index(b"kB", at)]) * 1024
