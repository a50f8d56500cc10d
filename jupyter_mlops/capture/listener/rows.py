"""Writing what was heard: rows of our own, and holes filled in the recorder's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from jupyter_mlops.capture import analysis
from jupyter_mlops.capture.batch import Place, note_changes, run_of
from jupyter_mlops.capture.listener.cell_run import CellRun, plain
from jupyter_mlops.capture.notebook_hashes import saved_hash
from jupyter_mlops.store.tables import CellExecution, KernelSession, Source

LISTENER = "listener"
_OURS = frozenset({"late", "closed_by", "heard_at"})
START_MARGIN = timedelta(seconds=1)
"""A process's start is worked out from the machine's, which is known in whole seconds."""


@dataclass(frozen=True)
class HeardKernel:
    """One life of a kernel, for its session's row.

    Attributes:
        started_at: when the process began; a recorder's session of this life cannot be older.
        facts: kernel name, language, and the server that listens.
    """

    kernel_id: str
    session_id: str
    place: Place
    started_at: datetime
    host: str | None = None
    pid: int | None = None
    runner: str = "lab"
    facts: dict[str, Any] = field(default_factory=dict)


def write_runs(
    session: Session,
    kernel: HeardKernel,
    runs: Iterable[CellRun],
    on_since: float | None,
    *,
    keeps_text: bool,
) -> list[CellRun]:
    """Write executions as far as they are ours to write; twice is the same as once.

    Args:
        session: the caller's transaction.
        kernel: whose they are.
        runs: executions that changed.
        on_since: since when a kernel without a recorder is to be recorded, by the monotonic clock, which
            nobody steps; None when it is not.
        keeps_text: whether sources are kept, or only their hashes.

    Returns:
        those that nothing could be done for yet: the recorder's word on them is not in the store.
    """
    recorder = find_recorder(session, kernel)
    waiting, changed = [], False
    for run in runs:
        own = session.get(CellExecution, execution_id(kernel.kernel_id, run.msg_id))
        if own is not None:
            _update(own, run)
        elif recorder is not None:
            if not _fill_hole(session, recorder, run, keeps_text):
                waiting.append(run)
                continue
        elif on_since is not None and run.started is not None and run.started.monotonic >= on_since:
            insert_run(session, keep_session(session, kernel), run, keeps_text=keeps_text)
        else:
            waiting.append(run)
            continue
        changed = True
    if changed:
        note_changes(session, [kernel.place])
    return waiting


def find_recorder(session: Session, kernel: HeardKernel) -> KernelSession | None:
    """The session of the recorder in this life of the kernel, None when there is none."""
    of_this_life = KernelSession.started_at >= kernel.started_at - START_MARGIN
    if kernel.pid is not None:  # however the clock was stepped since the process began
        of_this_life |= (KernelSession.pid == kernel.pid) & (KernelSession.host == kernel.host)
    found = session.scalars(
        select(KernelSession)
        .where(KernelSession.kernel_id == kernel.kernel_id, of_this_life)
        .order_by(KernelSession.started_at.desc())
    )
    return next((row for row in found if not is_ours(row)), None)


def is_ours(row: KernelSession) -> bool:
    """Whether a session is a listener's."""
    return bool(row.facts.get("recorded_by") == LISTENER)


def execution_id(kernel_id: str, msg_id: str) -> str:
    """Always the same for one request: what is heard twice is written once."""
    return hashlib.blake2b(f"{kernel_id}|{msg_id}".encode(), digest_size=16).hexdigest()


def insert_run(
    session: Session, of: KernelSession, run: CellRun, *, recorded_by: str = LISTENER, keeps_text: bool
) -> CellExecution:
    """Write an execution of a session for the first time."""
    key_kind, key = run.cell_key
    if keeps_text and session.get(Source, run.source_sha) is None:
        session.add(Source(sha=run.source_sha, text=plain(run.code)))
    row = CellExecution(
        id=execution_id(of.kernel_id or of.id, run.msg_id),
        session_id=of.id,
        root=of.root,
        notebook=of.notebook,
        run_id=of.run_id,
        msg_id=run.msg_id,
        seq=run.seq,
        cell_id=run.cell_id,
        cell_key=key,
        key_kind=key_kind,
        tags=list(run.tags),
        source_sha=run.source_sha,
        recorded_by=recorded_by,
        started_at=run.started.wall if run.started else of.started_at,
        facts={},
    )
    if str(of.facts.get("language", "")).lower() == "python":
        told = analysis.analyse(run.source_sha, run.code)
        row.reads, row.writes, row.facts = told.reads, told.writes, told.facts
    job_run = run_of(session, of)
    sha = saved_hash(of, row.started_at) if job_run is None else job_run.snapshot_sha
    if sha is not None:
        row.facts = {**row.facts, "notebook_sha": sha}
    _update(row, run)
    session.add(row)
    session.flush()
    return row


