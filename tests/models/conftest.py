"""What all tests of models share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from forked_processes import wait_for_forker
from model_bench import ModelBench
from served_penguins import penguin_registry, trained_penguins  # noqa: F401 - fixtures

from jupyter_mlops.config import Settings
from jupyter_mlops.store import Store
from jupyter_mlops.tracking.client import Tracking


@pytest.fixture(scope="session", autouse=True)
def forker() -> None:
    """Models are tried out, and registered, in processes of their own."""
    wait_for_forker()


@pytest.fixture
def model_bench(settings: Settings, mlflow_template: Path, store: Store) -> Iterator[ModelBench]:
    """An MLflow in SQLite, with a store on each database in turn."""
    shutil.copy(mlflow_template, settings.mlflow_dir / "mlflow.db")
    os.environ.update(settings.process_environment())
    yield ModelBench(settings, store, Tracking(settings.tracking_uri))
