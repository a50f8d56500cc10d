"""Immutable copies of notebooks, named by their content."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from pathlib import Path

from jupyter_mlops.errors import NotFoundError, StoreError

_SHA = re.compile(r"^[0-9a-f]{64}$")


class SnapshotStore:
    """A folder of notebooks as they were when a run of them was asked for.

    A snapshot is written to the side, flushed to the disk and renamed into place, so that it is whole or
    absent, whichever process dies when. Any number of processes may keep the same bytes at once.

    Args:
        folder: made on first use, 0700; files in it are 0600.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, data: bytes, *, pin: bool = False) -> str:
        """Store a notebook's bytes, unless they are there already, and return their SHA-256.

        Args:
            data: the notebook's bytes.
            pin: something outside the store refers to it, so that it must stay when no job run needs it.

        Raises:
            StoreError: the folder cannot be written.
        """
        sha = hashlib.sha256(data).hexdigest()
        path = self.path(sha)
        try:
            if not _holds(path, data):
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self.folder.chmod(0o700)
                _write_whole(path, data)
            if pin:
                self.pin_path(sha).touch(mode=0o600)
        except OSError as error:
            raise StoreError(
                f"The notebook's snapshot cannot be written: {error.strerror or error}.",
                hint=f"Check the free space and the rights of {self.folder}.",
            ) from error
        return sha

    def path(self, sha: str) -> Path:
        """Where the snapshot of that hash is, or would be.

        Raises:
            NotFoundError: it is no SHA-256.
        """
        if not _SHA.match(sha):
            raise NotFoundError(f"There is no snapshot '{sha[:80]}'.", field="snapshot_sha")
        return self.folder / sha[:2] / f"{sha}.ipynb"

    def pin_path(self, sha: str) -> Path:
        """The empty file that says that the snapshot must stay."""
        return self.path(sha).with_suffix(".pinned")

    def read(self, sha: str) -> bytes:
        """The bytes of a snapshot, proven by their hash.

        Raises:
            NotFoundError: there is no such snapshot.
            StoreError: the file is damaged or cannot be read.
        """
        path = self.path(sha)
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise NotFoundError(f"The snapshot {sha[:12]} is not there.", field="snapshot_sha") from error
        except OSError as error:
            raise StoreError(
                f"The snapshot {sha[:12]} cannot be read: {error.strerror or error}.",
                hint=f"Check the rights of {path}.",
            ) from error
        if hashlib.sha256(data).hexdigest() != sha:
            raise StoreError(
                f"The snapshot {sha[:12]} is damaged: its content does not match its name.",
                hint=f"Restore {path} from a backup, or run the notebook again to make a new snapshot.",
            )
        return data


def _holds(path: Path, data: bytes) -> bool:
    """Whether the snapshot is there and sound: a damaged one is healed by keeping it again.

    Its time is set first: housekeeping looks at it after it has taken a snapshot away, and puts back what
    somebody has just counted on.
    """
    try:
        os.utime(path)
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except FileNotFoundError:
        return False


def _write_whole(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=".keep-", dir=path.parent)  # 0600
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut; Windows cannot open folders, and need not."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
