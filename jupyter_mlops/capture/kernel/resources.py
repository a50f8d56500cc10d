"""What a cell used: processor time and memory of the process while it ran."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_mlops.capture.facts import Frame

_RESET_PEAK = b"5"  # proc(5), clear_refs: the high-water mark becomes what is resident now


class Resources:
    """`cpu_s` (user and system, of all threads), `rss_bytes` and `memory_peak_bytes` (None off Linux).

    The peak is the kernel's own high-water mark, reset before each cell, so it misses nothing however short.
    A cell inside a cell resets it too; what was reached until then is kept for the outer one. Cells that run
    at once (subshells) share one process, and so these figures.

    Args:
        peak: whether the high-water mark may be reset.
    """

    def __init__(self, *, peak: bool) -> None:
        self._peak = peak
        self._open: list[_Usage] = []

    def begin(self, frame: Frame) -> _Usage:  # noqa: ARG002
        """Reset the high-water mark, and start the clock."""
        usage = _Usage()
        if self._peak:
            if self._open:
                self._keep(_memory()[1])
            try:
                _write("/proc/self/clear_refs", _RESET_PEAK)
            except OSError:  # not every container lets us
                self._peak = False
        self._open.append(usage)
        usage.cpu_ns = time.process_time_ns()
        return usage

    def end(self, frame: Frame, begun: _Usage, result: object) -> dict[str, Any]:  # noqa: ARG002
        """What was used since `begin`."""
        cpu_ns = time.process_time_ns() - begun.cpu_ns
        self._open.remove(begun)
        facts: dict[str, Any] = {"cpu_s": cpu_ns / 1e9, "rss_bytes": None, "memory_peak_bytes": None}
        try:
            facts["rss_bytes"], peak = _memory()
        except OSError:
            return facts
        if self._peak:
            self._keep(peak)
            facts["memory_peak_bytes"] = max(begun.peak, peak)
        return facts

    def _keep(self, peak: int) -> None:
        for usage in self._open:
            usage.peak = max(usage.peak, peak)


class _Usage:
    """What one execution began with."""

    __slots__ = ("cpu_ns", "peak")

    def __init__(self) -> None:
        self.cpu_ns = 0
        self.peak = 0


def _memory() -> tuple[int, int]:
    """Resident memory and its high-water mark, in bytes.

    Raises:
        OSError: there is no /proc here.
    """
    fd = os.open("/proc/self/status", os.O_RDONLY)
    try:
        status = os.read(fd, 8192)
    finally:
        os.close(fd)
    return _kibibytes(status, b"VmRSS:"), _kibibytes(status, b"VmHWM:")


def _kibibytes(status: bytes, name: bytes) -> int:
    at = status.index(name) + len(name)
    return int(status[at : status.index(b"kB", at)]) * 1024


def _write(path: str, data: bytes) -> None:
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, data)
    finally:
        os.close(fd)
