"""Starting, watching and stopping served models."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from http.client import HTTPException
from typing import Any
from urllib.request import urlopen

import psutil

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import NotFoundError
from jupyter_mlops.ids import new_id
from jupyter_mlops.loopback import choose_port
from jupyter_mlops.models.reference import ModelReference
from jupyter_mlops.models.serving.record import ServingFiles, ServingRecord, State

ANSWERS_WITHIN_S = 1.0
ENDS_WITHIN_S = 5.0


@dataclass(frozen=True)
class Serving:
    """A served model as it is now.

    Args:
        state: `ready` once its health check answers.
        log: its last lines.
    """

    id: str
    model: str
    version: str
    state: State
    url: str
    pid: int | None
    started_at: str
    message: str | None
    log: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As the REST schema `Serving` has it."""
        return {**vars(self), "log": list(self.log)}


class ServingService:
    """The models that this user serves from this machine; they outlive whoever started them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.files = ServingFiles(settings.data_dir / "servings")

    def start(self, model: ModelReference, port: int | None = None, *, detached: bool = True) -> Serving:
        """Begin to serve a version; it is ready some seconds later.

        Args:
            port: on the loopback; by default a free one.
            detached: whether it goes on when this process ends.

        Raises:
            BadInputError: the port is taken.
        """
        record = ServingRecord(
            new_id(),
            model.name,
            model.version,
            choose_port(port),
            datetime.now(timezone.utc).isoformat(),
        )
        self.files.write(record)
        process = self._spawn(record, detached)
        # Its process may have written already, which version it is.
        self.files.change(record.id, pid=process.pid, born=_born(process.pid))
        return self.get(record.id)

    def get(self, serving_id: str) -> Serving:
        """One of them as it is now.

        Raises:
            NotFoundError: there is none of that id.
        """
        record = self.files.read(serving_id)
        if record is None:
            raise NotFoundError(
                f"No model is served under {serving_id!r}.",
                field="serving",
                hint="`jupyter mlops servings` lists those that are.",
            )
        return self._look_at(record)

    def list(self) -> list[Serving]:
        """All of them, oldest first."""
        return [self._look_at(record) for record in self.files.read_all()]

    def stop(self, serving_id: str) -> Serving:
        """End one with all its processes, and forget it.

        Raises:
            NotFoundError: there is none of that id.
        """
        serving = self.get(serving_id)
        record = self.files.read(serving_id)
        if record is not None and (process := record.process()) is not None:
            _end(process)
        self.files.remove(serving_id)
        return replace(serving, state="stopped", url=serving.url)

    def _spawn(self, record: ServingRecord, detached: bool) -> subprocess.Popen[bytes]:
        self.files.scratch_of(record.id).mkdir(mode=0o700)
        log = os.open(self.files.log_of(record.id), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            return subprocess.Popen(
                [sys.executable, "-m", "jupyter_mlops.models.serving.serve_main", record.id],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={
                    **os.environ,
                    **self._settings.process_environment(),
                    "PYTHONUNBUFFERED": "1",
                    "TMPDIR": str(self.files.scratch_of(record.id)),  # a model from elsewhere is copied there
                },
                cwd=self.files.folder,
                start_new_session=detached,
            )
        finally:
            os.close(log)

    def _look_at(self, record: ServingRecord) -> Serving:
        log = self.files.last_lines(record.id)
        state: State = "failed"
        message = record.message
        if record.process() is not None:
            state = "ready" if _is_healthy(record) else "starting"
        elif message is None:
            said = next((line for line in reversed(log) if line.strip()), "it said nothing")
            message = f"Its process has ended: {said.strip()}"
        return Serving(
            record.id,
            record.model,
            record.version,
            state,
            record.url,
            record.pid,
            record.started_at,
            message if state == "failed" else None,
            tuple(log),
        )


def _is_healthy(record: ServingRecord) -> bool:
    try:
        with urlopen(f"{record.url}/ping", timeout=ANSWERS_WITHIN_S) as answer:  # noqa: S310 - our own
            return bool(answer.status == 200)
    except (OSError, HTTPException):  # or another process took the port, and speaks no HTTP
        return False


def _born(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def _end(process: psutil.Process) -> None:
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return
    for end in (psutil.Process.terminate, psutil.Process.kill):
        for member in family:
            try:
                end(member)
            except psutil.Error:
                continue
        _, family = psutil.wait_procs(family, timeout=ENDS_WITHIN_S)
        if not family:
            return
