"""Making a table what a model's signature asks for, or saying by name what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jupyter_mlops.errors import BadInputError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Problems = dict[int, str]
"""Why a row cannot be scored, by its number."""

_NUMBERS = {"double": "float64", "float": "float32", "long": "int64", "integer": "int32"}
_CANNOT_BE_MISSING = ("long", "integer", "boolean")


def fit_columns(frame: DataFrame, signature: Mapping[str, Any]) -> tuple[DataFrame, Problems]:
    """The columns that a model takes, of the types that it takes; and the rows that cannot be.

    Args:
        signature: MLflow's, as JSON; one of tensors takes the columns as they are.

    Raises:
        BadInputError: a column is missing, or holds no value of its type.
    """
    wanted = [column for column in signature.get("inputs") or () if column.get("name")]
    if not wanted:
        return frame, {}
    _refuse_missing(frame, wanted)
    problems: Problems = {}
    fitted = {}
    for column in wanted:
        name = column["name"]
        fitted[name] = _fit(frame[name], name, str(column.get("type")), problems)
    import pandas as pd

    return pd.DataFrame(fitted, index=frame.index), problems


def cast_whole(frame: DataFrame, signature: Mapping[str, Any]) -> DataFrame:
    """Give columns that can now hold no gap the whole-number type that their gaps had kept from them."""
    types = {
        column["name"]: "bool" if column["type"] == "boolean" else _NUMBERS[column["type"]]
        for column in signature.get("inputs") or ()
        if column.get("name") in frame and column.get("type") in _CANNOT_BE_MISSING
    }
    return frame.astype(types)


def _refuse_missing(frame: DataFrame, wanted: list[dict[str, Any]]) -> None:
    # MLflow calls a column optional that had a gap in the data its signature was inferred from; the model
    # takes it all the same.
    missing = [column["name"] for column in wanted if column["name"] not in frame]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        raise BadInputError(
            f"The table lacks {'the column' if len(missing) == 1 else 'the columns'} {names}, "
            "which the model takes.",
            field="data",
            hint=f"It has {', '.join(f'`{name}`' for name in list(frame)[:30])}.",
        )


def _fit(values: Series[Any], name: str, kind: str, problems: Problems) -> Series[Any]:
    import pandas as pd

    gaps = values.isna()
    if kind in _NUMBERS:
        numbers = pd.to_numeric(values, errors="coerce")
        wrong = (numbers.isna() & ~gaps) if kind in ("double", "float") else _not_whole(numbers, gaps)
        fitted = numbers.astype("float64")
    elif kind == "boolean":
        wrong = ~values.isin([True, False]) & ~gaps
        fitted = values
    elif kind == "string":
        wrong = ~values.map(lambda value: isinstance(value, str)) & ~gaps
        fitted = values.astype(object).where(~gaps, None)
    else:
        return values
    if len(values) and (wrong | gaps).all() and wrong.any():
        raise BadInputError(
            f"The column `{name}` is to hold {_words(kind)}, and holds {values[wrong].iloc[0]!r}.",
            field="data",
        )
    for row in values.index[wrong]:
        problems.setdefault(row, f"`{name}` is to be {_words(kind)}, not {values[row]!r}")
    if kind in _CANNOT_BE_MISSING:
        for row in values.index[gaps]:
            problems.setdefault(row, f"`{name}` is missing")
    return fitted


def _not_whole(numbers: Series[Any], gaps: Series[bool]) -> Series[bool]:
    return (numbers.isna() | (numbers % 1 != 0)) & ~gaps


def _words(kind: str) -> str:
    return {
        "double": "numbers",
        "float": "numbers",
        "long": "whole numbers",
        "integer": "whole numbers",
        "boolean": "true or false",
        "string": "texts",
    }[kind]
