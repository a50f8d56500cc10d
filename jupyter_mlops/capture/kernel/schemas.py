"""How the schema of each kind of data frame and array is asked for, without reading a value."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MAX_READ = 1000  # columns of which names and types are read at all

Schema = list[tuple[str, str]]
"""Column names with their types, in order; an array has one, without a name."""


_numpy_names: dict[Any, str] = {}
_columns_seen: list[tuple[Any, list[str]]] = []
MAX_COLUMNS_SEEN = 8


@dataclass(frozen=True)
class Kind:
    """One class of data: what it is called, and how its schema is asked for. All have a `shape`.

    Args:
        axes: what has other objects in it once the shape has changed or a column's name, where asking for
            the shape takes longer.
        types: the columns' types as they are kept, where they and `axes` say whether the schema has changed.
    """

    name: str
    schema: Callable[[Any], Schema]
    axes: Callable[[Any], list[Any]] | None = None
    types: Callable[[Any], list[Any]] | None = None


def _pandas_axes(data: Any) -> list[Any]:
    axes: list[Any] = getattr(data, "_mgr", data).axes
    return axes


def _pandas_frame(frame: Any) -> Schema:
    if frame.shape[1] > MAX_READ:
        frame = frame.iloc[:, :MAX_READ]
    return list(zip(_column_names(frame.columns), map(_type_name, _pandas_types(frame)), strict=True))


def _pandas_types(frame: Any) -> list[Any]:
    """What `frame.dtypes` holds, in a tenth of the time where pandas keeps its blocks as it has for years."""
    try:
        blocks = [block.dtype for block in frame._mgr.blocks]
        return [blocks[number] for number in frame._mgr.blknos.tolist()]
    except (AttributeError, IndexError, TypeError):
        return list(frame.dtypes.tolist())


def _column_names(columns: Any) -> list[str]:
    """The names in an index: pandas never changes one, and a frame's parts have views of the frame's."""
    for ref, names in _columns_seen:
        known = ref()
        if known is not None and columns.is_(known):
            return names
    names = [str(name) for name in columns.tolist()]
    _columns_seen.insert(0, (weakref.ref(columns), names))
    del _columns_seen[MAX_COLUMNS_SEEN:]
    return names


def _pandas_series(series: Any) -> Schema:
    return [("" if series.name is None else str(series.name), _type_name(series.dtype))]


def _polars_frame(frame: Any) -> Schema:
    return [(name, str(type_)) for name, type_ in zip(frame.columns[:MAX_READ], frame.dtypes, strict=False)]


def _polars_series(series: Any) -> Schema:
    return [(series.name, str(series.dtype))]


def _arrow_table(table: Any) -> Schema:
    schema = table.schema
    return [(schema.field(at).name, str(schema.field(at).type)) for at in range(min(len(schema), MAX_READ))]


def _numpy_array(array: Any) -> Schema:
    return [("", _type_name(array.dtype))]


def _type_name(type_: Any) -> str:
    """A pandas or numpy type's name; numpy takes microseconds to make it, and its types are few."""
    if type(type_).__module__ != "numpy.dtypes":
        return str(type_.name) if hasattr(type_, "name") else str(type_)
    name = _numpy_names.get(type_)
    if name is None:
        if len(_numpy_names) > 1000:  # structured types are without number
            _numpy_names.clear()
        name = _numpy_names[type_] = str(type_)
    return name


DESCRIBED: dict[tuple[str, str], Kind] = {
    ("pandas", "DataFrame"): Kind("pandas.DataFrame", _pandas_frame, _pandas_axes, _pandas_types),
    ("pandas", "Series"): Kind("pandas.Series", _pandas_series, _pandas_axes),
    ("polars", "DataFrame"): Kind("polars.DataFrame", _polars_frame),
    ("polars", "Series"): Kind("polars.Series", _polars_series),
    ("pyarrow", "Table"): Kind("pyarrow.Table", _arrow_table),
    ("pyarrow", "RecordBatch"): Kind("pyarrow.RecordBatch", _arrow_table),
    ("numpy", "ndarray"): Kind("numpy.ndarray", _numpy_array),
}
"""By the module's first name and the class's."""
