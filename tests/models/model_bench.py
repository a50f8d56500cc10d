"""A real MLflow in SQLite, a store, and models that were logged to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jupyter_mlops.config import Settings
from jupyter_mlops.models.carry_out import register_now
from jupyter_mlops.models.gates.registry import parse_plan
from jupyter_mlops.models.registration import NewRegistration
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Registration
from jupyter_mlops.tracking.client import Tracking

MODEL = "churn"


@dataclass
class ModelBench:
    """What a test of models works with.

    Args:
        settings: of a data folder of its own.
        store: empty.
        tracking: an MLflow of its own, empty.
    """

    settings: Settings
    store: Store
    tracking: Tracking

    def log_model(self, **metrics: float) -> str:
        """Log a model with these metrics; answers with its MLflow run's id."""
        import mlflow

        mlflow.set_tracking_uri(self.tracking.uri)
        with mlflow.start_run() as run:
            mlflow.log_metrics(metrics)
            mlflow.pyfunc.log_model(python_model=_echo, name="model", pip_requirements=["mlflow"])
        return str(run.info.run_id)

    def register(self, mlflow_run_id: str, plan: dict[str, Any] | None = None, **said: Any) -> Registration:
        """Register what a run logged, in this process."""
        new = NewRegistration(MODEL, parse_plan(plan or {}), mlflow_run_id=mlflow_run_id, **said)
        return register_now(self.store, self.settings, new)

    def aliases(self, model: str = MODEL) -> dict[str, str]:
        """Where MLflow has the aliases."""
        found = self.tracking.client.get_registered_model(model).aliases
        return {alias: str(version) for alias, version in found.items()}

    def versions(self, model: str = MODEL) -> list[str]:
        """The versions that MLflow has, the first first."""
        found = self.tracking.client.search_model_versions(f"name='{model}'")
        return sorted((str(one.version) for one in found), key=int)

    def row(self, registration: Registration) -> Registration:
        """A registration as it is stored now."""
        with self.store.reading() as session:
            return session.get_one(Registration, registration.id)


def _echo(model_input: list[float]) -> list[float]:
    return model_input
