"""Whether what a notebook shows is still true: its newest kernel session, judged against its cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.capture.cell_times import earlier_durations, last_execution, slower_than_usual
from jupyter_mlops.capture.judgement import PYTHON, Record, cell_keys, judge_records
from jupyter_mlops.honesty import CellState, Reason, SessionState
from jupyter_mlops.notebooks.code_cells import CodeCell
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
    rows = _newest_rows(session, kernel_session)
    records = [_record(row, text) for row, text in rows]
    document = [CodeCell(cell_id, text) for cell_id, text in cells]
    language = str((kernel_session.facts or {}).get("language") or PYTHON)
    view = _View(
        judge_records(records, document, language=language),
        dict(zip(cell_keys(records, document), (cell_id for cell_id, _ in cells), strict=True)),
        {row.cell_key: row for row, _ in rows},
        earlier_durations(session, root, notebook),
    )
    return view.as_dict(kernel_session.id)


def _newest_rows(session: Session, of: KernelSession) -> list[tuple[CellExecution, str | None]]:
    """Its newest executions with their texts, the oldest of them first."""
    newest = session.execute(
        select(CellExecution, Source.text)
        .outerjoin(Source, Source.sha == CellExecution.source_sha)
        .where(CellExecution.session_id == of.id)
        .order_by(CellExecution.seq.desc())
        .limit(MAX_EXECUTIONS)
    )
    return list(reversed(newest.tuples().all()))


def _record(row: CellExecution, text: str | None) -> Record:
    """What is judged of an execution."""
    judged = ("cell_key", "key_kind", "seq", "execution_count", "source_sha", "status")
    return {**{name: getattr(row, name) for name in judged}, "source": text}


@dataclass(frozen=True)
class _View:
    """A judgement, with what else a front end shows of each cell.

    Attributes:
        ids: the document's id of the cell with each key.
        last: the last execution of the cell with each key; `durations` likewise.
    """

    state: SessionState
    ids: dict[str, str]
    last: dict[str, CellExecution]
    durations: dict[str, list[tuple[str, float]]]

    def as_dict(self, session_id: str) -> dict[str, Any]:
        """As `SessionState` in the REST schema."""
        return {
            "session_id": session_id,
            "clean": self.state.clean,
            "reasons": [self._reason(reason) for reason in self.state.reasons],
            "cells": [self._cell(key, cell) for key, cell in self.state.cells.items()],
        }

    def _cell(self, key: str, cell: CellState) -> dict[str, Any]:
        last = self.last.get(key)
        return {
            "cell": self.ids[key],
            "stale": cell.stale,
            "reasons": [self._reason(reason) for reason in cell.reasons],
            "last": None if last is None else last_execution(last),
            "slower": None if last is None else slower_than_usual(last, self.durations.get(key, [])),
        }

    def _reason(self, reason: Reason) -> dict[str, Any]:
        cell = None if reason.cell is None else self.ids.get(reason.cell, reason.cell)
        return {**asdict(reason), "cell": cell}
