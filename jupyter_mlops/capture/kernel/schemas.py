"""How the schema of each kind of data frame and array is asked for, without reading a value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MAX_READ = 1000  # columns of which names and types are read at all

_numpy_names: dict[Any, str] = {}
_names_seen: dict[object, list[str]] = {}
MAX_NAMES_SEEN = 100


@dataclass(frozen=True)
class Kind:
    """One class of data: what it is called, and how its schema is asked for. All have a `shape`.

    Args:
        name: the library's and the class's.
        names: the columns' names, in order; an array has one, without a name.
        types: their types, as the library keeps them.
        axes: what has other objects in it once the shape has changed, where asking that takes longer.
        axes_name: whether an axis also is another object once a column's name has changed.
    """

    name: str
    names: Callable[[Any], list[str]]
    types: Callable[[Any], list[Any]]
    axes: Callable[[Any], list[Any]] | None = None
    axes_name: bool = False


def _pandas_axes(data: Any) -> list[Any]:
    axes: list[Any] = getattr(data, "_mgr", data).axes
    return axes


def _pandas_types(frame: Any) -> list[Any]:
    """What `frame.dtypes` holds, in a tenth of the time where pandas keeps its blocks as it has for years."""
    try:
        blocks = [block.values.dtype for block in frame._mgr.blocks]
        return [blocks[number] for number in frame._mgr.blknos[:MAX_READ].tolist()]
    except (AttributeError, IndexError, TypeError):
        return list(frame.dtypes[:MAX_READ].tolist())


def _pandas_names(frame: Any) -> list[str]:
    """The columns' names, kept by what an index and its views share: pandas never changes one."""
    columns = frame.columns
    identity = getattr(columns, "_id", None)
    names = _names_seen.get(identity)
    if names is None:
        names = list(map(str, _labels(columns if len(columns) <= MAX_READ else columns[:MAX_READ])))
        if identity is not None:
            if len(_names_seen) >= MAX_NAMES_SEEN:
                _names_seen.clear()
            _names_seen[identity] = names
    return names


def _labels(index: Any) -> list[Any]:
    """What `index.tolist()` holds, in a fraction of the time where pandas keeps data as 3.1 does."""
    data = getattr(index, "_data", None)
    texts = getattr(data, "_pa_array", None)
    if texts is not None:
        return ["nan" if label is None else label for label in texts.to_pylist()]
    if type(data).__name__ == "ndarray":
        labels: list[Any] = data.tolist()  # type: ignore[union-attr]
        return labels
    return list(index.to_numpy(dtype=object).tolist())


def _series_name(series: Any) -> list[str]:
    return ["" if series.name is None else str(series.name)]


def _dtype(data: Any) -> list[Any]:
    return [data.dtype]


def _no_name(_array: Any) -> list[str]:
    return [""]


def _polars_names(frame: Any) -> list[str]:
    return list(frame.columns[:MAX_READ])


def _polars_types(frame: Any) -> list[Any]:
    return list(frame.dtypes[:MAX_READ])


def _arrow_names(table: Any) -> list[str]:
    return list(table.schema.names[:MAX_READ])


def _arrow_types(table: Any) -> list[Any]:
    return list(table.schema.types[:MAX_READ])


def type_name(type_: Any) -> str:
    """A type's name; numpy takes microseconds to make it, and its types are few."""
    if type(type_).__module__ != "numpy.dtypes":
        return str(type_.name) if hasattr(type_, "name") else str(type_)
    name = _numpy_names.get(type_)
    if name is None:
        if len(_numpy_names) > 1000:  # structured types are without number
            _numpy_names.clear()
        name = _numpy_names[type_] = str(type_)
    return name


DESCRIBED: dict[tuple[str, str], Kind] = {
    ("pandas", "DataFrame"): Kind(
        "pandas.DataFrame", _pandas_names, _pandas_types, _pandas_axes, axes_name=True
    ),
    ("pandas", "Series"): Kind("pandas.Series", _series_name, _dtype, _pandas_axes),
    ("polars", "DataFrame"): Kind("polars.DataFrame", _polars_names, _polars_types),
    ("polars", "Series"): Kind("polars.Series", _series_name, _dtype),
    ("pyarrow", "Table"): Kind("pyarrow.Table", _arrow_names, _arrow_types),
    ("pyarrow", "RecordBatch"): Kind("pyarrow.RecordBatch", _arrow_names, _arrow_types),
    ("numpy", "ndarray"): Kind("numpy.ndarray", _no_name, _dtype),
}
"""By the module's first name and the class's."""
