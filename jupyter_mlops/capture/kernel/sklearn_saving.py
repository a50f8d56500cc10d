"""Which format a scikit-learn model is saved in, when the notebook leaves that open. Standard library only.

MLflow saves scikit-learn models with skops, whose files hold no code, and refuses each model that has a type
which skops does not trust by itself: forests, histogram gradient boosting, neighbours and more. Here

1. a model that skops accepts is saved as ever;
2. one whose untrusted types are all scikit-learn's, NumPy's or SciPy's own is saved with skops too, with just
   these types listed as trusted in the model's `MLmodel` file, from which `mlflow.sklearn.load_model` and
   `mlflow.pyfunc.load_model` take them. Loading such a file runs no code of its author's. It is not proof
   against a forged file: skops names types whose contents are not checked (a tree's indices), and a crafted
   one can crash the process that predicts with it;
3. any other (a lambda, a class of the notebook's own) is saved with cloudpickle, which can run code when
   loaded; one line warns of that.

The model's metadata say which: `mlops.serialization` is `skops` or `cloudpickle`. A format or a list of
trusted types that the notebook itself gives is left alone, and so is autologging, which asks for cloudpickle.
"""

from __future__ import annotations

import functools
import inspect
import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

Function = Callable[..., Any]

SERIALIZATION = "mlops.serialization"
TRUSTED_PACKAGES = frozenset({"sklearn", "numpy", "scipy"})
_REFUSALS = ("references untrusted types", "could not be serialized in the skops serialization format")

_left_open: ContextVar[bool] = ContextVar("jupyter_mlops_format_left_open", default=False)
_log = logging.getLogger("mlflow.jupyter_mlops")  # below MLflow's own, so that it prints where MLflow does


def wrap_log_model(log_model: Function) -> Function:
    """`mlflow.sklearn.log_model`, noting whether its caller chose a format; MLflow itself forgets."""

    @functools.wraps(log_model)
    def noting_log_model(*args: Any, **kwargs: Any) -> Any:
        token = _left_open.set(_leaves_format_open(_arguments(log_model, args, kwargs)))
        try:
            return log_model(*args, **kwargs)
        finally:
            _left_open.reset(token)

    return noting_log_model


def wrap_save_model(save_model: Function) -> Function:
    """`mlflow.sklearn.save_model`, choosing a format that works when the caller chose none."""

    @functools.wraps(save_model)
    def choosing_save_model(*args: Any, **kwargs: Any) -> Any:
        arguments = _arguments(save_model, args, kwargs)
        if arguments is None or not _may_choose(save_model, arguments):
            return save_model(*args, **kwargs)
        return _save(save_model, arguments)

    return choosing_save_model


def _arguments(function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any] | None:
    """The call's arguments by name; None for a call that the function itself will refuse."""
    try:
        return dict(inspect.signature(function).bind(*args, **kwargs).arguments)
    except TypeError:
        return None


def _leaves_format_open(arguments: dict[str, Any] | None) -> bool:
    given = arguments or {}
    chosen = given.get("serialization_format"), given.get("skops_trusted_types")
    return arguments is not None and chosen == (None, None)


def _may_choose(save_model: Function, arguments: dict[str, Any]) -> bool:
    """Whether the format is open, MLflow would take skops, and its folder is new: two tries will do."""
    if _left_open.get():
        skops = arguments.get("serialization_format") == "skops"
    else:
        skops = _leaves_format_open(arguments) and _default_format(save_model) == "skops"
    with suppress(OSError, KeyError, TypeError):
        path = Path(arguments["path"])
        return skops and not (path.exists() and any(path.iterdir()))
    return False


def _default_format(save_model: Function) -> str | None:
    module = sys.modules.get(save_model.__module__)
    default = getattr(module, "_get_default_serialization_format", None)  # absent before MLflow took to skops
    return default() if default else None


def _save(save_model: Function, arguments: dict[str, Any]) -> Any:
    refusal = None
    try:
        return save_model(**_marked(arguments, "skops"))
    except Exception as error:
        if not _is_refusal(error):
            raise
        refusal = error
    path = Path(arguments["path"])
    untrusted = _untrusted_types(arguments["sk_model"], path / "model.skops")
    _empty(path)
    if untrusted and all(name.partition(".")[0] in TRUSTED_PACKAGES for name in untrusted):
        try:
            return save_model(**{**_marked(arguments, "skops"), "skops_trusted_types": untrusted})
        except Exception as error:
            if not _is_refusal(error):
                raise
            _empty(path)
    with _without_mlflows_caution():
        try:
            saved = save_model(**_marked(arguments, "cloudpickle"))
        except Exception as error:
            raise error from refusal
    _log.warning(
        "%s was saved with cloudpickle, as skops cannot hold it%s. "
        "Loading it can run code: load it only where you trust who made it.",
        type(arguments["sk_model"]).__name__,
        _because(untrusted),
    )
    return saved


def _marked(arguments: dict[str, Any], serialization: str) -> dict[str, Any]:
    metadata = arguments.get("metadata") or getattr(arguments.get("mlflow_model"), "metadata", None) or {}
    return {
        **arguments,
        "serialization_format": serialization,
        "metadata": {**metadata, SERIALIZATION: serialization},
    }


def _is_refusal(error: Exception) -> bool:
    return type(error).__name__ == "MlflowException" and any(text in str(error) for text in _REFUSALS)


def _untrusted_types(model: Any, dumped: Path) -> list[str]:
    """What skops does not trust in the model, by the refused file if it is there; [] if there can be none."""
    try:
        import skops.io

        if dumped.is_file():
            return list(skops.io.get_untrusted_types(file=dumped))
        return list(skops.io.get_untrusted_types(data=skops.io.dumps(model)))
    except Exception:  # noqa: BLE001 - skops raises of every kind on what it does not know
        return []


def _because(untrusted: list[str]) -> str:
    foreign = [name for name in untrusted if name.partition(".")[0] not in TRUSTED_PACKAGES]
    if not foreign:
        return ""
    return f" ({', '.join(foreign[:3])}{', …' if len(foreign) > 3 else ''})"


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


@contextmanager
def _without_mlflows_caution() -> Iterator[None]:
    """Hold back MLflow's advice to use skops instead: it is what was tried."""
    logger = logging.getLogger("mlflow.sklearn")

    def is_other(record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith(
            "Saving scikit-learn models in the pickle or cloudpickle format"
        )

    logger.addFilter(is_other)
    try:
        yield
    finally:
        logger.removeFilter(is_other)
