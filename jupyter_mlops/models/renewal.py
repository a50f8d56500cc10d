"""Holding on to a lease while its holder works."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from sqlalchemy.exc import DBAPIError


class Renewal:
    """Renews a lease from a thread of its own until the block ends.

    Args:
        renew: extends the lease; False when another holds it now.
        every_s: how often, well below the lease's length.
    """

    def __init__(self, renew: Callable[[], bool], every_s: float) -> None:
        self._renew = renew
        self._every_s = every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="renewal", daemon=True)

    def __enter__(self) -> Renewal:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._ended.wait(self._every_s):
            try:
                if not self._renew():
                    return  # whoever writes next finds out
            except DBAPIError:
                continue  # the store refuses just now; the lease lasts for some more tries
