"""What a metric's name says of it: whether more is better, and how it is computed anew."""

from __future__ import annotations

import re

_LESS_IS_BETTER = re.compile(
    r"(?:^|_)(?:loss|error|err|rmse|mse|mae|mape|smape|msle|rmsle|deviance|brier|perplexity|divergence|"
    r"latency|duration|seconds|time|wer|cer|fpr|fnr|cost|max_error)(?:_|$)"
)
_SCORED_BY = {
    "accuracy": "accuracy",
    "acc": "accuracy",
    "f1": "f1",
    "f1_score": "f1",
    "precision": "precision",
    "precision_score": "precision",
    "recall": "recall",
    "recall_score": "recall",
    "sensitivity": "recall",
    "roc_auc": "roc_auc",
    "auc": "roc_auc",
    "log_loss": "log_loss",
    "logloss": "log_loss",
    "rmse": "rmse",
    "root_mean_squared_error": "rmse",
    "mae": "mae",
    "mean_absolute_error": "mae",
    "r2": "r2",
    "r2_score": "r2",
}
_OF_THE_DATA = re.compile(
    r"^(?:test|testing|val|valid|validation|eval|evaluation|holdout)_|_(?:test|val|eval)$"
)
SCORES = tuple(sorted(set(_SCORED_BY.values())))


def is_higher_better(metric: str) -> bool:
    """Whether more of a metric is better, by its name: not of a loss or an error."""
    return _LESS_IS_BETTER.search(_plain(metric)) is None


def scored_by(metric: str) -> str | None:
    """The score that a logged metric's name means: `test_auc` is `roc_auc`; None when it means none."""
    return _SCORED_BY.get(_OF_THE_DATA.sub("", _plain(metric)))


def _plain(metric: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", metric.lower().replace("logloss", "log_loss")).strip("_")
