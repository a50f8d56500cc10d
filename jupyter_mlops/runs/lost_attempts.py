"""What an attempt has left whose process was killed, and could not see to it itself."""

from __future__ import annotations

import logging

from sqlalchemy import select

from jupyter_mlops.config import Settings
from jupyter_mlops.runs.attempt_output import output_path
from jupyter_mlops.runs.partial_notebook import close_partial_notebook
from jupyter_mlops.runs.remote.copies import copy_what_was_left
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Attempt, Run
from jupyter_mlops.tracking.telling import Telling
from jupyter_mlops.tracking.tellings import Tellings

log = logging.getLogger(__name__)


def close_notebook_of(store: Store, attempt_id: str) -> None:
    """Have the notebook that an attempt has left say that it is not whole."""
    query = select(Run, Attempt.number).join(Attempt, Attempt.run_id == Run.id)
    with store.reading() as session:
        found = session.execute(query.where(Attempt.id == attempt_id)).first()
    if found is not None:
        run, number = found
        close_partial_notebook(output_path(run, number))


def see_to_what_was_left(store: Store, settings: Settings, attempt_id: str) -> None:
    """Have MLflow told how an attempt ended that is over by the store, and its notebook copied.

    Neither is waited for. Who told MLflow was killed: its run would read RUNNING for ever.
    """
    with store.reading() as session:
        attempt = session.get(Attempt, attempt_id)
    if attempt is not None and attempt.mlflow_run_id is not None and attempt.ended_at is not None:
        tags = {"mlops.state": attempt.state, "mlops.reason": attempt.reason}
        telling = Telling(
            attempt.mlflow_run_id,
            settings.tracking_uri,
            tags={name: text for name, text in tags.items() if text},
            status="KILLED" if attempt.state == RunState.CANCELLED.value else "FAILED",
            at_ms=int(attempt.ended_at.timestamp() * 1000),
            attempt_id=attempt_id,
        )
        try:
            Tellings(settings).tell_later(telling)
        except OSError as error:
            log.warning("the MLflow run %s is not told that it was lost: %s", telling.run_id, error)
    copy_what_was_left(store, settings, attempt_id)
