"""Tables on disk: read, and written in one step, by their ending."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_mlops.errors import BadInputError

if TYPE_CHECKING:
    from pandas import DataFrame

ENDINGS = (".parquet", ".csv", ".jsonl")


def check_ending(path: Path, field: str) -> Path:
    """A path of a table that can be read and written.

    Raises:
        BadInputError: its ending is none that is known.
    """
    if path.suffix not in ENDINGS:
        raise BadInputError(
            f"{path.name!r} is no table that can be read.",
            field=field,
            hint=f"Its name must end with one of {', '.join(ENDINGS)}.",
        )
    return path


def read_table(path: Path) -> DataFrame:
    """Read a table.

    Raises:
        BadInputError: it is not there, or is not what its ending says.
    """
    import pandas as pd

    readers: dict[str, Any] = {
        ".parquet": pd.read_parquet,
        ".csv": pd.read_csv,
        ".jsonl": lambda file: pd.read_json(file, lines=True),
    }
    try:
        frame: DataFrame = readers[check_ending(path, "data").suffix](path)
    except FileNotFoundError as error:
        raise BadInputError(
            f"There is no file {str(path)!r}.", field="data", hint="Give the path of a table to score."
        ) from error
    except Exception as error:
        raise BadInputError(f"{path.name!r} cannot be read: {error}", field="data") from error
    return frame.reset_index(drop=True)


def write_table(frame: DataFrame, path: Path) -> str:
    """Put a table in a file's place in one step, unless that holds just it; answers with its SHA-256."""
    partial = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    writers: dict[str, Any] = {
        ".parquet": lambda file: frame.to_parquet(file, index=False),
        ".csv": lambda file: frame.to_csv(file, index=False),
        ".jsonl": lambda file: frame.to_json(file, orient="records", lines=True),
    }
    try:
        writers[path.suffix](partial)
        return put_in_place(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def put_in_place(partial: Path, path: Path) -> str:
    """Put a whole file in another's place, which stays untouched when it holds the same."""
    sha = sha_of(partial)
    if not path.exists() or sha_of(path) != sha:
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    return sha


def sha_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
