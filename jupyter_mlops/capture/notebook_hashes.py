"""Which saved notebook a cell ran in: the hash of its file, where that was not saved since."""

from __future__ import annotations

import hashlib
import socket
from datetime import datetime
from pathlib import Path

from jupyter_mlops.store.tables import KernelSession

MAX_BYTES = 64 * 2**20
MAX_REMEMBERED = 1000

_hashes: dict[str, tuple[int, int, str]] = {}


def saved_hash(of: KernelSession, started_at: datetime) -> str | None:
    """The SHA-256 of a session's notebook as it was when a cell of it began; the same as its snapshot's.

    None where nobody can say: it was saved since, is on another machine, too large, or not to be read.
    """
    if of.notebook is None or of.host not in (None, socket.gethostname()):
        return None
    path = Path(of.root or "", of.notebook)
    try:
        facts = path.stat()
        if facts.st_mtime > started_at.timestamp() or facts.st_size > MAX_BYTES or not path.is_absolute():
            return None
        return _hash(path, facts.st_mtime_ns, facts.st_size)
    except (OSError, ValueError):
        return None


def _hash(path: Path, saved_ns: int, size: int) -> str:
    known = _hashes.get(str(path))
    if known is not None and known[:2] == (saved_ns, size):
        return known[2]
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    while len(_hashes) >= MAX_REMEMBERED:  # several threads may ingest
        _hashes.pop(next(iter(_hashes)), None)
    _hashes[str(path)] = (saved_ns, size, found)
    return found
