"""What becomes of a value that is logged: a metric, a param or an artifact. No effects, no imports."""

from __future__ import annotations

import json
import numbers
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_mlops.errors import BadInputError, NotFoundError

MAX_PARAM_CHARS = 6000
"""MLflow's bound; a longer text is an artifact."""


@dataclass
class Sorted:
    """Values by what becomes of them; the artifacts' names are those of the files."""

    metrics: dict[str, float] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    images: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)

    @property
    def artifacts(self) -> list[str]:
        """The names of all that becomes an artifact."""
        return [*self.texts, *self.figures, *self.images, *self.tables, *self.files]


def sort_values(values: Mapping[str, Any]) -> Sorted:
    """Sort values; nothing is logged when one of them cannot be.

    Raises:
        BadInputError: a name or a value cannot be logged; the hint says what could.
        NotFoundError: a path leads nowhere.
    """
    found = Sorted()
    for name, value in values.items():
        if not isinstance(name, str) or not name.strip():
            raise BadInputError(
                f"A logged value needs a name, not {name!r}.", field="name", hint="Write log(accuracy=0.9)."
            )
        _sort_one(found, name, value)
    return found


def _sort_one(found: Sorted, name: str, value: Any) -> None:
    value = _plain(value)
    if value is None or isinstance(value, (bool, str)):
        text = str(value)
        if len(text) <= MAX_PARAM_CHARS:
            found.params[name] = text
        else:
            found.texts[f"{name}.txt"] = text
    elif isinstance(value, numbers.Real):
        found.metrics[name] = float(value)
    elif isinstance(value, os.PathLike):
        found.files[name] = _existing(name, Path(value))
    elif isinstance(value, (Mapping, list, tuple)):
        found.texts[f"{name}.json"] = _as_json(name, value)
    else:
        sort = next((sort for module, sort in _LIBRARIES if _comes_from(value, module)), _refuse)
        sort(found, name, value)


def _plain(value: Any) -> Any:
    """A number of numpy's, or of an array with a single one, as Python's."""
    is_single = callable(getattr(value, "item", None)) and getattr(value, "ndim", None) == 0
    return value.item() if is_single else value


def _existing(name: str, path: Path) -> Path:
    if not path.exists():
        raise NotFoundError(
            f"{name}: there is no file or folder '{path}'.",
            field=name,
            hint="Save it first; a plain text that is no path is logged as a string.",
        )
    return path


def _as_json(name: str, value: Any) -> str:
    try:
        return json.dumps(value, indent=1)
    except (TypeError, ValueError) as error:
        raise BadInputError(
            f"{name}: a {type(value).__name__} is logged as JSON, and this cannot be: {error}.",
            field=name,
            hint="Log its numbers and strings by names of their own.",
        ) from error


def _comes_from(value: Any, module: str) -> bool:
    """Whether a class of the value's is a library's, which need not be imported to ask."""
    return any(f"{base.__module__}.{base.__qualname__}".startswith(module) for base in type(value).__mro__)


def _figure(found: Sorted, name: str, value: Any) -> None:
    found.figures[f"{name}.png"] = value


def _interactive_figure(found: Sorted, name: str, value: Any) -> None:
    found.figures[f"{name}.html"] = value


def _axes(found: Sorted, name: str, value: Any) -> None:
    found.figures[f"{name}.png"] = value.figure


def _image(found: Sorted, name: str, value: Any) -> None:
    found.images[f"{name}.png"] = value


def _pandas_frame(found: Sorted, name: str, value: Any) -> None:
    frame = value.to_frame() if value.ndim == 1 else value
    found.tables[f"{name}.json"] = {
        str(column): frame.iloc[:, place].tolist() for place, column in enumerate(frame.columns)
    }


def _polars_frame(found: Sorted, name: str, value: Any) -> None:
    found.tables[f"{name}.json"] = value.to_dict(as_series=False)


def _refuse(_found: Sorted, name: str, value: Any) -> None:
    kind = type(value)
    raise BadInputError(
        f"{name}: a {kind.__module__}.{kind.__qualname__} cannot be logged as it is.",
        field=name,
        hint="Numbers become metrics; strings and booleans params; figures, images, data frames, paths, "
        "lists and dicts artifacts. A model is logged by mlflow.sklearn.log_model and its like.",
    )


_LIBRARIES: list[tuple[str, Callable[[Sorted, str, Any], None]]] = [
    ("matplotlib.figure.Figure", _figure),
    ("matplotlib.axes.", _axes),
    ("plotly.basedatatypes.BaseFigure", _interactive_figure),
    ("PIL.Image.Image", _image),
    ("pandas.core.frame.DataFrame", _pandas_frame),
    ("pandas.core.series.Series", _pandas_frame),
    ("pandas.DataFrame", _pandas_frame),
    ("pandas.Series", _pandas_frame),
    ("polars.dataframe.frame.DataFrame", _polars_frame),
]
"""By how a class's full name begins (pandas 3 calls its own `pandas.DataFrame`)."""
