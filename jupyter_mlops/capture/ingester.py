"""From journals to the store: at least once, and twice is the same as once."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psutil
from sqlalchemy import delete, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from jupyter_mlops.capture.analysis import analyse
from jupyter_mlops.capture.batch import Place, note_changes, write_batch
from jupyter_mlops.capture.distributions import name_distributions
from jupyter_mlops.capture.facts import relative_to_root
from jupyter_mlops.capture.journal_lock import is_held
from jupyter_mlops.capture.journals import BeginRecord, Chunk, EndRecord, parse_chunk
from jupyter_mlops.capture.repository import describe_changes
from jupyter_mlops.capture.retention import forget_daily
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import CellExecution, JournalOffset, KernelSession
from jupyter_mlops.tracking.late_tellings import tell_late

CHUNK_BYTES = 1 << 20
KEEP_JOURNALS = timedelta(days=1)

ResolveSession = Callable[[str], "tuple[str, str] | None"]
"""From a kernel's id to its notebook as the server knows it now: the root, and the path relative to it."""

_log = logging.getLogger(__name__)


@dataclass
class IngestReport:
    """What one pass did.

    Attributes:
        begun: executions new to the store.
        ended: executions whose end was read.
        closed: executions whose kernel had died.
        orphans: ends without a begin.
        corrupt_lines: damaged lines, skipped.
        removed: old journals deleted.
        problems: journals that could not be ingested, each with the reason; the others were.
    """

    begun: int = 0
    ended: int = 0
    closed: int = 0
    orphans: int = 0
    corrupt_lines: int = 0
    removed: int = 0
    problems: list[str] = field(default_factory=list)


class Ingester:
    """Reads what is new in kernels' journals into a store.

    Args:
        store: where to.
        resolve_session: tells where a kernel's notebook is now; a rename does not reach the kernel.
    """

    def __init__(self, store: Store, resolve_session: ResolveSession | None = None) -> None:
        self._store = store
        self._resolve_session = resolve_session

    def ingest_folder(self, folder: Path, resolve_session: ResolveSession | None = None) -> IngestReport:
        """Ingest every journal of a folder; one that cannot be read is a problem of the report only."""
        report = IngestReport()
        settled = self._settled()
        for path in sorted(folder.glob("*.jsonl")):
            try:
                self._visit(path, settled, resolve_session or self._resolve_session, report)
            except (OSError, SQLAlchemyError) as error:
                if path.exists():  # else another ingester was quicker to remove it
                    _log.warning("The journal %s was not ingested: %s", path, error)
                    report.problems.append(f"{path.name}: {error}")
        self._forget_old(folder)
        tell_late(folder)
        return report

    def ingest_file(self, path: Path, resolve_session: ResolveSession | None = None) -> IngestReport:
        """Ingest one journal.

        Raises:
            OSError: it cannot be read.
            SQLAlchemyError: the store refuses; nothing of the batch was kept, and it can be tried again.
        """
        report = IngestReport()
        self._ingest(path, resolve_session or self._resolve_session, report)
        return report

    def _forget_old(self, folder: Path) -> None:
        try:
            forget_daily(self._store, folder)
        except SQLAlchemyError as error:
            _log.warning("Old records were not purged: %s", error)

    def _visit(
        self, path: Path, settled: dict[str, datetime], resolve: ResolveSession | None, report: IngestReport
    ) -> None:
        written_at = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
        if _name(path) not in settled or written_at > settled[_name(path)]:
            self._ingest(path, resolve, report)
        elif written_at < datetime.now(timezone.utc) - KEEP_JOURNALS:
            self._remove(path, report)

    def _ingest(self, path: Path, resolve: ResolveSession | None, report: IngestReport) -> None:
        locator = _Locator(resolve)
        self._read_on(path, locator, report)
        with self._store.reading() as session:
            row = session.get(JournalOffset, _name(path))
            kernel_session = session.get(KernelSession, row.session_id) if row and row.session_id else None
        if kernel_session is None:
            return
        self._describe_repository(kernel_session)
        place = locator.now(kernel_session.kernel_id)
        if place is not None and place != (kernel_session.root, kernel_session.notebook):
            with self._store.session() as session:
                _move(session, kernel_session.id, place)
        if _is_gone(path, kernel_session):
            self._read_on(path, locator, report)  # what it wrote between our last read and its end
            with self._store.session() as session:
                report.closed += _close(session, path, kernel_session.id)

    def _read_on(self, path: Path, locator: _Locator, report: IngestReport) -> None:
        while path.stat().st_size > (offset := self._offset(path)):
            chunk = _read_chunk(path, offset)
            if chunk.size == 0:  # a line not yet whole
                return
            _prepare(chunk)
            with self._store.session() as session:
                row = session.get(JournalOffset, _name(path), with_for_update=True)
                if (row.offset if row else 0) != offset:  # another ingester was quicker
                    continue
                written = write_batch(session, chunk.records, locator)
                row = _advance(session, path, row, chunk)
                _note_hook_errors(session, row.session_id, chunk)
            report.begun += written.begun
            report.ended += written.ended
            report.orphans += written.orphans
            report.corrupt_lines += chunk.corrupt_lines

    def _describe_repository(self, kernel_session: KernelSession) -> None:
        """Say once of a session how its notebook's folder differs from the commit that the kernel told."""
        git = kernel_session.facts.get("git")
        if not isinstance(git, dict) or "dirty" in git or kernel_session.host != socket.gethostname():
            return
        facts = {**kernel_session.facts, "git": {**git, **describe_changes(str(git.get("top")))}}
        with self._store.session() as session:
            session.execute(
                update(KernelSession).where(KernelSession.id == kernel_session.id).values(facts=facts)
            )

    def _offset(self, path: Path) -> int:
        """How far the journal was read; asked without the write lock, as most journals are idle."""
        with self._store.reading() as session:
            query = select(JournalOffset.offset).where(JournalOffset.path == _name(path))
            return session.scalar(query) or 0

    def _settled(self) -> dict[str, datetime]:
        """Journals of dead kernels that were read to their end, each with when."""
        query = select(JournalOffset.path, JournalOffset.updated_at).where(JournalOffset.closed)
        with self._store.reading() as session:
            return dict(session.execute(query).tuples().all())

    def _remove(self, path: Path, report: IngestReport) -> None:
        path.unlink()
        with self._store.session() as session:
            session.execute(delete(JournalOffset).where(JournalOffset.path == _name(path)))
        report.removed += 1


