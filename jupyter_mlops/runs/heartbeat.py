"""A worker's heartbeat: in a thread of its own, so that nothing else the worker does can hold it up."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Collection
from datetime import datetime, timezone

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from jupyter_mlops.runs import queue
from jupyter_mlops.runs.leases import LeaseWatch
from jupyter_mlops.runs.queue import Lease
from jupyter_mlops.runs.workers import runs_still
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Worker

log = logging.getLogger(__name__)
HEARTBEAT_S = 3.0


class Heartbeat:
    """Says that a worker is alive, renews its leases, and ends the runs whose leases nobody renews.

    Args:
        store: the store.
        worker_id: whose heart it is.
        held: answers with the attempts that the worker holds and whose runners are well.
        on_taken: called, from the thread, with each attempt that the worker holds no longer.
        on_lost: called, from the thread, with each lease of a dead worker that was ended.
    """

    def __init__(
        self,
        store: Store,
        worker_id: str,
        held: Callable[[], Collection[str]],
        on_taken: Callable[[str], None],
        on_lost: Callable[[Lease], None],
    ) -> None:
        self._store = store
        self._worker_id = worker_id
        self._held = held
        self._on_taken = on_taken
        self._on_lost = on_lost
        self._leases = LeaseWatch()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Beat no more."""
        self._stop.set()
        self._thread.join(timeout=HEARTBEAT_S)

    def beat(self) -> None:
        """One beat, in one transaction."""
        attempts = list(self._held())
        with self._store.session() as session:
            session.execute(update(Worker).where(Worker.id == self._worker_id).values(heartbeat_at=_now()))
            renewed = queue.renew_leases(session, attempts, _now()) if attempts else set()
            lost = self._end_lost(session)
        for attempt_id in attempts:
            if attempt_id not in renewed:
                self._on_taken(attempt_id)
        for lease in lost:
            self._on_lost(lease)

    def _beat_on(self) -> None:
        while not self._stop.is_set():
            try:
                self.beat()
            except Exception:  # a locked store, a full disk: the next beat may succeed
                log.exception("a heartbeat failed; the next is in %g s", HEARTBEAT_S)
            self._stop.wait(HEARTBEAT_S)

    def _end_lost(self, session: Session) -> list[Lease]:
        leases = queue.running_leases(session)
        dead = _dead_workers_here(session, {lease.worker_id for lease in leases if lease.worker_id})
        lost = self._leases.run_out(leases, dead)
        return [lease for lease in lost if queue.take_from(session, lease, _now())]


def _dead_workers_here(session: Session, worker_ids: Collection[str]) -> set[str]:
    """Those of the workers that ran on this machine, and whose process is gone."""
    here = select(Worker).where(Worker.id.in_(worker_ids), Worker.host == socket.gethostname())
    return {worker.id for worker in session.scalars(here) if not runs_still(worker.pid)}


def _now() -> datetime:
    return datetime.now(timezone.utc)
