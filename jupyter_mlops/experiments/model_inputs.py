"""Which of a notebook's data a model takes: found among its frames, arrays and texts; a few rows of it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from jupyter_mlops.capture.kernel.schemas import DESCRIBED
from jupyter_mlops.errors import BadInputError

EXAMPLE_ROWS = 5
MAX_TRIED = 20
_IPYTHONS = {"In", "Out"}  # the texts of all cells, which a model of texts would gladly take
_FRAMES = {"pandas.DataFrame", "polars.DataFrame"}
_NUMBERED = re.compile(r"(?:Column_|f)?\d+")
"""What LightGBM, CatBoost and XGBoost call the columns of what has no names."""
_NAMES = ("feature_names_in_", "feature_names_", "feature_name_", "feature_names", "exog_names")
_COUNTS = ("n_features_in_", "n_features_", "num_features")


@dataclass(frozen=True)
class Example:
    """Rows that a model takes, and what it answered to them.

    Args:
        rows: a pandas frame, a numpy array, or a list.
        prediction: None when it was not asked.
        of: the variable that they are of, None when they were given.
    """

    rows: Any
    prediction: Any
    of: str | None


def find_example(
    model: Any, predict: Callable[[Any], Any], names: Mapping[str, Any], redact: Callable[[str], str]
) -> Example | None:
    """Rows of the first of a notebook's variables that the model knows the columns of, and can predict for.

    Args:
        model: fitted.
        predict: asks it.
        names: the notebook's variables.
        redact: takes the secrets out of a text.
    """
    for tried, (name, rows) in enumerate(_candidates(model, names)):
        if tried >= MAX_TRIED:
            return None
        with suppress(Exception):  # it was not this one, then
            shown = _redacted(rows, redact)
            return Example(shown, predict(shown), name)
    return None


def given_example(given: Any, predict: Callable[[Any], Any], redact: Callable[[str], str]) -> Example:
    """The first rows of what the user gave as an example.

    Raises:
        BadInputError: the model cannot predict for it.
    """
    rows = _redacted(_first_rows(given), redact)
    try:
        return Example(rows, predict(rows), None)
    except Exception as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BadInputError(
            f"The model cannot predict for the example: {said}",
            field="example",
            hint="Give rows as the model takes them: example=X.",
        ) from error


def _candidates(model: Any, names: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The most likely first: frames with the model's columns, those with more, arrays as wide, texts."""
    columns, width = feature_names(model), feature_count(model)
    public = [(name, value) for name, value in names.items() if name[:1] != "_" and name not in _IPYTHONS]
    frames = [(name, value) for name, value in public if _kind(value) in _FRAMES and len(value)]
    if columns is not None:
        exact = [(name, frame) for name, frame in frames if _columns(frame) == columns]
        wider = [(name, frame) for name, frame in frames if set(columns) < set(_columns(frame))]
        yield from ((name, _first_rows(frame[list(columns)])) for name, frame in [*exact, *wider])
    elif width is not None:
        arrays = [(name, value) for name, value in public if _is_matrix(value) and value.shape[1] == width]
        yield from ((name, _first_rows(array)) for name, array in arrays)
        yield from (
            (name, _first_rows(frame).to_numpy()) for name, frame in frames if frame.shape[1] == width
        )
    else:
        yield from ((name, _first_rows(value)) for name, value in public if _is_text(value))


def feature_names(model: Any) -> list[str] | None:
    """The columns that a model was fitted with; None when it was given none, or does not say."""
    found: list[Any] = []
    for attribute in _NAMES:
        with suppress(Exception):
            said = getattr(model, attribute)
            found = list(said() if callable(said) else said)
            break
    if not found or not all(isinstance(name, str) for name in found):
        return None
    return None if all(_NUMBERED.fullmatch(name) for name in found) else found


def feature_count(model: Any) -> int | None:
    """How many columns a model was fitted with; None when it does not say."""
    for attribute in _COUNTS:
        with suppress(Exception):
            found = getattr(model, attribute)
            return int(found() if callable(found) else found)
    return None


def _kind(value: Any) -> str | None:
    for base in type(value).__mro__:
        module = base.__module__
        known = DESCRIBED.get((module.partition(".")[0], base.__name__)) if isinstance(module, str) else None
        if known is not None:
            return known.name
    return None


def _columns(frame: Any) -> list[str]:
    return [str(name) for name in frame.columns]


def _is_matrix(value: Any) -> bool:
    """An array of rows and columns, or one of SciPy's sparse ones."""
    sparse = any(base.__module__.startswith("scipy.sparse") for base in type(value).__mro__)
    return (sparse or _kind(value) == "numpy.ndarray") and value.ndim == 2 and bool(value.shape[0])


def _is_text(value: Any) -> bool:
    """A list or a column of texts."""
    if _kind(value) in ("pandas.Series", "polars.Series"):
        return bool(len(value)) and all(isinstance(text, str) for text in value.head(EXAMPLE_ROWS).to_list())
    few = value[:EXAMPLE_ROWS] if isinstance(value, list) else ()
    return bool(few) and all(isinstance(text, str) for text in few)


def _first_rows(data: Any) -> Any:
    """The first rows, of a kind that MLflow can keep: polars' frames become pandas'."""
    kind = _kind(data)
    if kind == "polars.DataFrame":
        import pandas

        return pandas.DataFrame(data.head(EXAMPLE_ROWS).to_dict(as_series=False))
    if kind in ("pandas.Series", "polars.Series"):
        return data.head(EXAMPLE_ROWS).to_list()
    if kind == "pandas.DataFrame":
        return data.head(EXAMPLE_ROWS)
    if isinstance(data, Mapping):
        return data
    if isinstance(data, Sequence) and not isinstance(data, str):
        return list(data[:EXAMPLE_ROWS])
    return data[:EXAMPLE_ROWS] if hasattr(data, "shape") else data


def _redacted(rows: Any, redact: Callable[[str], str]) -> Any:
    """The rows without secrets in their texts; the user's own data are not touched."""
    if isinstance(rows, list):
        return [redact(value) if isinstance(value, str) else value for value in rows]
    if _kind(rows) != "pandas.DataFrame":
        return rows
    pandas = sys.modules["pandas"]
    changed = {
        place: [redact(value) if isinstance(value, str) else value for value in rows.iloc[:, place]]
        for place, dtype in enumerate(rows.dtypes)
        if not pandas.api.types.is_numeric_dtype(dtype)
        and not pandas.api.types.is_datetime64_any_dtype(dtype)
    }
    copied = rows
    for place, values in changed.items():
        if values != list(rows.iloc[:, place]):
            copied = rows.copy() if copied is rows else copied
            copied.isetitem(place, pandas.Series(values, index=rows.index, dtype=rows.dtypes.iloc[place]))
    return copied
