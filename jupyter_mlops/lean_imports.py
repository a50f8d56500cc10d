"""Imports that cost much and give us nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_GRAMMAR = "rfc3987_syntax"


def spare_the_grammar_of_iris() -> None:
    """Take two CPU seconds off a process of ours that reads notebooks; called before its imports.

    nbformat imports jsonschema, which imports `rfc3987_syntax` where it is installed, which compiles a
    grammar of internationalised addresses. jsonschema does without it, and nothing here checks such ones.
    """
    sys.modules.setdefault(_GRAMMAR, None)  # type: ignore[arg-type] # what an import then fails on


@contextmanager
def without_the_grammar_of_iris() -> Iterator[None]:
    """The same for what is imported in a block: in a process that is not ours, whose user may want it."""
    ours = _GRAMMAR not in sys.modules
    spare_the_grammar_of_iris()
    try:
        yield
    finally:
        if ours:
            del sys.modules[_GRAMMAR]
