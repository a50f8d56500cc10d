"""The reporter of one attempt: its history from the store, its progress into the run's row."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import DBAPIError

from jupyter_mlops.runs import queue
from jupyter_mlops.runs.live.estimate import CellHistory, cell_history
from jupyter_mlops.runs.live.journal import live_path
from jupyter_mlops.runs.live.reporter import LiveReporter
from jupyter_mlops.runs.remote.output import REMOTE_OUTPUT
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Run

log = logging.getLogger(__name__)


def report_attempt(
    store: Store, run: Run, attempt_id: str, cancel: threading.Event, environ: Mapping[str, str]
) -> LiveReporter:
    """A reporter for a run that is about to execute, its kernel with this environment.

    When it finds that another attempt holds the run it sets `cancel`: this one must end.
    """

    def tell(**columns: Any) -> None:
        with store.session() as session:
            if not queue.update_running(session, attempt_id, **columns):
                cancel.set()

    earlier = run.progress or {}
    kept = {name: fact for name, fact in earlier.items() if name != REMOTE_OUTPUT}
    return LiveReporter(live_path(run.output_path), _history(store, run), tell, kept, environ)


def _history(store: Store, run: Run) -> CellHistory:
    try:
        with store.reading() as session:
            return cell_history(session, run.job_id)
    except DBAPIError:  # without it there is no estimate, but there is a run
        log.exception("the history of job %s could not be read", run.job_id)
        return CellHistory({}, 0)