class _Locator:
    """Says where a session's notebook is: by its server if that knows, else by what the kernel was told."""

    def __init__(self, resolve: ResolveSession | None) -> None:
        self._resolve = resolve

    def __call__(self, kernel_id: str | None, root: str | None, notebook_path: str | None) -> Place:
        return self.now(kernel_id) or (root, relative_to_root(root, notebook_path))

    def now(self, kernel_id: str | None) -> Place | None:
        """The place by the server, None when it does not know the kernel."""
        if self._resolve is None or kernel_id is None:
            return None
        try:
            return self._resolve(kernel_id)
        except Exception:  # noqa: BLE001 - a record with an old path is better than none
            _log.warning("The notebook of kernel %s could not be asked for", kernel_id, exc_info=True)
            return None


def _name(path: Path) -> str:
    return str(path.absolute())


def _read_chunk(path: Path, offset: int) -> Chunk:
    """The next whole lines, about a mebibyte of them, more if one line is longer."""
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read(CHUNK_BYTES)
        while b"\n" not in data and (more := file.read(CHUNK_BYTES)):
            data += more
    return parse_chunk(data)


def _prepare(chunk: Chunk) -> None:
    """Work out what takes long while nothing is locked; `write_batch` then finds it done."""
    for record in chunk.records:
        if isinstance(record, BeginRecord) and record.source is not None:
            analyse(record.source_sha, record.source)
        elif isinstance(record, EndRecord) and "imports" in record.facts:
            name_distributions(record.facts["imports"])


def _advance(session: Session, path: Path, row: JournalOffset | None, chunk: Chunk) -> JournalOffset:
    if row is None:
        row = JournalOffset(path=_name(path), offset=0, corrupt_lines=0)
        session.add(row)
    named = (record.session_id for record in chunk.records if not isinstance(record, EndRecord))
    row.session_id = row.session_id or next(named, None)
    row.offset += chunk.size
    row.corrupt_lines += chunk.corrupt_lines
    row.closed = False
    row.updated_at = datetime.now(timezone.utc)
    return row


def _note_hook_errors(session: Session, session_id: str | None, chunk: Chunk) -> None:
    """Keep with the session how often recording had failed in its kernel, which counts from its start."""
    ends = (record for record in chunk.records if isinstance(record, EndRecord))
    errors = max((int(end.facts.get("hook_errors", 0)) for end in ends), default=0)
    kept = session.get(KernelSession, session_id) if errors and session_id else None
    if kept is not None:
        kept.facts = {**kept.facts, "hook_errors": errors}


def _move(session: Session, session_id: str, place: Place) -> None:
    """The notebook was renamed, or is only now known: its session's records follow."""
    root, notebook = place
    session.execute(
        update(KernelSession).where(KernelSession.id == session_id).values(root=root, notebook=notebook)
    )
    session.execute(
        update(CellExecution)
        .where(CellExecution.session_id == session_id)
        .values(root=root, notebook=notebook)
    )
    note_changes(session, [place])


def _is_gone(path: Path, kernel_session: KernelSession) -> bool:
    """Whether the kernel that wrote the journal is dead; False when it runs on a host that we cannot see.

    A living kernel holds a lock on its journal: its number alone may belong to another process by now, and
    comparing start times would err when the clock is stepped.
    """
    if kernel_session.pid is None or kernel_session.host != socket.gethostname():
        return False
    try:
        if psutil.Process(kernel_session.pid).status() == psutil.STATUS_ZOMBIE:
            return True
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:  # somebody else's process
        pass
    return bool(kernel_session.facts.get("locked")) and not is_held(path)


def _close(session: Session, path: Path, session_id: str) -> int:
    """End a dead kernel's session and what it left running, at the time of its last sign of life."""
    last_sign = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
    running = (CellExecution.session_id == session_id) & (CellExecution.status == "running")
    columns = (CellExecution.id, CellExecution.started_at, CellExecution.root, CellExecution.notebook)
    left = session.execute(select(*columns).where(running)).all()
    if left:
        session.execute(
            update(CellExecution),
            [
                {"id": row.id, "status": "kernel_died", "ended_at": max(last_sign, row.started_at)}
                for row in left
            ],
        )
        note_changes(session, {(row.root, row.notebook) for row in left})
    session.execute(update(KernelSession).where(KernelSession.id == session_id).values(ended_at=last_sign))
    session.execute(
        update(JournalOffset)
        .where(JournalOffset.path == _name(path))
        .values(closed=True, updated_at=datetime.now(timezone.utc))
    )
    return len(left)
