"""When a run will end, by how long its cells took in the job's last successful runs."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.capture.cell_identity import hash_source
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store.tables import CellExecution, Run

RUNS = 5
MIN_KNOWN = 0.5  # of the cells still to run; with fewer known an estimate would be a guess


@dataclass(frozen=True)
class CellHistory:
    """How long the cells of a job took.

    Args:
        durations: the median in seconds by cell id, and by the source's SHA-256.
        runs: of how many runs.
    """

    durations: dict[str, float]
    runs: int

    def expected_s(self, cell: Any) -> float | None:
        """How long a cell took in the past; None when it never ran."""
        found = self.durations.get(str(cell.get("id")))
        if found is not None:
            return found
        return self.durations.get(hash_source(cell.source))

    def rest_s(self, current: Any, elapsed_s: float, waiting: Sequence[Any]) -> float | None:
        """Seconds to the end; None when too little is known of the cells that are still to run."""
        left = [self.expected_s(cell) for cell in waiting]
        current_s = None if current is None else self.expected_s(current)
        cells = [*left, *([] if current is None else [current_s])]
        known = [seconds for seconds in cells if seconds is not None]
        if not self.runs or not known or len(known) < MIN_KNOWN * len(cells):
            return None
        usual = statistics.median(known)
        rest = sum(usual if seconds is None else seconds for seconds in left)
        if current is None:
            return rest
        return rest + max(0.0, (usual if current_s is None else current_s) - elapsed_s)


def cell_history(session: Session, job_id: str) -> CellHistory:
    """How long each cell took in the job's last five successful runs."""
    runs = list(
        session.scalars(
            select(Run.id)
            .where(Run.job_id == job_id, Run.state == RunState.SUCCEEDED.value)
            .order_by(Run.created_at.desc(), Run.id.desc())
            .limit(RUNS)
        )
    )
    found: dict[str, list[float]] = defaultdict(list)
    rows = session.execute(
        select(CellExecution.cell_id, CellExecution.source_sha, CellExecution.duration_s).where(
            CellExecution.run_id.in_(runs), CellExecution.duration_s.is_not(None)
        )
    )
    for cell_id, source_sha, duration_s in rows:
        for key in filter(None, (cell_id, source_sha)):
            found[key].append(float(duration_s or 0.0))
    return CellHistory({key: statistics.median(times) for key, times in found.items()}, len(runs))
