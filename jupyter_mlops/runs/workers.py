"""Which workers are alive, and having one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import psutil
from sqlalchemy import select

from jupyter_mlops.config import Settings
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Worker

ALIVE_FOR = timedelta(seconds=20)


def live_workers(store: Store, now: datetime) -> list[Worker]:
    """The workers whose heartbeat is fresh; one of this machine that was killed is known at once."""
    with store.reading() as session:
        fresh = session.scalars(
            select(Worker)
            .where(Worker.stopped_at.is_(None), Worker.heartbeat_at > now - ALIVE_FOR)
            .order_by(Worker.started_at)
        ).all()
    here = socket.gethostname()
    return [worker for worker in fresh if worker.host != here or _runs_still(worker.pid)]


def _runs_still(pid: int) -> bool:
    """Whether the process lives; a killed child that its parent has not yet asked after does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def ensure_worker(store: Store, settings: Settings) -> bool:
    """Start a detached worker if none is alive; says whether it did.

    It outlives this process, and ends by itself after 15 minutes with nothing to run and no active trigger.
    Callers that come at the same time may each start one: all but the first find its lock and end at once.
    """
    if live_workers(store, datetime.now(timezone.utc)):
        return False
    log_path = settings.logs / "worker.log"
    with os.fdopen(os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log_file:
        subprocess.Popen(
            [sys.executable, "-m", "jupyter_mlops.runs.worker_main"],
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=log_file,
            cwd=settings.data_dir,
            env={**os.environ, **settings.process_environment()},
            start_new_session=True,
        )
    return True
