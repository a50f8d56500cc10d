"""What is known of a model without loading it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
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
        metrics: of its MLflow run and of the logged model itself, the latter winning; only finite ones.
        params: likewise.
        tags: of its MLflow run, the logged model and the version, the last winning.
        signature: `inputs`, `outputs`, `params`: of each the list of its columns, as MLflow writes them
            (`{name, type, required}`), or None; None when it has none.
        has_input_example: whether one was saved with it.
        serialization: `skops`, `cloudpickle`, `pickle`, ... or `flavour's own`.
        checksums: SHA-256 of each file, by its path in the model's folder.
        python: the version of Python that it was saved under.
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
    python: str | None = None
    evaluation: EvaluationData | None = None
    data: tuple[Mapping[str, Any], ...] = ()


def facts_from(plain: Mapping[str, Any]) -> ModelFacts:
    """Facts of what `tracking/model_facts.py` says; what it says besides is left out."""
    taken = {field.name: plain[field.name] for field in fields(ModelFacts) if field.name in plain}
    for name in ("flavors", "requirements", "data"):
        taken[name] = tuple(plain[name])
    return ModelFacts(**{**taken, "evaluation": evaluation_from(plain.get("evaluation"))})


def evaluation_from(plain: Mapping[str, Any] | None) -> EvaluationData | None:
    """The evaluation data of a run's artifact; None when there is none, or it is not ours."""
    try:
        return (
            None
            if plain is None
            else EvaluationData(
                sha=str(plain["sha"]),
                artifact=str(plain["artifact"]),
                target=str(plain["target"]),
                slices=tuple(plain.get("slices") or ()),
                rows=int(plain.get("rows") or 0),
            )
        )
    except (KeyError, TypeError, ValueError):
        return None
