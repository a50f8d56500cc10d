"""Python's parser, for the many threads of a server, a worker or a kernel."""

from __future__ import annotations

import ast
import threading
import warnings
from typing import Any

TRIES = 5
_TURN = threading.RLock()


def parse(source: str, mode: str = "exec") -> Any:
    """`ast.parse`, without warnings, from any thread.

    Threads share a counter of Python's up to 3.12: two that parse at once can have each other
    fail with "AST constructor recursion depth mismatch" (gh-106905). So ours take turns, and try again where
    somebody else's was in between. Warnings (on an invalid escape and the like, which the kernel tells the
    user of) are held back inside the turn, as their filters are shared, too.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as `ast.parse`.
    """
    with _TURN, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(TRIES - 1):
            try:
                return ast.parse(source, mode=mode)
            except SystemError:
                continue
        return ast.parse(source, mode=mode)


def read_literal(text: str) -> Any:
    """`ast.literal_eval` of a text, from any thread.

    Raises:
        SyntaxError, ValueError, TypeError, RecursionError, MemoryError: it is no literal.
    """
    return ast.literal_eval(parse(text.lstrip(" \t"), "eval"))
