"""What the server's interpreter is told, so that the event loop gets its turn (decision 0012)."""

from __future__ import annotations

import gc
import sys
from functools import lru_cache

LONGEST_TURN_S = 0.0005


def take_short_turns() -> None:
    """Let a thread that works give way to the loop after half a millisecond, not after Python's five.

    A callback of the loop gives its turn away whenever it writes to a file or a socket, and then waits for
    one turn of each thread that is at work: twenty times five milliseconds, before.
    """
    sys.setswitchinterval(min(sys.getswitchinterval(), LONGEST_TURN_S))


@lru_cache
def keep_from_collector(what: str) -> None:  # noqa: ARG001 - once in a process for each
    """Take what is loaded for good out of the garbage collector's sight: looking through it stops the loop.

    Args:
        what: has been loaded just now.
    """
    gc.freeze()
