"""How long a cell took, beside how long it takes."""

from __future__ import annotations

import statistics
from collections import defaultdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.store.tables import CellExecution

COMPARED = 10
LEAST_COMPARED = 3
LEAST_FRACTION = 0.1
LEAST_SECONDS = 0.1
MAX_LOOKED_AT = 2000


def earlier_durations(
    session: Session, root: str | None, notebook: str
) -> dict[str, list[tuple[str, float]]]:
    """Of each cell its successful executions by hand, newest first: their ids and seconds.

    Those in earlier sessions count; of a notebook no more than its newest 2,000 executions are looked at.
    """
    newest = session.execute(
        select(CellExecution.cell_key, CellExecution.id, CellExecution.duration_s, CellExecution.status)
        .where(CellExecution.root == root, CellExecution.notebook == notebook, CellExecution.run_id.is_(None))
        .order_by(CellExecution.started_at.desc(), CellExecution.id.desc())
        .limit(MAX_LOOKED_AT)
    )
    found: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for row in newest:
        if row.status == "ok" and row.duration_s is not None:
            found[row.cell_key].append((row.id, row.duration_s))
    return found


def last_execution(row: CellExecution) -> dict[str, Any]:
    """An execution as `LastExecution` in the REST schema."""
    return {
        "execution_id": row.id,
        "status": row.status,
        "started_at": row.started_at.isoformat(),
        "duration_s": row.duration_s,
        "memory_peak_bytes": row.memory_peak_bytes,
        "execution_count": row.execution_count,
    }


def slower_than_usual(row: CellExecution, durations: list[tuple[str, float]]) -> dict[str, Any] | None:
    """By how much an execution was slower than the median of the ten before it; None when it was not.

    A tenth and a tenth of a second are the least that is worth a word, and three executions to compare with.
    """
    ids = [id_ for id_, _ in durations]
    if row.id not in ids:
        return None
    before = [seconds for _, seconds in durations[ids.index(row.id) + 1 :]][:COMPARED]
    if len(before) < LEAST_COMPARED or row.duration_s is None:
        return None
    median = statistics.median(before)
    excess = row.duration_s - median
    if excess < LEAST_SECONDS or excess < median * LEAST_FRACTION:
        return None
    return {"fraction": excess / median if median else None, "median_s": median, "of": len(before)}
