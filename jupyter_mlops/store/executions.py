"""Cell executions, as they are listed and exported."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.store.paging import Page, PageRequest, fetch_page
from jupyter_mlops.store.tables import CellExecution, Source


def list_executions(
    session: Session,
    request: PageRequest,
    *,
    root: str | None = None,
    notebook: str | None = None,
    run_id: str | None = None,
    cell_id: str | None = None,
) -> Page[dict[str, Any]]:
    """Executions, newest first. Each filter left out filters nothing."""
    query = select(CellExecution)
    wanted = {
        CellExecution.root: root,
        CellExecution.notebook: notebook,
        CellExecution.run_id: run_id,
        CellExecution.cell_id: cell_id,
    }
    for column, value in wanted.items():
        if value is not None:
            query = query.where(column == value)
    page: Page[CellExecution] = fetch_page(
        session, query, CellExecution.started_at, CellExecution.id, request
    )
    return Page(_with_sources(session, list(page.items)), page.next_cursor)


def records_of_run(session: Session, run_id: str) -> list[dict[str, Any]]:
    """All executions of one job run, in the order in which they were executed."""
    rows = session.scalars(
        select(CellExecution)
        .where(CellExecution.run_id == run_id)
        .order_by(CellExecution.started_at, CellExecution.id)
    )
    return _with_sources(session, list(rows))


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
        "seq": row.seq,
        "execution_count": row.execution_count,
        "source_sha": row.source_sha,
        "source": source,
        "status": row.status,
        "error_name": row.error_name,
        "error_message": row.error_message,
        "started_at": row.started_at.isoformat(),
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        "duration_s": row.duration_s,
        "stdout_bytes": row.stdout_bytes,
        "stderr_bytes": row.stderr_bytes,
        "outputs": row.outputs,
    }
