"""What the server's interpreter is told, so that the event loop gets its turn (decision 0012)."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Any

LONGEST_TURN_S = 0.0001
THREADS = 2
"""For requests: each further one is one more that the loop waits for, and answers no more of them."""
PATIENCE_S = 60.0
"""How long the collector waits for a moment without requests."""
REST_AFTER = 1000
"""A thousandth of the time at most is spent on looking through everything."""
NEVER = 1 << 30


def take_short_turns() -> None:
    """Let a thread that works give way to the loop after a tenth of a millisecond, not after Python's five.

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


class RequestThreads(ThreadPoolExecutor):
    """Where requests do what would stop the loop."""

    def __init__(self) -> None:
        super().__init__(THREADS, "jupyter-mlops")
        self._under_way: set[Future[Any]] = set()

    @property
    def are_idle(self) -> bool:
        """Whether no work is being done, and none waits."""
        return not self._under_way

    def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
        """As an executor does."""
        future = super().submit(*args, **kwargs)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return future


class CollectorAtRest:
    """Has the garbage collector look through everything between requests, not in the middle of one.

    Then most of what it would look through is there for one answer only: 100,000 objects of a page of runs or
    of a notebook's syntax, in whichever thread, stop the loop for 40 ms. What is young is collected as ever.

    Args:
        is_at_rest: whether no request is under way.
        clock: in seconds.
    """

    def __init__(self, is_at_rest: Callable[[], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._is_at_rest = is_at_rest
        self._clock = clock
        self._usual = gc.get_threshold()
        self._not_before = 0.0
        self._due_since: float | None = None

    def take_over(self) -> None:
        """From now on Python does not begin it by itself."""
        gc.set_threshold(*self._usual[:2], NEVER)

    def give_back(self) -> None:
        """Let Python do as before."""
        gc.set_threshold(*self._usual)

    def tick(self) -> None:
        """Collect if it is due, and a good moment: called about once a second."""
        now = self._clock()
        if gc.get_count()[2] < self._usual[2] or now < self._not_before:
            return
        self._due_since = now if self._due_since is None else self._due_since
        if not self._is_at_rest() and now - self._due_since < PATIENCE_S:
            return
        gc.collect()
        self._due_since = None
        self._not_before = self._clock() + REST_AFTER * (self._clock() - now)
