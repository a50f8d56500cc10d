"""Hashes of the content of data frames and arrays, for those who ask: they read every value.

A hash names equal content only beside another by the same method: each says which it was.
"""

from __future__ import annotations

import hashlib
import sys
from typing import Any

_BUFFERS = "blake2b-128 of buffers"
_PANDAS = "blake2b-128 of buffers, else of pandas.util.hash_array"


def hash_content(kind: str, value: Any) -> tuple[str, str]:
    """The hash of a value of a kind that `schemas.DESCRIBED` knows, and how it was made.

    Raises:
        Exception: whatever the library raises, such as for objects that cannot be hashed.
    """
    digest = hashlib.blake2b(digest_size=16)
    library, _, name = kind.partition(".")
    if library == "numpy":
        method = _hash_numpy(digest, value)
    elif library == "pandas":
        series = [value] if name == "Series" else [value.iloc[:, at] for at in range(value.shape[1])]
        for column in (value.index, *series):
            _hash_pandas(digest, column)
        method = _PANDAS
    elif library == "polars":
        hashes = value.hash_rows() if name == "DataFrame" else value.hash()
        _update(digest, hashes.to_numpy())
        method = f"blake2b-128 of polars {sys.modules['polars'].__version__} hashes"
    else:
        for batch in value.to_batches() if name == "Table" else [value]:
            digest.update(batch.serialize())
        method = "blake2b-128 of Arrow IPC batches"
    return digest.hexdigest(), method


def _hash_numpy(digest: Any, array: Any) -> str:
    numpy = sys.modules["numpy"]
    if array.dtype.hasobject:
        pandas = sys.modules["pandas"]  # KeyError without it: importing it is not ours to do
        _update(digest, pandas.util.hash_array(numpy.asarray(array).ravel()))
        return _PANDAS
    digest.update(str(array.dtype).encode())
    _update(digest, numpy.ascontiguousarray(array))
    return _BUFFERS


def _hash_pandas(digest: Any, column: Any) -> None:
    numpy, pandas = sys.modules["numpy"], sys.modules["pandas"]
    digest.update(column.dtype.name.encode())
    if not isinstance(column.dtype, numpy.dtype):
        _update(digest, pandas.util.hash_array(column.array))
    elif column.dtype.hasobject:
        _update(digest, pandas.util.hash_array(column.to_numpy()))
    else:
        _update(digest, numpy.ascontiguousarray(column.to_numpy()))


def _update(digest: Any, array: Any) -> None:
    if array.size:
        digest.update(memoryview(array.reshape(-1).view("u1")))
