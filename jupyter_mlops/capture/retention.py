"""Forgetting: executions older than somebody wants to keep them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from jupyter_mlops.capture.batch import note_changes
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import CellExecution, KernelSession, Source

BATCH = 2000  # rows deleted at once, so that recording need not wait long


@dataclass(frozen=True)
class Purged:
    """How many rows were deleted."""

    executions: int
    sources: int
    sessions: int


def purge(store: Store, older_than: datetime) -> Purged:
    """Delete the executions that began before a moment, then the sources and sessions that nothing uses.

    What is still running stays, and so does its session. Journals of dead kernels are deleted by the
    ingester, a day after their last line.

    Raises:
        ValueError: the moment has no time zone.
    """
    if older_than.tzinfo is None:
        raise ValueError("the moment before which executions are deleted needs a time zone")
    executions = 0
    while deleted := _purge_some(store, older_than):
        executions += deleted
    with store.session() as session:
        return Purged(executions, _purge_sources(session), _purge_sessions(session, older_than))


def _purge_some(store: Store, older_than: datetime) -> int:
    old = (CellExecution.started_at < older_than) & (CellExecution.status != "running")
    columns = (CellExecution.id, CellExecution.root, CellExecution.notebook)
    with store.session() as session:
        rows = session.execute(select(*columns).where(old).limit(BATCH)).all()
        for start in range(0, len(rows), 500):
            ids = [row.id for row in rows[start : start + 500]]
            session.execute(delete(CellExecution).where(CellExecution.id.in_(ids)))
        note_changes(session, {(row.root, row.notebook) for row in rows})
    return len(rows)


def _purge_sources(session: Session) -> int:
    if session.get_bind().dialect.name == "postgresql":  # else an ingester may just now count on one of them
        session.execute(text("LOCK TABLE executions IN SHARE ROW EXCLUSIVE MODE"))
    used = select(CellExecution.source_sha)
    return _rows(session.execute(delete(Source).where(Source.sha.not_in(used))))


def _purge_sessions(session: Session, older_than: datetime) -> int:
    used = select(CellExecution.session_id)
    ended = (KernelSession.ended_at < older_than) & KernelSession.id.not_in(used)
    return _rows(session.execute(delete(KernelSession).where(ended)))


def _rows(result: object) -> int:
    return int(getattr(result, "rowcount", 0))
