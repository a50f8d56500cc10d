"""Deleting the snapshots that no run needs any more.

A snapshot's hash is written down before the run that had it is deleted, so that one that nobody deletes now
is found by the next clean. Only what was written down is looked at: a snapshot that something else refers to
is none of ours.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy import select

from jupyter_mlops.notebooks.snapshots import SnapshotStore
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Run

TRASH = ".trash"
SHA_LENGTH = 64
GRACE_S = 600.0
"""A snapshot kept within this time may be a run's that is not in the store yet."""
_AT_ONCE = 500


class UnusedSnapshots:
    """The snapshots that may have lost their last run.

    Args:
        store: says which are still in use.
        snapshots: has them.
    """

    def __init__(self, store: Store, snapshots: SnapshotStore) -> None:
        self._store = store
        self._snapshots = snapshots
        self._trash = snapshots.folder / TRASH

    def write_down(self, sha: str) -> None:
        """Remember a snapshot whose run is about to be deleted."""
        self._trash.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._trash / self._snapshots.path(sha).stem).touch(mode=0o600)

    def would_go(self, run_ids: Iterable[str], shas: Iterable[str | None]) -> int:
        """How many bytes of snapshots would go with these runs."""
        going, wanted = set(run_ids), {sha for sha in shas if sha}
        used = {sha for sha, run_id in self._users(wanted) if run_id not in going}
        return sum(self._size(sha) for sha in wanted - used)

    def delete(self, deadline: float) -> int:
        """Delete those that nothing uses; answers with how many bytes. Stops at the deadline."""
        if not self._trash.is_dir():
            return 0
        marked = sorted(path.name for path in self._trash.iterdir() if len(path.name) == SHA_LENGTH)
        freed = 0
        for start in range(0, len(marked), _AT_ONCE):
            if time.monotonic() > deadline:
                break
            shas = marked[start : start + _AT_ONCE]
            used = {sha for sha, _ in self._users(shas)}
            freed += sum(self._settle(sha, sha in used) for sha in shas)
        return freed

    def _settle(self, sha: str, is_used: bool) -> int:
        marker, aside = self._trash / sha, self._trash / f"{sha}.gone"
        path = self._snapshots.path(sha)
        if aside.exists() and (is_used or _is_young(aside)) and not path.exists():
            aside.replace(path)  # a clean before this one was killed in the middle
        if is_used or self._snapshots.pin_path(sha).exists():
            marker.unlink(missing_ok=True)
            return 0
        if path.exists():
            if _is_young(path):
                return 0
            path.replace(aside)
            if _is_young(aside):  # kept anew between the look and the rename
                aside.replace(path)
                return 0
        freed = aside.stat().st_size if aside.exists() else 0
        aside.unlink(missing_ok=True)
        marker.unlink(missing_ok=True)
        return freed

    def _users(self, shas: Iterable[str]) -> list[tuple[str, str]]:
        wanted = sorted(shas)
        found: list[tuple[str, str]] = []
        with self._store.reading() as session:
            for start in range(0, len(wanted), _AT_ONCE):
                some: Sequence[str] = wanted[start : start + _AT_ONCE]
                rows = session.execute(select(Run.snapshot_sha, Run.id).where(Run.snapshot_sha.in_(some)))
                found += [(sha, run_id) for sha, run_id in rows if sha]
        return found

    def _size(self, sha: str) -> int:
        path = self._snapshots.path(sha)
        try:
            return 0 if self._snapshots.pin_path(sha).exists() else path.stat().st_size
        except FileNotFoundError:
            return 0


def _is_young(path: Path) -> bool:
    return time.time() - path.stat().st_mtime < GRACE_S
