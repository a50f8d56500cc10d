"""MLflow's settings of this process."""

from __future__ import annotations

import sys


def forget_mlflow_settings() -> None:
    """Forget where a test had MLflow log: it keeps that in its modules, and has no public way back."""
    if (mlflow := sys.modules.get("mlflow")) is not None:
        mlflow.set_tracking_uri(None)
        sys.modules["mlflow.tracking.fluent"]._active_experiment_id = None
