"""Which workers are alive, and having one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

import psutil
from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.config import Settings
from jupyter_mlops.ids import new_id
from jupyter_mlops.runs.executors import installed_executors
from jupyter_mlops.store import Store, changes
from jupyter_mlops.store.tables import Worker

ALIVE_FOR = timedelta(seconds=20)
LOADS_WITHIN = timedelta(seconds=60)


def live_workers(store: Store, now: datetime) -> list[Worker]:
    """The workers whose heartbeat is fresh; one of this machine that was killed is known at once."""
    with store.reading() as session:
        return _live_workers(session, now)


def _live_workers(session: Session, now: datetime) -> list[Worker]:
    fresh = session.scalars(
        select(Worker)
        .where(
            Worker.stopped_at.is_(None),
            (Worker.heartbeat_at > now - ALIVE_FOR) | (Worker.started_at > now - LOADS_WITHIN),
        )
        .order_by(Worker.started_at)
    ).all()
    here = socket.gethostname()
    return [worker for worker in fresh if worker.host != here or runs_still(worker.pid)]


def live_executors(session: Session, now: datetime) -> frozenset[str] | None:
    """The executors that live workers have between them; None while one has not said which it has.

    When none is alive, those that are installed here: the one that is then started has them.
    """
    workers = _live_workers(session, now)
    if not workers:
        return frozenset(installed_executors())
    if any(worker.executors is None for worker in workers):
        return None
    return frozenset(name for worker in workers for name in worker.executors or ())


def runs_still(pid: int) -> bool:
    """Whether the process lives; a killed child that its parent has not yet asked after does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def ensure_worker(store: Store, settings: Settings) -> bool:
    """Start a detached worker if none is alive; says whether it did.

    It outlives this process, and ends by itself after 15 minutes with nothing to run and no active trigger.
    It is entered as alive before it has loaded, in the transaction that found none, so that callers who come
    at the same time start one between them.
    """
    now = datetime.now(timezone.utc)
    if live_workers(store, now):
        return False
    with store.session() as session:
        if _live_workers(session, now):
            return False
        worker_id = new_id()
        pid = _start_detached(settings, worker_id)
        register_worker(session, worker_id, pid, default_slots(), now)
    return True


def register_worker(
    session: Session,
    worker_id: str,
    pid: int,
    slots: int,
    now: datetime,
    executors: Iterable[str] | None = None,
) -> None:
    """Enter a worker process of this machine as alive; of one that is entered already only what it has.

    Args:
        session: a transaction.
        worker_id: whose entry it is.
        pid, slots: the process, and how many runs at once.
        now: the moment.
        executors: by their names; None: it has not said yet.
    """
    has = None if executors is None else sorted(executors)
    if (entered := session.get(Worker, worker_id)) is not None:
        entered.executors = entered.executors if has is None else has
        return
    session.add(
        Worker(
            id=worker_id,
            host=socket.gethostname(),
            pid=pid,
            slots=slots,
            started_at=now,
            heartbeat_at=now,
            executors=has,
        )
    )
    changes.record(session, "worker", worker_id, state="started")


def default_slots() -> int:
    """Two at least, so that one long run does not hold up all others; else half the processors."""
    return max(2, (os.cpu_count() or 2) // 2)


# What a kernel, runner or attempt has of its own: a worker that one of them starts outlives it.
_OF_AN_ATTEMPT = (
    "JUPYTER_MLOPS_ATTEMPT_ID",
    "JUPYTER_MLOPS_WORKER_ID",
    "JUPYTER_MLOPS_RUN_ID",
    "JUPYTER_MLOPS_NOTEBOOK",
    "JUPYTER_MLOPS_ROOT",
    "JUPYTER_MLOPS_MLFLOW_RUN_ID",
    "JPY_SESSION_NAME",
    "JPY_PARENT_PID",
    "MLFLOW_RUN_ID",
    "MLFLOW_EXPERIMENT_ID",
)


def _start_detached(settings: Settings, worker_id: str) -> int:
    log_path = settings.logs / "worker.log"
    own = {name: value for name, value in os.environ.items() if name not in _OF_AN_ATTEMPT}
    with os.fdopen(os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log_file:
        return subprocess.Popen(
            [sys.executable, "-m", "jupyter_mlops.runs.worker_main", worker_id],
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=log_file,
            cwd=settings.data_dir,
            env={**own, **settings.process_environment()},
            start_new_session=True,
        ).pid
