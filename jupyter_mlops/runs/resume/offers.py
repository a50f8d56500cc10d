"""The offer to resume a failed run, in its row: made when its kernel is kept, taken back when it is gone."""

from __future__ import annotations

import logging

from jupyter_mlops.store import Store, changes
from jupyter_mlops.store.tables import Run

log = logging.getLogger(__name__)
RESUMABLE_UNTIL = "resumable_until"
"""Where a row's `progress` keeps until when the run can be resumed."""


def take_back(store: Store, run_id: str) -> None:
    """Say that a run can no more be resumed: its kernel is gone, or another run goes on in it."""
    with store.session() as session:
        run = session.get(Run, run_id, with_for_update={"of": Run})
        if run is not None and RESUMABLE_UNTIL in (run.progress or {}):
            run.progress = {name: fact for name, fact in run.progress.items() if name != RESUMABLE_UNTIL}
            changes.record(session, "run", run.id, state=run.state, root=run.root, notebook=run.notebook)


def take_back_if_possible(store: Store, run_id: str) -> None:
    """The same where nobody waits for it: the offer ends by itself, and who takes it up is refused."""
    try:
        take_back(store, run_id)
    except Exception:
        log.exception("the offer to resume run %s could not be taken back", run_id)
