"""Cell executions, as they are listed and exported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.moments import parse_moment
from jupyter_mlops.store.paging import Page, PageRequest, fetch_page
from jupyter_mlops.store.tables import CellExecution, KernelSession, Source

ORIGINS = ("interactive", "job")
STATUSES = ("running", "ok", "error", "interrupted", "aborted", "kernel_died")
MAX_TEXT = 200

Place = tuple[str | None, str]
"""A server root, and a notebook relative to it; without a root, a whole path."""


def list_executions(
    session: Session,
    request: PageRequest,
    places: Sequence[Place] = (),
    /,
    *,
    root: str | None = None,
    notebook: str | None = None,
    run_id: str | None = None,
    cell_id: str | None = None,
    session_id: str | None = None,
    origin: str | None = None,
    status: str | None = None,
    since: datetime | str | None = None,
    until: datetime | str | None = None,
    text: str | None = None,
) -> Page[dict[str, Any]]:
    """A page of executions, newest first. Each filter left out filters nothing.

    Args:
        session: of the store.
        request: which page.
        places: only of the notebook that has these names, from the view of several roots.
        root: only under this server root.
        notebook: only of this notebook.
        run_id: only of this job run.
        cell_id: only of the cell with this id, or with this key where it has none.
        session_id: only of this kernel's life.
        origin: `interactive` (by hand) or `job`.
        status: only those that stand so.
        since: only those that began then or later; a text is read by `parse_moment`.
        until: only those that began before.
        text: only those whose source has this in it, upper and lower case alike.

    Raises:
        BadInputError: a filter's value makes no sense; it is named.
    """
    query = select(CellExecution)
    same = {
        CellExecution.root: root,
        CellExecution.notebook: notebook,
        CellExecution.run_id: run_id,
        CellExecution.session_id: session_id,
        CellExecution.status: _one_of(status, STATUSES, "status"),
    }
    for column, value in same.items():
        if value is not None:
            query = query.where(column == value)
    if places:
        query = query.where(is_at(places))
    if cell_id is not None:
        query = query.where(or_(CellExecution.cell_id == cell_id, CellExecution.cell_key == cell_id))
    if _one_of(origin, ORIGINS, "origin") is not None:
        is_by_hand = CellExecution.run_id.is_(None)
        query = query.where(is_by_hand if origin == "interactive" else ~is_by_hand)
    query = _in_text(_between(query, since, until), text)
    page: Page[CellExecution] = fetch_page(
        session, query, CellExecution.started_at, CellExecution.id, request
    )
    return Page(_with_sources(session, list(page.items)), page.next_cursor)


def is_at(places: Sequence[Place]) -> ColumnElement[bool]:
    """The condition that an execution is of the notebook with these names."""
    return or_(
        *(and_(CellExecution.root == root, CellExecution.notebook == notebook) for root, notebook in places)
    )


def records_of_run(session: Session, run_id: str) -> list[dict[str, Any]]:
    """All executions of one job run, in the order in which they were executed.

    Left out is what was executed by hand in its kernel after its end, where that was kept.
    """
    rows = session.scalars(
        select(CellExecution)
        .where(CellExecution.run_id == run_id)
        .order_by(CellExecution.started_at, CellExecution.id)
    )
    return _with_sources(session, list(rows))


def records_of_kernel(session: Session, run_id: str) -> list[dict[str, Any]]:
    """All executions of the kernel of a job run's last attempt, those by hand after its end among them."""
    newest = (
        select(KernelSession.id)
        .where(KernelSession.run_id == run_id)
        .order_by(KernelSession.started_at.desc(), KernelSession.id.desc())
        .limit(1)
    )
    session_id = session.scalar(newest)
    return [] if session_id is None else records_of_session(session, session_id)


