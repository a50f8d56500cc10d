"""Opening the store: SQLite in WAL mode by default, PostgreSQL by address."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from jupyter_mlops.errors import StoreError
from jupyter_mlops.store import changes

BUSY_TIMEOUT_S = 15
CONNECT_WITHIN_S = 10  # libpq waits for ever; an address may say `?connect_timeout=60`


class Store:
    """One open store.

    Args:
        engine: an engine whose database has the newest tables. `Store.open` makes both.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._sessions = sessionmaker(engine, expire_on_commit=False)

    @classmethod
    def open(cls, url: str | Path) -> Store:
        """Open the store at a SQLAlchemy address or, for SQLite, at a path; make or migrate its tables.

        Raises:
            StoreError: it cannot be opened, is not ours, or was made by a newer version.
        """
        from jupyter_mlops.store.migrate import migrate

        address = f"sqlite:///{url}" if isinstance(url, Path) or "://" not in url else url
        try:
            engine = _make_engine(address)
            migrate(engine)
        except (DBAPIError, OSError, ImportError) as error:
            cause = getattr(error, "orig", None) or error
            raise StoreError(
                f"The store {make_url(address).render_as_string()} cannot be opened: {cause}.",
                field="store",
                hint="Check that the folder can be written and that the file is a jupyter_mlops store; "
                "a PostgreSQL store needs `pip install jupyter_mlops[postgresql]`.",
            ) from error
        return cls(engine)

    @property
    def address(self) -> str:
        """The store's address, the password hidden."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back when the block raises.

        On SQLite it takes the write lock at its first statement, so two writers queue up instead of one
        failing half way ("database is locked" on upgrade from a read lock).
        """
        with self._sessions.begin() as session:
            yield session
            changes.write_noted(session)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading only: takes no write lock."""
        with self._sessions() as session:
            session.connection(execution_options={"mlops_reading": True})
            yield session

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _make_engine(address: str) -> Engine:
    url = make_url(address)
    if url.get_backend_name() != "sqlite":
        patient = "connect_timeout" in url.query
        given = {} if patient else {"connect_timeout": CONNECT_WITHIN_S}
        return create_engine(url, pool_pre_ping=True, connect_args=given)
    path = Path(url.database or "")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Made before SQLite makes it, so that it and its WAL (which copies its mode) are this user's only.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, below
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    reading = connection.get_execution_options().get("mlops_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
