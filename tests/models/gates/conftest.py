"""Real models in a real MLflow, and child processes that load them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
from laboratory import PATIENT, Laboratory
from mlflow_settings import forget_mlflow_settings

from jupyter_mlops.config import DATA_DIR, Settings
from jupyter_mlops.models.trial_processes import TrialProcesses


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory, mlflow_template: Path) -> Iterator[Laboratory]:
    """An MLflow on SQLite, for the tests of a module."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("JUPYTER_MLOPS_", "MLFLOW_", "_MLFLOW_")):
            del os.environ[name]
    os.environ[DATA_DIR] = str(tmp_path_factory.mktemp("mlops-data"))
    settings = Settings.load()
    settings.make_folders()
    os.environ.update(settings.process_environment())
    shutil.copy(mlflow_template, settings.mlflow_dir / "mlflow.db")
    mlflow.set_tracking_uri(settings.tracking_uri)
    artifacts = (settings.mlflow_dir / "artifacts").as_uri()
    mlflow.set_experiment(experiment_id=mlflow.create_experiment("laboratory", artifacts))
    yield Laboratory(settings, tmp_path_factory.mktemp("root"))
    while mlflow.active_run():
        mlflow.end_run()
    os.environ.clear()
    os.environ.update(before)
    forget_mlflow_settings()


@pytest.fixture(scope="module")
def trial(laboratory: Laboratory) -> Iterator[TrialProcesses]:
    """Child processes, one for all tests of a module as long as none ends it."""
    with TrialProcesses(laboratory.settings, root=laboratory.root, limits=PATIENT) as trial:
        yield trial
