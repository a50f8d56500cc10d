"""Which of MLflow's flavours an object belongs to: seen at its classes, importing none of the libraries."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from jupyter_mlops.errors import BadInputError


@dataclass(frozen=True)
class Flavour:
    """One of MLflow's flavours.

    Args:
        name: MLflow's module of it, below `mlflow`.
        argument: what that module's `save_model` calls the model.
        libraries: the modules that it needs wherever it is loaded.
        serialization: what its files are written as; None: it depends, and the saved model says.
    """

    name: str
    argument: str
    libraries: tuple[str, ...] = ()
    serialization: str | None = None


PYFUNC = Flavour("pyfunc", "python_model", (), "cloudpickle")
SKLEARN = Flavour("sklearn", "sk_model", ("sklearn",))


def _has(*methods: str) -> Callable[[Any], bool]:
    return lambda model: all(callable(getattr(model, method, None)) for method in methods)


def _derives_from(*names: str) -> Callable[[Any], bool]:
    return lambda model: any(base.__name__ in names for base in type(model).__mro__)


def _any(_model: Any) -> bool:
    return True


_KNOWN: dict[str, tuple[Flavour, Callable[[Any], bool]]] = {
    "sklearn": (SKLEARN, _has("fit", "get_params")),
    "imblearn": (SKLEARN, _has("fit", "get_params")),
    "xgboost": (
        Flavour("xgboost", "xgb_model", ("xgboost",), "flavour's own"),
        _derives_from("Booster", "XGBModel"),
    ),
    "lightgbm": (Flavour("lightgbm", "lgb_model", ("lightgbm",)), _derives_from("Booster", "LGBMModel")),
    "catboost": (Flavour("catboost", "cb_model", ("catboost",), "flavour's own"), _has("fit", "save_model")),
    "statsmodels": (
        Flavour("statsmodels", "statsmodels_model", ("statsmodels",), "pickle"),
        _has("save", "predict"),
    ),
    "transformers": (
        Flavour("transformers", "transformers_model", ("transformers",), "flavour's own"),
        _derives_from("Pipeline"),
    ),
    "sentence_transformers": (
        Flavour("sentence_transformers", "model", ("sentence_transformers",), "flavour's own"),
        _derives_from("SentenceTransformer"),
    ),
    "torch": (Flavour("pytorch", "pytorch_model", ("torch",)), _derives_from("Module")),
    "tensorflow": (Flavour("tensorflow", "model", ("tensorflow",)), _derives_from("Model", "Module")),
    "keras": (Flavour("tensorflow", "model", ("tensorflow", "keras")), _derives_from("Model")),
    "prophet": (Flavour("prophet", "pr_model", ("prophet",), "flavour's own"), _derives_from("Prophet")),
    "pmdarima": (Flavour("pmdarima", "pmdarima_model", ("pmdarima",), "pickle"), _has("fit", "predict")),
    "spacy": (Flavour("spacy", "spacy_model", ("spacy",), "flavour's own"), _derives_from("Language")),
    "onnx": (Flavour("onnx", "onnx_model", ("onnx",), "flavour's own"), _derives_from("ModelProto")),
    "h2o": (Flavour("h2o", "h2o_model", ("h2o",), "flavour's own"), _has("predict", "save_mojo")),
    "paddle": (Flavour("paddle", "pd_model", ("paddle",)), _derives_from("Layer", "Model")),
    "mlflow": (PYFUNC, _derives_from("PythonModel")),
}
"""By the first name of a class's module: the flavour, and whether an object of it is a model at all."""


def find_flavour(model: Any) -> Flavour | None:
    """The flavour of a model; None of what is no model.

    The nearest class that a library of MLflow's made decides: an XGBClassifier is XGBoost's, though it is one
    of scikit-learn's classifiers, too. A function that takes the data and gives predictions is `pyfunc`.
    """
    if isinstance(model, type):
        return None
    for library in _libraries(model):
        known = _KNOWN.get(library)
        if known is not None and known[1](model):
            return known[0]
    return PYFUNC if isinstance(model, (types.FunctionType, types.MethodType)) else None


def check_flavour(model: Any, called: str) -> Flavour:
    """The flavour of a model.

    Raises:
        BadInputError: it is no model that MLflow could save; the hint says what would be.
    """
    flavour = find_flavour(model)
    if flavour is not None:
        return flavour
    if isinstance(model, type):
        raise BadInputError(
            f"{called} is the class {model.__name__}, not a model of it.",
            field="from",
            hint=f"Make one and fit it: model = {model.__name__}(...).fit(X, y).",
        )
    kind = type(model)
    if any(library == "transformers" for library in _libraries(model)):
        hint = "Put it into transformers.pipeline(task, model=..., tokenizer=...)."
    elif _has("fit")(model) and "statsmodels" in _libraries(model):
        hint = "It is not fitted: register what its fit() returns."
    else:
        hint = (
            "Models are those of scikit-learn, XGBoost, LightGBM, CatBoost, PyTorch, Keras, statsmodels and "
            "the other libraries that MLflow knows, an mlflow.pyfunc.PythonModel, or a function that takes "
            "the data and gives predictions. Wrap another in such a function."
        )
    raise BadInputError(
        f"{called} is a {kind.__module__}.{kind.__qualname__}, which MLflow has no way to save as a model.",
        field="from",
        hint=hint,
    )


def _libraries(model: Any) -> Iterator[str]:
    """The first names of the modules of its classes, the nearest first."""
    for base in type(model).__mro__:
        if isinstance(base.__module__, str):
            yield base.__module__.partition(".")[0]
