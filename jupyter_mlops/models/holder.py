"""Who holds a registration or a turn: a name from which others can tell that its process is gone."""

from __future__ import annotations

import hashlib
import os
import socket
from functools import lru_cache

from jupyter_mlops.ids import new_id
from jupyter_mlops.runs.workers import runs_still

_PROCESSES = "/proc/self/ns/pid"


def new_holder() -> str:
    """A name for work that begins now in this process."""
    return f"{_machine()}:{os.getpid()}:{new_id()}"


def is_gone(holder: str | None) -> bool:
    """Whether the holder's process was on this machine and runs no more: its lease need not be waited for."""
    pid = pid_here(holder)
    return pid is not None and not runs_still(pid)


def pid_here(holder: str | None) -> int | None:
    """The holder's process on this machine; None when it is on another."""
    machine, _, rest = (holder or "").partition(":")
    pid, _, _ = rest.partition(":")
    return int(pid) if machine == _machine() and pid.isdecimal() else None


@lru_cache
def _machine() -> str:
    """Where a process id means the same: the machine's name, and on Linux what its containers count by."""
    try:
        counted = os.stat(_PROCESSES).st_ino  # noqa: PTH116 - its inode is what is wanted
    except OSError:
        counted = 0
    return hashlib.sha256(f"{socket.gethostname()} {counted}".encode()).hexdigest()[:10]
