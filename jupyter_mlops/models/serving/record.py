"""What is kept of a served model: one JSON file, and its log beside it."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import psutil
from filelock import FileLock

from jupyter_mlops.loopback import HOST

State = Literal["starting", "ready", "failed", "stopped"]
LOG_LINES = 50
LOG_BYTES = 20_000


@dataclass(frozen=True)
class ServingRecord:
    """A model that is, or was to be, served.

    Args:
        version: as it was asked for, then the number that this was found to be.
        pid: of the serving process.
        born: when that began, by the system's clock (seconds since 1970): a number may be used again.
        message: why it could not be served.
    """

    id: str
    model: str
    version: str
    port: int
    started_at: str
    pid: int | None = None
    born: float | None = None
    message: str | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    def process(self) -> psutil.Process | None:
        """The serving process, None when it has ended."""
        if self.pid is None or self.born is None:
            return None
        try:
            process = psutil.Process(self.pid)
            is_it = abs(process.create_time() - self.born) < 1 and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return None
        return process if is_it else None


class ServingFiles:
    """The records of all served models, in one folder.

    Args:
        folder: made when it is needed, for this user only.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def log_of(self, serving_id: str) -> Path:
        """The log of one."""
        return self.folder / f"{serving_id}.log"

    def scratch_of(self, serving_id: str) -> Path:
        """The folder for temporary files of one."""
        return self.folder / f"{serving_id}.tmp"

    def write(self, record: ServingRecord) -> None:
        """Keep a record, in one step."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self.folder / f".{record.id}.{os.getpid()}"
        partial.write_text(json.dumps(asdict(record)), encoding="utf-8")
        partial.chmod(0o600)
        partial.replace(self._path(record.id))

    def change(self, serving_id: str, **changes: Any) -> None:
        """Change what a record says, unless it is gone; its server and whoever started it both do."""
        with FileLock(self.folder / ".lock"):
            record = self.read(serving_id)
            if record is not None:
                self.write(replace(record, **changes))

    def read(self, serving_id: str) -> ServingRecord | None:
        """A record by its id; None when there is none."""
        if not serving_id.isalnum():
            return None
        try:
            return ServingRecord(**json.loads(self._path(serving_id).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def read_all(self) -> list[ServingRecord]:
        """All of them, oldest first."""
        read = (self.read(path.stem) for path in self.folder.glob("*.json"))
        return sorted((record for record in read if record), key=lambda record: record.started_at)

    def remove(self, serving_id: str) -> None:
        """Forget one, with its log and its temporary files."""
        self._path(serving_id).unlink(missing_ok=True)
        self.log_of(serving_id).unlink(missing_ok=True)
        shutil.rmtree(self.scratch_of(serving_id), ignore_errors=True)

    def last_lines(self, serving_id: str) -> list[str]:
        """The end of its log."""
        try:
            with self.log_of(serving_id).open("rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - LOG_BYTES))
                return file.read().decode(errors="replace").splitlines()[-LOG_LINES:]
        except OSError:
            return []

    def _path(self, serving_id: str) -> Path:
        return self.folder / f"{serving_id}.json"
