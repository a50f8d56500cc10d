"""Asking a model of this process, as MLflow will ask it where it is served."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

from jupyter_mlops.tracking.live_models.flavours import PYFUNC, Flavour

Predict = Callable[[Any], Any]


def predictor(model: Any, flavour: Flavour) -> Predict:
    """What asks a model for the predictions of some rows; it raises whatever the model raises."""
    if flavour is PYFUNC:
        return model if inspect.isroutine(model) else _python_model(model)
    asks = _ASKS.get(flavour.name)
    if asks is not None:
        return lambda rows: asks(model, rows)
    method = next((name for name in ("predict", "transform") if callable(getattr(model, name, None))), None)
    return getattr(model, method) if method else _nothing


def can_predict(model: Any, flavour: Flavour) -> bool:
    """Whether MLflow can serve it: it only asks a model of scikit-learn to `predict`."""
    return flavour.name != "sklearn" or callable(getattr(model, "predict", None))


def is_fitted(model: Any, flavour: Flavour) -> bool:
    """Whether a model of scikit-learn was fitted; True of all others, and where that cannot be told."""
    validation = sys.modules.get("sklearn.utils.validation")
    if flavour.name != "sklearn" or validation is None:
        return True
    try:
        validation.check_is_fitted(model)
    except Exception as error:  # noqa: BLE001 - anything but this one says nothing
        return type(error).__name__ != "NotFittedError"
    return True


def _python_model(model: Any) -> Predict:
    if "context" in inspect.signature(model.predict).parameters:
        return lambda rows: model.predict(None, rows)
    predict: Predict = model.predict
    return predict


def _torch(model: Any, rows: Any) -> Any:
    torch = sys.modules["torch"]
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            values = rows.to_numpy() if hasattr(rows, "iloc") else rows
            answer = model(torch.as_tensor(values))
    finally:
        model.train(training)
    return answer.numpy() if hasattr(answer, "numpy") else answer


def _keras(model: Any, rows: Any) -> Any:
    return model.predict_on_batch(rows.to_numpy() if hasattr(rows, "iloc") else rows)


def _call(model: Any, rows: Any) -> Any:
    return model(rows)


def _xgboost(model: Any, rows: Any) -> Any:
    """A booster takes XGBoost's own matrices, into which MLflow puts what it is given."""
    if any(base.__name__ == "Booster" for base in type(model).__mro__):
        return model.predict(sys.modules["xgboost"].DMatrix(rows))
    return model.predict(rows)


def _encode(model: Any, rows: Any) -> Any:
    return model.encode(rows)


def _nothing(_rows: Any) -> None:
    return None


_ASKS: dict[str, Callable[[Any, Any], Any]] = {
    "pytorch": _torch,
    "tensorflow": _keras,
    "transformers": _call,
    "xgboost": _xgboost,
    "sentence_transformers": _encode,
}
