"""Kept kernels, each a small file: what one process holds, another finds, and a third clears up after.

A record says which run's kernel is kept, where it is reached, by whom it is held and until when. It is the
agreement between the runner that holds the kernel, which lets it go when the record is gone or its time is
over, and the one that resumes a run in it, which claims the record first.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psutil

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import ConflictError

FOLDER = "kept"
KERNEL_GONE = "kernel_gone"


@dataclass(frozen=True)
class ProcessMark:
    """A process that another one with the same number is not taken for."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> ProcessMark:
        """The process that has this number now.

        Raises:
            psutil.Error: there is none.
        """
        return cls(pid, psutil.Process(pid).create_time())

    @property
    def is_alive(self) -> bool:
        """Whether it is still there."""
        try:
            process = psutil.Process(self.pid)
            return process.create_time() == self.started and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False


@dataclass(frozen=True)
class KeptKernel:
    """The kernel of a failed run.

    Attributes:
        run_id: the run that can be resumed in it.
        attempt_id: under which the kernel was started: its processes carry it in their environment.
        kernel, holder: the kernel, and the runner that started it; without its holder a kernel ends.
        connection_file: where it is reached.
        host: the machine that all this is on.
        expires_at: until when it is kept, as ISO 8601.
        worked_in: whether it was opened to be worked in by hand.
    """

    run_id: str
    attempt_id: str
    kernel: ProcessMark
    holder: ProcessMark
    connection_file: str
    host: str
    expires_at: str
    worked_in: bool = False

    @property
    def is_alive(self) -> bool:
        """Whether the kernel and its holder are there, on this machine."""
        return self.host == socket.gethostname() and self.kernel.is_alive and self.holder.is_alive

    @property
    def is_over(self) -> bool:
        """Whether its time is over."""
        return datetime.fromisoformat(self.expires_at) <= datetime.now(timezone.utc)


class KeptKernels:
    """The kept kernels of one user.

    Args:
        settings: the records are in its data folder.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.data_dir / FOLDER

    def write(self, kept: KeptKernel) -> None:
        """Write a record, in place of the one of the same kernel.

        Raises:
            OSError: the disk refuses.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self._folder / f".{kept.attempt_id}.new"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(kept), file)
        new.replace(self._path(kept.attempt_id))

    def all(self) -> list[KeptKernel]:
        """All records, the oldest first; one that cannot be read is none."""
        return sorted(self._read_all(), key=lambda kept: kept.expires_at)

    def of_run(self, run_id: str) -> KeptKernel | None:
        """The kernel in which a run can be resumed now; None when there is none, any more."""
        of_run = (kept for kept in self.all() if kept.run_id == run_id)
        return next((kept for kept in of_run if kept.is_alive and not kept.is_over), None)

    def of_kernel(self, attempt_id: str) -> KeptKernel | None:
        """The record of the kernel that was started for an attempt."""
        return _read(self._path(attempt_id))

    def claim(self, kept: KeptKernel) -> bool:
        """Take a kernel for a run that resumes in it: this process's, until `give_back` or its end."""
        try:
            handle = os.open(self._claim_path(kept.attempt_id), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:
            return False
        with os.fdopen(handle, "w") as file:
            json.dump(asdict(ProcessMark.of(os.getpid())), file)
        return True

    def give_back(self, attempt_id: str) -> None:
        """End a claim."""
        self._claim_path(attempt_id).unlink(missing_ok=True)

    def claimed_by(self, attempt_id: str) -> ProcessMark | None:
        """Who has claimed a kernel; None when nobody has."""
        try:
            return ProcessMark(**json.loads(self._claim_path(attempt_id).read_text()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError):  # it is just being written
            return ProcessMark.of(os.getpid())

    def forget(self, attempt_id: str) -> None:
        """Remove a record: its holder lets the kernel go."""
        self._path(attempt_id).unlink(missing_ok=True)
        self.give_back(attempt_id)

    def _read_all(self) -> Iterator[KeptKernel]:
        with contextlib.suppress(OSError):
            for path in self._folder.glob("*.json"):
                if (kept := _read(path)) is not None:
                    yield kept

    def _path(self, attempt_id: str) -> Path:
        return self._folder / f"{attempt_id}.json"

    def _claim_path(self, attempt_id: str) -> Path:
        return self._folder / f"{attempt_id}.claim"


def kernel_gone(run_id: str) -> ConflictError:
    """The refusal to resume a run whose kernel is no more to be had."""
    return ConflictError(
        f"The kernel of run {run_id} is gone, or another run goes on in it.",
        field="run",
        hint="Run it again from the top: `jupyter mlops run`, or Run again.",
        code=KERNEL_GONE,
    )


def _read(path: Path) -> KeptKernel | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
        marks = {name: ProcessMark(**found[name]) for name in ("kernel", "holder")}
        kept = KeptKernel(**{**found, **marks})
        datetime.fromisoformat(kept.expires_at)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return kept
