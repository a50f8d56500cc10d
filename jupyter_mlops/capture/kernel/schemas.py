"""How shape and schema of each kind of data frame and array are asked for, without reading a value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MAX_READ = 1000  # columns of which names and types are read at all

Schema = list[tuple[str, str]]
"""Column names with their types, in order; an array has one, without a name."""


@dataclass(frozen=True)
class Kind:
    """One class of data: what it is called, and how its shape and schema are asked for."""

    name: str
    shape: Callable[[Any], tuple[int, ...]]
    schema: Callable[[Any], Schema]


def _pandas_frame(frame: Any) -> Schema:
    names = frame.columns[:MAX_READ].tolist()
    types = frame.dtypes.array[:MAX_READ]
    return [(str(name), type_.name) for name, type_ in zip(names, types, strict=False)]


def _pandas_series(series: Any) -> Schema:
    return [("" if series.name is None else str(series.name), series.dtype.name)]


def _polars_frame(frame: Any) -> Schema:
    return [(name, str(type_)) for name, type_ in zip(frame.columns[:MAX_READ], frame.dtypes, strict=False)]


def _polars_series(series: Any) -> Schema:
    return [(series.name, str(series.dtype))]


def _arrow_table(table: Any) -> Schema:
    schema = table.schema
    return [(schema.field(at).name, str(schema.field(at).type)) for at in range(min(len(schema), MAX_READ))]


def _numpy_array(array: Any) -> Schema:
    return [("", str(array.dtype))]


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(map(int, value.shape))


DESCRIBED: dict[tuple[str, str], Kind] = {
    ("pandas", "DataFrame"): Kind("pandas.DataFrame", _shape, _pandas_frame),
    ("pandas", "Series"): Kind("pandas.Series", _shape, _pandas_series),
    ("polars", "DataFrame"): Kind("polars.DataFrame", _shape, _polars_frame),
    ("polars", "Series"): Kind("polars.Series", _shape, _polars_series),
    ("pyarrow", "Table"): Kind("pyarrow.Table", _shape, _arrow_table),
    ("pyarrow", "RecordBatch"): Kind("pyarrow.RecordBatch", _shape, _arrow_table),
    ("numpy", "ndarray"): Kind("numpy.ndarray", _shape, _numpy_array),
}
"""By the module's first name and the class's."""
