"""A living kernel holds its journal, so that a reader can tell that it is dead. Standard library only."""

from __future__ import annotations

import os

try:
    import fcntl
except ImportError:  # Windows has no such locks; a reader then has only the process's number
    fcntl = None  # type: ignore[assignment]


def hold(fd: int) -> bool:
    """Hold an open journal until this process ends; False where the system or the disk offers no locks."""
    return _lock(fd, exclusive=True)


def is_held(path: str | os.PathLike[str]) -> bool:
    """Whether some process holds the journal.

    Raises:
        OSError: it cannot be opened.
    """
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        return not _lock(fd, exclusive=False)
    finally:
        os.close(fd)


def _lock(fd: int, *, exclusive: bool) -> bool:
    if fcntl is None:
        return False
    try:
        fcntl.flock(fd, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
