"""Which moment a job run stands for."""

from __future__ import annotations

import os
from datetime import datetime

from jupyter_mlops.config import Settings
from jupyter_mlops.store.tables import Run


def scheduled_moment() -> datetime | None:
    """For when the job run of this kernel was scheduled, else when it was asked for; None outside a run."""
    run_id = os.environ.get("JUPYTER_MLOPS_RUN_ID")
    if not run_id:
        return None
    store = Settings.load().open_store()
    try:
        with store.reading() as session:
            run = session.get(Run, run_id)
            return None if run is None else run.scheduled_for or run.created_at
    finally:
        store.close()
