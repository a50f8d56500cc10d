"""What is known of a model without loading it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class EvaluationData:
    """The data that a run's model was evaluated on, as `jupyter_mlops.log_evaluation` keeps it.

    Args:
        sha: SHA-256 of its content (columns, rows, target), the same for the same data everywhere.
        artifact: the artifact path of the Parquet file in the MLflow run.
        target: the column to be predicted.
        slices: columns by which regressions are looked for.
        rows: how many.
    """

    sha: str
    artifact: str
    target: str
    slices: tuple[str, ...] = ()
    rows: int = 0


@dataclass(frozen=True)
class ModelFacts:
    """A logged model or a model version, as the tracking server and its files describe it.

    Args:
        name: the registered model; None for one that is not registered yet.
        version: of it; None likewise.
        uri: where it is loaded from: `models:/m-...` for a logged model.
        metrics: of its MLflow run and of the logged model itself, the latter winning.
        signature: MLflow's, as JSON (`inputs`, `outputs`, `params`); None when it has none.
        has_input_example: whether one was saved with it.
        serialization: `skops`, `cloudpickle`, `pickle`, ... or `flavour's own`.
        checksums: SHA-256 of each file, by its path in the model's folder.
        data: what the run said it was trained on: name, digest, source of each MLflow dataset input.
    """

    name: str | None
    version: str | None
    model_id: str
    uri: str
    mlflow_run_id: str | None
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    signature: Mapping[str, Any] | None = None
    has_input_example: bool = False
    flavors: tuple[str, ...] = ()
    serialization: str = "flavour's own"
    size_bytes: int | None = None
    checksums: Mapping[str, str] = field(default_factory=dict)
    requirements: tuple[str, ...] = ()
    evaluation: EvaluationData | None = None
    data: tuple[Mapping[str, Any], ...] = ()
