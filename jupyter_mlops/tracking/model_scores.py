"""The metrics that models are scored by, as scikit-learn computes them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from jupyter_mlops.tracking.model_process import CannotError, in_words

if TYPE_CHECKING:
    import numpy as np

Probabilities = tuple["np.ndarray[Any, Any]", list[Any]]
NEED_PROBABILITIES = frozenset({"roc_auc", "log_loss"})
OF_CLASSES = frozenset({"accuracy", "f1", "precision", "recall"})


def check_metrics(names: Sequence[str]) -> None:
    """Refuse a metric that nobody can compute."""
    for name in names:
        if name not in NAMES:
            raise CannotError(
                f"There is no way to compute {name!r} from predictions.", f"There are {', '.join(NAMES)}."
            )


def compute(
    names: Sequence[str], truth: Any, predicted: Any, probabilities: Probabilities | None
) -> dict[str, float | None]:
    """The metrics by their names; None where these rows have none, as the AUC of one class alone.

    Args:
        names: `accuracy`, `f1`, ...
        truth: what was to be predicted, a value a row.
        predicted: what was.
        probabilities: of each class, a column each, and the classes; for those that need them.
    """
    return {name: _one(name, truth, predicted, probabilities) for name in names}


def _one(name: str, truth: Any, predicted: Any, probabilities: Probabilities | None) -> float | None:
    try:
        value = _METRICS[name](truth, _flat(name, predicted), probabilities)
    except CannotError:
        raise
    except Exception as error:
        raise CannotError(
            f"{name} cannot be computed: {in_words(error)}",
            "Does it fit what the model predicts? accuracy, f1, precision and recall are of classes; "
            "rmse, mae and r2 of numbers.",
        ) from error
    return None if value is None or math.isnan(value) else float(value)


def _flat(name: str, predicted: Any) -> Any:
    import numpy as np

    array = np.asarray(predicted)
    if array.ndim == 2 and array.shape[1] == 1:
        return array.ravel()
    if array.ndim > 1 and name not in NEED_PROBABILITIES:
        raise CannotError(f"The model predicts {array.shape[1]} numbers a row, but {name} needs one.")
    return array


def _average(truth: Any) -> dict[str, Any]:
    """Of two classes, 0 and 1, the score of 1; of others, the mean of all classes' scores."""
    kinds = set(truth.tolist())
    return {"average": "binary" if kinds <= {0, 1} else "macro", "zero_division": 0}


def _accuracy(truth: Any, predicted: Any, _: Any) -> float:
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(truth, predicted))


def _f1(truth: Any, predicted: Any, _: Any) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(truth, predicted, **_average(truth)))


def _precision(truth: Any, predicted: Any, _: Any) -> float:
    from sklearn.metrics import precision_score

    return float(precision_score(truth, predicted, **_average(truth)))


def _recall(truth: Any, predicted: Any, _: Any) -> float:
    from sklearn.metrics import recall_score

    return float(recall_score(truth, predicted, **_average(truth)))


def _roc_auc(truth: Any, _: Any, probabilities: Probabilities | None) -> float | None:
    from sklearn.metrics import roc_auc_score

    assert probabilities is not None
    shares, classes = probabilities
    if len(set(truth.tolist())) < 2:
        return None  # there is nothing to tell apart
    if shares.shape[1] == 2:
        return float(roc_auc_score(truth == (classes or [0, 1])[1], shares[:, 1]))
    return float(roc_auc_score(truth, shares, multi_class="ovr", labels=classes or None))


def _log_loss(truth: Any, _: Any, probabilities: Probabilities | None) -> float:
    from sklearn.metrics import log_loss

    assert probabilities is not None
    shares, classes = probabilities
    return float(log_loss(truth, shares, labels=classes or None))


def _rmse(truth: Any, predicted: Any, _: Any) -> float:
    from sklearn.metrics import mean_squared_error

    return math.sqrt(mean_squared_error(truth, predicted))


def _mae(truth: Any, predicted: Any, _: Any) -> float:
    from sklearn.metrics import mean_absolute_error

    return float(mean_absolute_error(truth, predicted))


def _r2(truth: Any, predicted: Any, _: Any) -> float | None:
    from sklearn.metrics import r2_score

    return float(r2_score(truth, predicted)) if len(truth) > 1 else None


_METRICS: dict[str, Callable[[Any, Any, Probabilities | None], float | None]] = {
    "accuracy": _accuracy,
    "f1": _f1,
    "precision": _precision,
    "recall": _recall,
    "roc_auc": _roc_auc,
    "log_loss": _log_loss,
    "rmse": _rmse,
    "mae": _mae,
    "r2": _r2,
}
NAMES = tuple(_METRICS)