def keep_session(session: Session, kernel: HeardKernel) -> KernelSession:
    """The row of this life of the kernel, made if there is none."""
    row = session.get(KernelSession, kernel.session_id)
    if row is None:
        root, notebook = kernel.place
        row = KernelSession(
            id=kernel.session_id,
            kernel_id=kernel.kernel_id,
            root=root,
            notebook=notebook,
            runner=kernel.runner,
            host=kernel.host,
            pid=kernel.pid,
            started_at=kernel.started_at,
            facts={**kernel.facts, "recorded_by": LISTENER},
        )
        session.add(row)
        session.flush()
    return row


def end_session(session: Session, session_id: str, at: datetime) -> None:
    """The kernel's life has ended."""
    session.execute(update(KernelSession).where(KernelSession.id == session_id).values(ended_at=at))


def move_session(session: Session, session_id: str, place: Place) -> None:
    """The notebook was renamed or moved: what was recorded of it follows."""
    root, notebook = place
    for table, column in ((KernelSession, KernelSession.id), (CellExecution, CellExecution.session_id)):
        session.execute(update(table).where(column == session_id).values(root=root, notebook=notebook))
    note_changes(session, [place])


def _fill_hole(session: Session, recorder: KernelSession, run: CellRun, keeps_text: bool) -> bool:
    """Add what the recorder cannot know; False while it has not told of the execution."""
    if run.status == "aborted":
        # The cell that failed before it was recorded: so recording was on, and this one would have been.
        if run.after is None or _recorded(session, recorder.id, run.after) is None:
            return False
        insert_run(session, recorder, run, keeps_text=keeps_text)
        return True
    row = _recorded(session, recorder.id, run.msg_id)
    if row is None:
        return False
    if run.status == "kernel_died" and row.status in {"running", "kernel_died"}:
        row.status, row.ended_at, row.duration_s = "kernel_died", _wall(run), _duration(run)
        row.facts = {**row.facts, "closed_by": LISTENER}
    if run.late.stdout or run.late.stderr:
        row.facts = {**row.facts, **_late(run)}
    return row.status != "running" or not run.has_ended


def _recorded(session: Session, recorder: str, msg_id: str) -> CellExecution | None:
    return session.scalars(
        select(CellExecution).where(CellExecution.msg_id == msg_id, CellExecution.session_id == recorder)
    ).first()


def _update(row: CellExecution, run: CellRun) -> None:
    row.status = run.status
    row.execution_count = run.execution_count
    row.error_name = run.error_name
    row.error_message = run.error_message
    row.traceback = run.traceback
    row.ended_at, row.duration_s = _wall(run), _duration(run)
    row.stdout_bytes, row.stderr_bytes = run.printed.stdout, run.printed.stderr
    row.outputs = list(run.outputs)
    kept = {name: fact for name, fact in row.facts.items() if name not in _OURS}
    row.facts = {**kept, **_late(run), **_way_of_ending(run)}


def _wall(run: CellRun) -> datetime | None:
    return run.ended.wall if run.ended else None


def _duration(run: CellRun) -> float | None:
    return None if run.duration_s is None else round(run.duration_s, 6)


def _way_of_ending(run: CellRun) -> dict[str, Any]:
    if run.has_ended:
        return {"closed_by": run.closed_by} if run.closed_by else {}
    return {"heard_at": run.heard.wall.isoformat()} if run.heard else {}


def _late(run: CellRun) -> dict[str, Any]:
    if not (run.late.stdout or run.late.stderr):
        return {}
    return {"late": {"stdout_bytes": run.late.stdout, "stderr_bytes": run.late.stderr}}
