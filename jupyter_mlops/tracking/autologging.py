"""What MLflow logs by itself in this process: asked without importing MLflow, or anything else."""

from __future__ import annotations

import sys


def autologging() -> list[str]:
    """The libraries whose fits are logged now, as MLflow names them; `mlflow` alone stands for all it knows.

    A single one stays on after MLflow as a whole was switched off, where a cell asked for it by itself.
    """
    module = sys.modules.get("mlflow.utils.autologging_utils")
    options = getattr(module, "AUTOLOGGING_INTEGRATIONS", {})
    on = sorted(name for name, chosen in options.items() if chosen and not chosen.get("disable", False))
    return ["mlflow"] if "mlflow" in on else on
