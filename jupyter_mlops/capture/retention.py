"""Forgetting: executions older than somebody wants to keep them."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from sqlalchemy import ColumnElement, delete, func, select, text, true
from sqlalchemy.orm import Session

from jupyter_mlops.capture.batch import note_changes
from jupyter_mlops.errors import BadInputError
from jupyter_mlops.moments import parse_age
from jupyter_mlops.store import Store
from jupyter_mlops.store.executions import Place, is_at
from jupyter_mlops.store.tables import CellExecution, KernelSession, Source

RETENTION = "JUPYTER_MLOPS_RETENTION"
SHORTEST = timedelta(days=1)  # a kernel writes the text of a cell that it runs again only once a day
FORGET_EVERY = timedelta(days=1)
BATCH = 2000  # rows deleted at once, so that recording need not wait long
_STAMP = ".purged"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Purged:
    """How many rows were deleted, or would be."""

    executions: int
    sources: int
    sessions: int

    def as_dict(self) -> dict[str, int]:
        """For JSON."""
        return asdict(self)


def parse_retention(said: str | None) -> timedelta | None:
    """How long records are kept, as `JUPYTER_MLOPS_RETENTION` says it; None: for ever.

    Raises:
        BadInputError: it is no length of time, or less than a day.
    """
    if said is None or said.strip().lower() in ("", "off"):
        return None
    age = parse_age(said, RETENTION)
    if age < SHORTEST:
        raise BadInputError(f"{said!r} is too short: records are kept for a day at least.", field=RETENTION)
    return age


def forget_daily(store: Store, folder: Path, environ: Mapping[str, str] = os.environ) -> Purged | None:
    """Purge by the setting, once a day whoever asks; None when it is off, not due, or not understood.

    Args:
        store: to purge.
        folder: of the journals; a file in it remembers when it was last done.
        environ: has the setting.

    Raises:
        SQLAlchemyError: the store refuses; it is due again tomorrow.
    """
    now = datetime.now(timezone.utc)
    try:
        age = parse_retention(environ.get(RETENTION))
        if age is None or not _is_due(folder / _STAMP, now):
            return None
    except (BadInputError, OSError) as error:
        _log.warning("Records are not purged: %s", error)
        return None
    purged = purge(store, now - age)
    _log.info("purged what is older than %s: %s", age, purged)
    return purged


def _is_due(stamp: Path, now: datetime) -> bool:
    """Whether nobody has purged for a day; who is told so has it to do."""
    try:
        age = now - datetime.fromtimestamp(stamp.stat().st_mtime, timezone.utc)
    except FileNotFoundError:
        age = FORGET_EVERY
    if timedelta(0) <= age < FORGET_EVERY:
        return False
    stamp.touch(mode=0o600)
    return True


def purge(
    store: Store, older_than: datetime, places: Sequence[Place] | None = None, *, dry_run: bool = False
) -> Purged:
    """Delete the executions that began before a moment, then the sources and sessions that nothing uses.

    What is still running stays, and so does its session. Journals of dead kernels are deleted by the
    ingester, a day after their last line.

    Args:
        store: to purge.
        older_than: the moment.
        places: only of the notebook with these names; None: of all.
        dry_run: only say how many would be deleted.

    Raises:
        ValueError: the moment has no time zone.
    """
    if older_than.tzinfo is None:
        raise ValueError("the moment before which executions are deleted needs a time zone")
    is_old = (CellExecution.started_at < older_than) & (CellExecution.status != "running")
    if places is not None:
        is_old &= is_at(places)
    if dry_run:
        with store.reading() as session:
            return _count(session, is_old, older_than)
    executions = 0
    while deleted := _purge_some(store, is_old):
        executions += deleted
    with store.session() as session:
        return Purged(executions, _purge_sources(session), _purge_sessions(session, older_than))


def _count(session: Session, is_old: ColumnElement[bool], older_than: datetime) -> Purged:
    stays = is_old.is_not(true())
    sources = Source.sha.not_in(select(CellExecution.source_sha).where(stays))
    in_use = select(CellExecution.session_id).where(stays)
    sessions = (KernelSession.ended_at < older_than) & KernelSession.id.not_in(in_use)
    count = select(func.count())
    return Purged(
        session.scalar(count.select_from(CellExecution).where(is_old)) or 0,
        session.scalar(count.select_from(Source).where(sources)) or 0,
        session.scalar(count.select_from(KernelSession).where(sessions)) or 0,
    )


def _purge_some(store: Store, is_old: ColumnElement[bool]) -> int:
    columns = (CellExecution.id, CellExecution.root, CellExecution.notebook)
    with store.session() as session:
        rows = session.execute(select(*columns).where(is_old).limit(BATCH)).all()
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
