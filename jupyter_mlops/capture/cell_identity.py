"""By what a cell is known from one execution to the next. Standard library only."""

from __future__ import annotations

import hashlib

PARAMETERS_TAG = "injected-parameters"  # papermill gives this cell a new id in every run


def hash_source(source: str) -> str:
    """The BLAKE2b-128 of a cell's text, as 32 hexadecimal digits."""
    return hashlib.blake2b(source.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
