"""Whether a kernel that was killed had run out of memory: what the system counted, and what it held."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

NEAR = 0.9
CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class MemoryEnd:
    """A kernel's memory as it was last seen.

    Args:
        peak_bytes: the most that any look at its tree of processes saw; None when nobody looked.
        limit_bytes: what it might hold: its control group's limit, or the machine's memory.
        killed_for_memory: whether the system has killed a process for want of memory meanwhile.
    """

    peak_bytes: int | None
    limit_bytes: int | None
    killed_for_memory: bool

    @property
    def is_out_of_memory(self) -> bool:
        """Whether a kill without any other known cause was for want of memory."""
        near = self.peak_bytes is not None and self.limit_bytes is not None
        return self.killed_for_memory or (near and self.peak_bytes >= NEAR * self.limit_bytes)  # type: ignore[operator]

    def describe(self) -> str:
        """`It held up to 3.1 GB of 4 GB.`; empty when nobody looked."""
        if self.peak_bytes is None:
            return ""
        of = "" if self.limit_bytes is None else f" of {_show(self.limit_bytes)}"
        return f"It held up to {_show(self.peak_bytes)}{of}."


class MemoryWatch:
    """Compares the system's counts of processes killed for want of memory, before and after.

    Args:
        cgroups: where the control groups are mounted.
    """

    def __init__(self, cgroups: Path = CGROUPS) -> None:
        self._folders = _folders(cgroups)
        self._before = self._kills()

    def end(self, peak_bytes: int | None) -> MemoryEnd:
        """How things are at the kernel's death."""
        return MemoryEnd(peak_bytes, self._limit(), self._kills() > self._before)

    def _kills(self) -> int:
        """Counted by the control groups, of either version; by the machine where those do not count."""
        names = ("memory.events", "memory.oom_control")
        counts = [_count(folder / name) for folder in self._folders for name in names]
        known = [count for count in counts if count is not None]
        return sum(known) if known else _count(Path("/proc/vmstat")) or 0

    def _limit(self) -> int | None:
        limits = [psutil.virtual_memory().total]
        for folder in self._folders:
            for name in ("memory.max", "memory.limit_in_bytes"):
                text = _read(folder / name).strip()
                if text.isdecimal():
                    limits.append(int(text))
        return min(limits)


def _folders(cgroups: Path) -> list[Path]:
    """This process's control groups for memory, and their mounts' roots, which they are in a container."""
    found = {cgroups, cgroups / "memory"}
    for line in _read(Path("/proc/self/cgroup")).splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            found.add(cgroups / path.lstrip("/"))
        elif "memory" in controllers.split(","):
            found.add(cgroups / "memory" / path.lstrip("/"))
    return sorted(found)


def _count(file: Path) -> int | None:
    words = (line.split() for line in _read(file).splitlines())
    return next((int(word[1]) for word in words if len(word) == 2 and word[0] == "oom_kill"), None)


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""


def _show(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
