"""Which moment a job run stands for."""

from __future__ import annotations

import os
from datetime import date, datetime

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError
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


def check_day(text: str) -> str:
    """A logical date that was given, as `2026-11-21`.

    Raises:
        BadInputError: it is none.
    """
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise BadInputError(
            f"{text!r} is no date.", field="logical_date", hint="Give one such as 2026-11-21."
        ) from error
