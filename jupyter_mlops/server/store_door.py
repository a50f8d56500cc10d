"""The way into a store that may be slow to open, or not open at all, for a server that must not wait."""

from __future__ import annotations

import threading
import time

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import MlopsError
from jupyter_mlops.server.interpreter import keep_from_collector
from jupyter_mlops.store import Store

TRY_AGAIN_AFTER_S = 5.0


class StoreDoor:
    """Opens a store at its first use, by one thread at a time.

    A database that takes connections and never answers costs its time-out once in five seconds, whoever asks
    how often: in between everybody is told at once what was wrong.

    Args:
        settings: which store.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._store: Store | None = None
        self._problem: MlopsError | None = None
        self._tried_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the store can be had without waiting."""
        return self._store is not None

    def open(self) -> Store:
        """The store.

        Raises:
            StoreError: it cannot be opened, or could not be a moment ago.
        """
        if self._store is not None:
            return self._store
        with self._lock:
            if self._store is None:
                self._store = self._try()
                keep_from_collector("the store")
            return self._store

    def _try(self) -> Store:
        if self._problem is not None and time.monotonic() - self._tried_at < TRY_AGAIN_AFTER_S:
            raise self._problem.with_traceback(None)
        try:
            return self._settings.open_store()
        except MlopsError as problem:
            self._problem, self._tried_at = problem, time.monotonic()
            raise

    def close(self) -> None:
        """Give the store's connections back, if there are any."""
        if self._store is not None:
            self._store.close()
