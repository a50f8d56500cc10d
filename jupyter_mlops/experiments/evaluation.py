"""Keeping the data that a model is evaluated on: `jupyter_mlops.log_evaluation(X_test, y_test)`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from jupyter_mlops.config import Settings
from jupyter_mlops.experiments.runs import require_active
from jupyter_mlops.models.evaluation import evaluation_table
from jupyter_mlops.models.facts import EvaluationData
from jupyter_mlops.tracking import fluent
from jupyter_mlops.tracking.active import find_active_run
from jupyter_mlops.tracking.evaluation import log_table

ATTEMPT_RUN_VARIABLE = "JUPYTER_MLOPS_MLFLOW_RUN_ID"
"""The environment of a job's kernel says here which MLflow run is its attempt's."""


def log_evaluation(
    X: Any,  # noqa: N803 - as everybody calls it
    y: Any,
    *,
    target: str | None = None,
    slices: Iterable[str] | Mapping[str, Any] = (),
) -> EvaluationData:
    """Keep the data that a model is evaluated on with the active MLflow run, the model's own.

    Gates score the model and the present champion on these rows, and tell by their hash whether two models
    were evaluated on the same data. The same data have the same hash, whichever library holds them and
    whatever the order of the columns; other rows, or the same rows in another order, have another.

        with mlflow.start_run():
            mlflow.sklearn.log_model(model, name="model", input_example=X_test.head())
            mlflow.log_metric("accuracy", model.score(X_test, y_test))
            jupyter_mlops.log_evaluation(X_test, y_test, target="species", slices=["island"])

    Args:
        X: what the model predicts from: a frame (pandas, polars, Arrow), a mapping of columns, or an array.
        y: what is to be predicted, a value a row; or the name of its column in `X`.
        target: the name for `y`; by default a series' own, else `target`.
        slices: names of columns of `X` by which regressions are looked for; or other columns, which the
            model is not given, as a mapping of names to values.

    Returns:
        What was kept: the hash of the content, the artifact's path in the run, the number of rows.

    Raises:
        BadInputError: the data do not fit each other, or cannot be written to Parquet; nothing was kept.
        ConflictError: no MLflow run is active and this is no job; or MLflow refuses.
        TrackingUnavailableError: the tracking server does not answer.
    """
    found = evaluation_table(X, y, target=target, slices=slices)
    active = find_active_run()
    run_id = os.environ.get(ATTEMPT_RUN_VARIABLE) if active is None else str(active.info.run_id)
    run_id = run_id or str(require_active().info.run_id)
    said = log_table(fluent.use_tracking(Settings.load()), run_id, found)
    return EvaluationData(**{**said, "slices": tuple(said["slices"])})
