"""Finding an MLflow run by its id."""

from __future__ import annotations

from typing import Any

from jupyter_mlops.config import Settings
from jupyter_mlops.tracking.active import imported_mlflow
from jupyter_mlops.tracking.client import Tracking, tracking_failures
from jupyter_mlops.tracking.probe import check_tracking

RUN_ID_CHARS = 32


def find_run(run_id: str, settings: Settings) -> Any:
    """An MLflow run where this kernel's MLflow logs, else where the settings say; None if none has the id.

    Raises:
        TrackingUnavailableError: the tracking server does not answer.
    """
    if len(run_id) != RUN_ID_CHARS:
        return None
    mlflow = imported_mlflow()
    chosen = mlflow is not None and mlflow.is_tracking_uri_set()
    uri = str(mlflow.get_tracking_uri()) if mlflow is not None and chosen else settings.tracking_uri
    check_tracking(uri)
    try:
        return Tracking(uri, patient=True).client.get_run(run_id)
    except tracking_failures():
        return None
