"""Trying models out in child processes: no model is ever loaded in the process of its judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from jupyter_mlops.errors import MlopsError
from jupyter_mlops.models.facts import EvaluationData, ModelFacts


class TrialError(MlopsError):
    """A model could not be tried out; the message says what failed and why."""

    code = "model_trial_failed"
    status = 409
    exit_code = 3


class ModelTrial(Protocol):
    """Loads models where they can do no harm; every call is limited in time and memory."""

    def predict_example(self, model: ModelFacts, *, fresh: bool) -> dict[str, Any]:
        """Predict for the model's own input example: `{rows, sample, load_s, predict_s}`.

        Args:
            fresh: in an environment made of the model's requirements alone.

        Raises:
            TrialError: it could not be loaded, or could not predict; its message says which and why.
        """
        ...

    def latency(self, model: ModelFacts, *, rows: int, repeats: int) -> dict[str, float]:
        """Seconds of `repeats` predictions of `rows` rows of the example: `{p50_s, p95_s, load_s}`."""
        ...

    def score(
        self,
        model: ModelFacts,
        data: EvaluationData,
        data_of: ModelFacts,
        metrics: Sequence[str],
        slices: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Score a model on the evaluation data of `data_of`.

        Returns:
            `{rows, metrics: {name: number}, slices: {column: {value: {rows, metrics}}}}`.
        """
        ...

    def inspect_data(
        self, data: EvaluationData, data_of: ModelFacts, *, schema: str | None = None
    ) -> dict[str, Any]:
        """What evaluation data are like: `{rows, columns: {name: {dtype, missing}}, schema_problems}`.

        Args:
            data: which.
            data_of: the model whose MLflow run keeps them.
            schema: a pandera schema to be checked, `module:attribute` or `file.py:attribute`.
        """
        ...

    def call(self, function: str, argument: Mapping[str, Any]) -> Any:
        """What a function of the user's answers, as JSON: `module:function` or `file.py:function`."""
        ...
