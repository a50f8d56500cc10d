"""Bringing a store's tables to this version's (Alembic)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from jupyter_mlops.errors import StoreError

SCRIPTS = Path(__file__).parent / "migrations"
HEAD = "0008"  # the newest migration; a test holds it to the scripts


def migrate(engine: Engine) -> None:
    """Make or migrate the tables; nothing is done, and Alembic is not imported, when they are the newest.

    Raises:
        StoreError: the store was made by a newer version of jupyter_mlops, or would lose references.
    """
    with engine.connect() as connection:
        current = _revision(connection)
    if current == HEAD:
        return
    with engine.connect() as connection, _tables_made_anew(connection), connection.begin():
        if engine.dialect.name == "postgresql":  # SQLite's BEGIN IMMEDIATE lets in one migrator at a time
            connection.execute(text("SELECT pg_advisory_xact_lock(7355608)"))
        if _revision(connection) != HEAD:
            _upgrade(connection)
            _check_references(connection)


@contextmanager
def _tables_made_anew(connection: Connection) -> Iterator[None]:
    """Let tables be changed that others refer to: SQLite drops the old one and renames a new one.

    Its foreign keys can be switched outside a transaction only.
    """
    driver = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite" or driver is None:
        yield
        return
    driver.cursor().execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.cursor().execute("PRAGMA foreign_keys=ON")


def _check_references(connection: Connection) -> None:
    """What a migration made with foreign keys off must hold with them on; else it is rolled back."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise StoreError(f"The store was not migrated: rows of {broken[0]} would refer to nothing.")


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(
            "The store was made by a newer version of jupyter_mlops.",
            field="store",
            hint="Update jupyter_mlops, or choose another data folder by JUPYTER_MLOPS_DATA_DIR.",
        ) from error
