"""Bringing a store's tables to this version's (Alembic)."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, text

from jupyter_mlops.errors import StoreError

SCRIPTS = Path(__file__).parent / "migrations"
HEAD = "0004"  # the newest migration; a test holds it to the scripts


def migrate(engine: Engine) -> None:
    """Make or migrate the tables; nothing is done, and Alembic is not imported, when they are the newest.

    Raises:
        StoreError: the store was made by a newer version of jupyter_mlops.
    """
    with engine.connect() as connection:
        current = _revision(connection)
    if current == HEAD:
        return
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # SQLite's BEGIN IMMEDIATE lets in one migrator at a time
            connection.execute(text("SELECT pg_advisory_xact_lock(7355608)"))
        if _revision(connection) != HEAD:
            _upgrade(connection)


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
