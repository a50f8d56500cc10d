"""A model of this process, logged to MLflow in a fraction of the time that MLflow's own way takes.

What MLflow would find out by loading the model again in another process and in this one (what it requires,
whether it can predict for its example) is told to it: see `experiments/registering.py`.
"""

from __future__ import annotations

import functools
import importlib
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from jupyter_mlops.capture.kernel.sklearn_saving import SERIALIZATION, wrap_save_model
from jupyter_mlops.errors import RegistrationError
from jupyter_mlops.tracking.client import tracking_failures
from jupyter_mlops.tracking.live_models.flavours import SKLEARN, Flavour
from jupyter_mlops.tracking.model_description import NATIVE, RUNS_CODE

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

_WRITERS = ("skops", "cloudpickle")
_QUIET = ("mlflow.sklearn", "mlflow.pyfunc", "mlflow.models.model", "mlflow.types.utils")


@dataclass(frozen=True)
class LiveModel:
    """What is to be logged.

    Args:
        model: the object.
        flavour: its.
        requirements: pinned, as pip takes them.
        code: files and folders of the user's own that it needs.
        example: rows of what it takes, None for none.
        prediction: what it answered to them.
    """

    model: Any
    flavour: Flavour
    requirements: Sequence[str] = ()
    code: Sequence[Path] = ()
    example: Any = None
    prediction: Any = None


@dataclass(frozen=True)
class SavedModel:
    """A model that was logged.

    Args:
        serialization: what its files are written as; `cloudpickle` and `pickle` can run code when loaded.
        signature: in words; None when it has none.
    """

    model_id: str
    name: str
    mlflow_run_id: str
    serialization: str
    signature: str | None
    requirements: tuple[str, ...]

    @property
    def can_run_code(self) -> bool:
        """Whether to load it is to run what its author wrote."""
        return self.serialization in RUNS_CODE


def log_live_model(live: LiveModel, name: str, run_id: str) -> SavedModel:
    """Log a model to an MLflow run.

    Args:
        live: the model.
        name: of the logged model.
        run_id: of the run.

    Raises:
        RegistrationError: MLflow or the model's library cannot save it.
    """
    from mlflow.exceptions import MlflowException
    from mlflow.models import Model

    class ExampleTriedModel(Model):  # type: ignore[misc] # MLflow is not followed
        """Its example was predicted for already: MLflow would load the model again to do so."""

        def get_serving_input(self, _path: str) -> None:
            return None

    try:
        with _quietly():
            signature = _signature(live)
            info = ExampleTriedModel.log(
                None,
                _flavour_module(live.flavour),
                name=name,
                run_id=run_id,
                flavor_name=f"mlflow.{live.flavour.name}",
                signature=signature,
                input_example=live.example,
                pip_requirements=list(live.requirements),
                **({"code_paths": [str(path) for path in live.code]} if live.code else {}),
                **{live.flavour.argument: live.model},
            )
    except (*tracking_failures(), MlflowException) as error:
        raise _cannot_save(live, error) from error
    except Exception as error:  # the libraries' own, and pickle's
        raise _cannot_save(live, error) from error
    return SavedModel(
        model_id=str(info.model_id),
        name=name,
        mlflow_run_id=run_id,
        serialization=_serialization(live.flavour, info),
        signature=None if signature is None else _in_words(signature),
        requirements=tuple(live.requirements),
    )


def _flavour_module(flavour: Flavour) -> Any:
    """MLflow's module; that of scikit-learn chooses a format that holds the model, in any process."""
    module = importlib.import_module(f"mlflow.{flavour.name}")
    if flavour is not SKLEARN:
        return module
    return SimpleNamespace(save_model=wrap_save_model(_with_its_writer(module.save_model)))


def _with_its_writer(save_model: Callable[..., Any]) -> Callable[..., Any]:
    """`save_model`, requiring besides what reads the format that was chosen in the end."""
    from importlib.metadata import version

    @functools.wraps(save_model)
    def save(**arguments: Any) -> Any:
        writer = arguments.get("serialization_format")
        if writer in _WRITERS:
            others = [line for line in arguments["pip_requirements"] if line.split("==")[0] not in _WRITERS]
            arguments = {**arguments, "pip_requirements": [*others, f"{writer}=={version(writer)}"]}
        return save_model(**arguments)

    return save


def _signature(live: LiveModel) -> ModelSignature | None:
    from mlflow.models import infer_signature

    if live.example is None:
        return None
    return infer_signature(live.example, live.prediction)


def _serialization(flavour: Flavour, info: Any) -> str:
    metadata: Mapping[str, Any] = info.metadata or {}
    told = (flavor.get("serialization_format") for flavor in info.flavors.values())
    found = metadata.get(SERIALIZATION) or next((one for one in told if one), None)
    return str(found or flavour.serialization or NATIVE)


def _in_words(signature: ModelSignature) -> str:
    """`sepal length: double, … (4 columns) → long`."""
    return " → ".join(_columns(schema) for schema in (signature.inputs, signature.outputs) if schema)


def _columns(schema: Any) -> str:
    if schema.is_tensor_spec():
        return ", ".join(f"array of {spec.type} {list(spec.shape)}" for spec in schema.inputs)
    typed = [
        f"{spec.name}: {_type_name(spec)}" if spec.name is not None else _type_name(spec)
        for spec in schema.inputs
    ]
    shown = ", ".join(typed[:3])
    return f"{shown}, … ({len(typed)} columns)" if len(typed) > 3 else shown


def _type_name(spec: Any) -> str:
    return str(getattr(spec.type, "name", spec.type))


def _cannot_save(live: LiveModel, error: Exception) -> RegistrationError:
    kind = type(live.model).__name__
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return RegistrationError(
        f"The {kind} could not be saved as MLflow's {live.flavour.name}: {first}",
        field="from",
        hint="What a model holds must be what can be pickled: no open files, connections, locks or "
        "generators. Nothing was registered.",
    )


@contextmanager
def _quietly() -> Iterator[None]:
    """Without MLflow's advice on what is decided here: integer columns, type hints, pickles."""
    loggers = [logging.getLogger(name) for name in _QUIET]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
