"""Seeing what other processes changed, cheaply and in order."""

from __future__ import annotations

from jupyter_mlops.store import changes
from jupyter_mlops.store.database import Store
from jupyter_mlops.store.tables import Change


class ChangeWatch:
    """Reads the outbox from where it stands now.

    Args:
        store: the store to watch.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.reading() as session:
            self._seq = changes.last_seq(session)

    def poll(self) -> list[Change]:
        """What has changed since the last call, oldest first. One indexed look-up: about 0.2 ms."""
        with self._store.reading() as session:
            found = changes.changes_after(session, self._seq)
        if found:
            self._seq = found[-1].seq
        return found
