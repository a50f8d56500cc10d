"""A real model in a real registry: penguins of 2007 and 2008, and the table of 2009 to be scored."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jupyter_mlops.config import DATA_DIR, Settings

NUMBERS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
TEXTS = ["island", "sex"]


def penguins() -> Any:
    """All of them, as the package palmerpenguins has them."""
    return pytest.importorskip("palmerpenguins").load_penguins()


def register_penguins(settings: Settings, versions: int = 1) -> None:
    """Train, log and register the model so many times; the first version is the champion."""
    import mlflow
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    known = penguins()
    known = known[known.year < 2009]
    features = known[NUMBERS + TEXTS].astype(dict.fromkeys(TEXTS, object))
    model = make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
            (OneHotEncoder(handle_unknown="ignore"), TEXTS),
        ),
        LogisticRegression(max_iter=1000),
    ).fit(features, known.species)
    mlflow.set_tracking_uri(settings.tracking_uri)
    for _ in range(versions):
        with mlflow.start_run():
            mlflow.sklearn.log_model(
                model,
                name="model",
                input_example=features.head(3),
                registered_model_name="penguins",
                pip_requirements=["scikit-learn"],
                serialization_format="cloudpickle",
            )
    mlflow.MlflowClient().set_registered_model_alias("penguins", "champion", "1")


def register_apart(settings: Settings, versions: int) -> None:
    """`register_penguins` in a process of its own: MLflow's settings are a process's, not a test's."""
    done = subprocess.run(
        [sys.executable, __file__, str(versions)],
        env={**os.environ, **settings.process_environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def trained_penguins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose MLflow has the model `penguins` in two versions; training it takes seconds."""
    folder = tmp_path_factory.mktemp("penguins") / "mlops-data"
    settings = Settings.load({DATA_DIR: str(folder)})
    settings.make_folders()
    register_apart(settings, versions=2)
    return folder


@pytest.fixture
def penguin_registry(settings: Settings, trained_penguins: Path) -> Settings:
    """This test's settings, with the model in their MLflow: a database of its own beside shared files."""
    shutil.copytree(trained_penguins / "mlflow", settings.mlflow_dir, dirs_exist_ok=True)
    os.environ.update(settings.process_environment())
    return settings


def table_of_2009(folder: Path, **without: Any) -> Path:
    """What is to be scored: no species in it; `without` names further columns that are left out."""
    table = penguins()
    table = (
        table[table.year == 2009]
        .drop(columns=["species", *without.get("columns", ())])
        .reset_index(drop=True)
    )
    path = folder / "2009.parquet"
    table.to_parquet(path)
    return path


if __name__ == "__main__":
    register_penguins(Settings.load(), int(sys.argv[1]))
