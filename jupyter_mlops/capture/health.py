"""What went wrong with recording, as far as the store knows: for `doctor` and `GET /status`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import JournalOffset, KernelSession

LOOK_BACK = timedelta(days=7)


@dataclass(frozen=True)
class RecordHealth:
    """What was not recorded as it should have been.

    Attributes:
        unreadable_lines: of journals, that were skipped.
        damaged_journals: those with such lines.
        hook_errors: how often recording failed inside kernels of the last week, without harm to their cells.
        failing_notebooks: of these kernels.
    """

    unreadable_lines: int
    damaged_journals: tuple[str, ...]
    hook_errors: int
    failing_notebooks: tuple[str, ...]


def look_at_records(store: Store, now: datetime) -> RecordHealth:
    """Count what is known of failures."""
    errors = KernelSession.facts["hook_errors"].as_integer()
    failing = select(KernelSession.notebook, errors).where(
        KernelSession.started_at > now - LOOK_BACK, errors > 0
    )
    lines = select(JournalOffset.path, JournalOffset.corrupt_lines).where(JournalOffset.corrupt_lines > 0)
    with store.reading() as session:
        damaged = session.execute(lines.order_by(JournalOffset.path)).tuples().all()
        sessions = session.execute(failing).tuples().all()
    return RecordHealth(
        sum(count for _, count in damaged),
        tuple(path for path, _ in damaged),
        sum(count for _, count in sessions),
        tuple(sorted({notebook or "a notebook of unknown name" for notebook, _ in sessions})),
    )
