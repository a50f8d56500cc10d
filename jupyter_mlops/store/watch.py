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
        # SQLite's own count of what others committed, kept by a connection that writes nothing: asking it
        # costs microseconds, where a query costs most of a millisecond, ten times a second all night.
        self._probe = store.engine.raw_connection() if store.engine.dialect.name == "sqlite" else None
        self._version = self._data_version()
        with store.reading() as session:
            self._seq = changes.last_seq(session)

    def poll(self) -> list[Change]:
        """What has changed since the last call, oldest first; all but free while nothing has."""
        version = self._data_version()
        if version is not None and version == self._version:
            return []
        self._version = version
        with self._store.reading() as session:
            found = changes.changes_after(session, self._seq)
        if found:
            self._seq = found[-1].seq
        return found

    def _data_version(self) -> int | None:
        if self._probe is None:
            return None
        cursor = self._probe.cursor()
        cursor.execute("PRAGMA data_version")
        (version,) = cursor.fetchone() or (0,)
        return int(version)
