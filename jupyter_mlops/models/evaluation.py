"""Evaluation data as notebooks have them, made one table: of frames, arrays or mappings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.tracking.evaluation import EvaluationTable

if TYPE_CHECKING:
    import pyarrow as pa

TARGET = "target"


def evaluation_table(
    features: Any, labels: Any, *, target: str | None = None, slices: Iterable[str] | Mapping[str, Any] = ()
) -> EvaluationTable:
    """One table of what a model is evaluated on.

    Args:
        features: a frame, a mapping of columns, or an array of rows and columns.
        labels: what is to be predicted, a value a row; or the name of the column of `features` that it is.
        target: the name for `labels`; by default a series' own, else `target`.
        slices: the columns by which regressions are looked for; or columns that the model is not given, by
            their names.

    Raises:
        BadInputError: they do not fit each other, or a value cannot be written to Parquet.
    """
    table, is_array = _as_table(features)
    if isinstance(labels, str):
        if labels not in table.column_names:
            raise BadInputError(
                f"X has no column {labels!r} to be predicted.",
                field="y",
                hint=f"Its columns: {', '.join(table.column_names[:20])}.",
            )
        target, labels = labels, table.column(labels)
        table = table.drop_columns([target])
    names = tuple(table.column_names)
    if not names:
        raise BadInputError("X has no columns for the model to predict from.", field="X")
    target = target or _own_name(labels) or TARGET
    table = _with_column(table, target, labels, "y")
    extra = slices if isinstance(slices, Mapping) else {}
    for name, values in extra.items():
        table = _with_column(table, str(name), values, "slices")
    chosen = tuple(str(name) for name in ([slices] if isinstance(slices, str) else slices))
    for name in chosen:
        if name not in table.column_names:
            raise BadInputError(
                f"X has no column {name!r} to slice by.",
                field="slices",
                hint=f"Its columns: {', '.join(names[:20])}; others are given as slices={{name: values}}.",
            )
    if table.num_rows == 0:
        raise BadInputError("There are no rows to evaluate on.", field="X")
    return EvaluationTable(table, target, names, chosen, is_array)


def _as_table(features: Any) -> tuple[pa.Table, bool]:
    import pyarrow as pa

    if isinstance(features, pa.Table):
        return features, False
    if hasattr(features, "collect_schema") and hasattr(features, "to_arrow"):  # polars
        return features.to_arrow(), False
    if isinstance(features, Mapping):
        return _built("X", lambda: pa.table({str(name): _column(part) for name, part in features.items()}))
    if hasattr(features, "iloc"):
        import pandas as pd

        frame = features.to_frame() if features.ndim == 1 else features
        frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
        _check_unique(list(frame.columns))
        return _built("X", lambda: pa.Table.from_pandas(pd.DataFrame(frame), preserve_index=False))
    return _from_array(features)


def _from_array(features: Any) -> tuple[pa.Table, bool]:
    import numpy as np
    import pyarrow as pa

    array = np.asarray(features)
    if array.ndim == 1 and array.dtype.kind in "fiub":
        array = array.reshape(-1, 1)
    if array.ndim != 2:
        raise BadInputError(
            f"X is {type(features).__name__} of the shape {array.shape}.",
            field="X",
            hint="Give a data frame, or an array of rows and columns.",
        )
    columns = {str(at): np.ascontiguousarray(array[:, at]) for at in range(array.shape[1])}
    table, _ = _built("X", lambda: pa.table({name: _column(part) for name, part in columns.items()}))
    return table, True


def _with_column(table: pa.Table, name: str, values: Any, field: str) -> pa.Table:
    if name in table.column_names:
        raise BadInputError(
            f"There are two columns {name!r}.",
            field=field,
            hint="Name the target otherwise: log_evaluation(X, y, target='label')."
            if field == "y"
            else "Name a column of X in slices=[...], without values.",
        )
    column, _ = _built(field, lambda: _column(values))
    if len(column) != table.num_rows:
        raise BadInputError(
            f"X has {table.num_rows} rows, but {name!r} has {len(column)} values.", field=field
        )
    return table.append_column(name, column)


def _column(values: Any) -> Any:
    import numpy as np
    import pyarrow as pa

    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        return values
    if hasattr(values, "iloc") and getattr(values, "ndim", 1) == 2:  # a frame of one column
        values = values.iloc[:, 0] if values.shape[1] == 1 else values
    if hasattr(values, "iloc"):
        return pa.Array.from_pandas(values)
    if hasattr(values, "to_arrow"):
        return values.to_arrow()
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array.ravel()
    if array.ndim != 1:
        raise ValueError(f"values of the shape {array.shape}, where one a row is needed")
    return pa.array(array.tolist() if array.dtype.kind in "OU" else array, from_pandas=True)


def _built(field: str, build: Any) -> tuple[Any, bool]:
    """What pyarrow makes of it; `False`, as it is no bare array."""
    import pyarrow as pa

    try:
        return build(), False
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise BadInputError(
            f"{field} cannot be written to Parquet: {str(error).splitlines()[0][:300]}.",
            field=field,
            hint="Each column needs values of one kind: numbers, text, booleans or times.",
        ) from None


def _check_unique(names: list[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadInputError(f"X has two columns {twice!r}.", field="X", hint="Rename one.")


def _own_name(labels: Any) -> str | None:
    name = getattr(labels, "name", None)
    return name if isinstance(name, str) and name else None
