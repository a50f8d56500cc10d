"""What a kernel and everything that it started use: CPU and memory."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Usage:
    """A look at a tree of processes.

    Attributes:
        cpu_percent: since the look before; 100 is one core.
        memory_bytes: resident; what several processes share counts for each.
        processes: how many there are.
    """

    cpu_percent: float
    memory_bytes: int
    processes: int


class ProcessTree:
    """Looks at a process and its descendants.

    Args:
        pid: of the root.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._cpu: dict[tuple[int, float], float] = {}
        self._looked_at = time.monotonic()

    def look(self) -> Usage | None:
        """What the tree uses now; None when it is gone."""
        try:
            root = psutil.Process(self.pid)
            family = [root, *root.children(recursive=True)]
        except psutil.Error:
            return None
        cpu: dict[tuple[int, float], float] = {}
        memory = 0
        for process in family:
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    cpu[process.pid, process.create_time()] = times.user + times.system
                    memory += process.memory_info().rss
            except psutil.Error:
                continue
        now = time.monotonic()
        spent = sum(seconds - self._cpu.get(who, 0.0) for who, seconds in cpu.items())
        first = not self._cpu
        elapsed = max(now - self._looked_at, 1e-3)
        self._cpu, self._looked_at = cpu, now
        if not cpu:
            return None
        return Usage(0.0 if first else round(100 * spent / elapsed, 1), memory, len(cpu))
