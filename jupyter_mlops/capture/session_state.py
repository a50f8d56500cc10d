"""Whether what a notebook shows is still true: its newest kernel session, judged against its cells."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.capture.cell_times import earlier_durations, last_execution, slower_than_usual
from jupyter_mlops.capture.facts import hash_source
from jupyter_mlops.capture.redaction import Redactor
from jupyter_mlops.honesty import (
    CellNames,
    DocumentCell,
    Execution,
    SessionState,
    analyse_cell,
    judge_session,
)
from jupyter_mlops.store.tables import CellExecution, KernelSession, Source

MAX_EXECUTIONS = 2000


def judge_notebook(
    session: Session, root: str | None, notebook: str, cells: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """How a notebook's newest interactive session stands, as `SessionState` in the REST schema.

    Args:
        session: of the store.
        root: the server root; `notebook` is relative to it. None: sessions that no server of ours started.
        cells: the document's code cells from the top, each with its id and its text as it is now.
    """
    kernel_session = session.scalars(
        select(KernelSession)
        .where(KernelSession.root == root, KernelSession.notebook == notebook, KernelSession.run_id.is_(None))
        .order_by(KernelSession.started_at.desc())
        .limit(1)
    ).first()
    if kernel_session is None:
        return {"session_id": None, "clean": None, "reasons": [], "cells": []}
    executions = _executions(session, kernel_session)
    durations = earlier_durations(session, root, notebook)
    redact = Redactor(os.environ).source
    document = [DocumentCell(key, hash_source(redact(text))) for key, text in cells if text.strip()]
    fresh = not executions or executions[0][0].execution_count in (None, 1)
    state = judge_session(document, [execution for _, execution in executions], fresh_kernel=fresh)
    return _as_dict(kernel_session.id, state, {row.cell_key: row for row, _ in executions}, durations)


def _executions(session: Session, of: KernelSession) -> list[tuple[CellExecution, Execution]]:
    """Its newest executions; of other languages than Python no names are known, only order and edits."""
    is_python = str(of.facts.get("language") or "python").lower() == "python"
    newest = session.execute(
        select(CellExecution, Source.text)
        .outerjoin(Source, Source.sha == CellExecution.source_sha)
        .where(CellExecution.session_id == of.id)
        .order_by(CellExecution.seq.desc())
        .limit(MAX_EXECUTIONS)
    ).all()
    names = {
        row.source_sha: analyse_cell(text or "") if is_python else CellNames(unknown=True)
        for row, text in newest
    }
    return [
        (
            row,
            Execution.of(
                names[row.source_sha],
                cell_key=row.cell_key,
                seq=row.seq,
                source_sha=row.source_sha,
                status=row.status,
            ),
        )
        for row, _ in reversed(newest)
    ]


def _as_dict(
    session_id: str,
    state: SessionState,
    last: dict[str, CellExecution],
    durations: dict[str, list[tuple[str, float]]],
) -> dict[str, Any]:
    return {
        "session_id": session_id,
        "clean": state.clean,
        "reasons": [asdict(reason) for reason in state.reasons],
        "cells": [
            {
                "cell": key,
                "stale": cell.stale,
                "reasons": [asdict(reason) for reason in cell.reasons],
                "last": last_execution(last[key]) if key in last else None,
                "slower": slower_than_usual(last[key], durations.get(key, [])) if key in last else None,
            }
            for key, cell in state.cells.items()
        ],
    }