def records_of_session(session: Session, session_id: str) -> list[dict[str, Any]]:
    """All executions of one kernel's life, in the order in which they were executed."""
    rows = session.scalars(
        select(CellExecution)
        .where(CellExecution.session_id == session_id)
        .order_by(CellExecution.seq, CellExecution.id)
    )
    return _with_sources(session, list(rows))


def _one_of(value: str | None, known: Sequence[str], field: str) -> str | None:
    if value is not None and value not in known:
        raise BadInputError(
            f"There is no {field} {value[:40]!r}.", field=field, hint=f"One of {', '.join(known)}."
        )
    return value


def _between(query: Select[Any], since: datetime | str | None, until: datetime | str | None) -> Select[Any]:
    begin = parse_moment(since, "since") if isinstance(since, str) else since
    end = parse_moment(until, "until") if isinstance(until, str) else until
    for moment, field in ((begin, "since"), (end, "until")):
        if moment is not None and moment.tzinfo is None:
            raise BadInputError(f"{moment.isoformat()} has no time zone.", field=field)
    if begin is not None:
        query = query.where(CellExecution.started_at >= begin)
    return query if end is None else query.where(CellExecution.started_at < end)


def _in_text(query: Select[Any], text: str | None) -> Select[Any]:
    if text is None:
        return query
    if not text.strip() or len(text) > MAX_TEXT:
        raise BadInputError(f"The text to find has 1 to {MAX_TEXT} characters.", field="text")
    having_it = select(Source.sha).where(Source.text.icontains(text, autoescape=True))
    return query.where(CellExecution.source_sha.in_(having_it))


def _with_sources(session: Session, rows: list[CellExecution]) -> list[dict[str, Any]]:
    wanted = {row.source_sha for row in rows}
    texts = {
        source.sha: source.text for source in session.scalars(select(Source).where(Source.sha.in_(wanted)))
    }
    return [_as_dict(row, texts.get(row.source_sha, "")) for row in rows]


def _as_dict(row: CellExecution, source: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "session_id": row.session_id,
        "notebook": row.notebook,
        "run_id": row.run_id,
        "cell_id": row.cell_id,
        "cell_key": row.cell_key,
        "key_kind": row.key_kind,
        "tags": row.tags,
        "seq": row.seq,
        "msg_id": row.msg_id,
        "execution_count": row.execution_count,
        "source_sha": row.source_sha,
        "source": source,
        "status": row.status,
        "error_name": row.error_name,
        "error_message": row.error_message,
        "traceback": row.traceback,
        "started_at": row.started_at.isoformat(),
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        "duration_s": row.duration_s,
        "cpu_s": row.cpu_s,
        "memory_peak_bytes": row.memory_peak_bytes,
        "stdout_bytes": row.stdout_bytes,
        "stderr_bytes": row.stderr_bytes,
        "outputs": row.outputs,
        "reads": row.reads,
        "writes": row.writes,
        **_facts(row.facts or {}),
        "recorded_by": row.recorded_by,
    }


def _facts(facts: dict[str, Any]) -> dict[str, Any]:
    """What some cells have, under the names that a reader expects; what a cell has not is empty."""
    hook_ns = facts.get("hook_ns")
    return {
        "deletes": facts.get("deletes", []),
        "unseen": facts.get("unseen", []),
        "is_unreadable": bool(facts.get("unknown", False)),
        "seeds": facts.get("seeds", []),
        "files": facts.get("files", []),
        "packages": facts.get("imports", []),
        "frames": facts.get("frames", []),
        "memory_bytes": facts.get("rss_bytes"),
        "gpus": facts.get("gpu", []),
        "mlflow": facts.get("mlflow"),
        "notebook_sha": facts.get("notebook_sha"),
        "after_run_id": facts.get("after_run"),
        "late_output": facts.get("late"),
        "closed_by": facts.get("closed_by"),
        "dropped": facts.get("dropped", {}),
        "hook_s": None if hook_ns is None else hook_ns / 1e9,
        "hook_errors": facts.get("hook_errors", 0),
    }
