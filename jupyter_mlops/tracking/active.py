"""Which MLflow run is active in this process: asked without importing MLflow, or anything else."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow.entities import Run


def active_run() -> dict[str, str] | None:
    """The `run_id` and the `name` of the MLflow run that is active in this kernel, None without one.

    It asks nobody and imports nothing, so that it may be called after every cell.
    """
    run = find_active_run()
    return None if run is None else {"run_id": str(run.info.run_id), "name": str(run.info.run_name)}


def find_active_run() -> Run | None:
    """MLflow's own object of the active run, whichever thread started it."""
    mlflow = imported_mlflow()
    if mlflow is None:
        return None
    run = mlflow.active_run()
    if run is None:  # it is the calling thread's only: a subshell's is another
        latest = getattr(sys.modules.get("mlflow.tracking.fluent"), "_get_latest_active_run", None)
        run = latest() if latest is not None else None
    return run


def imported_mlflow() -> ModuleType | None:
    """MLflow, if somebody has imported it to its end."""
    module = sys.modules.get("mlflow")
    return module if module is not None and hasattr(module, "active_run") else None
