"""The migrations make the tables that the code means, and nothing that they cannot handle is touched."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from jupyter_mlops.errors import StoreError
from jupyter_mlops.store import Store, migrate
from jupyter_mlops.store.tables import Base


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """A store as its migrations make it."""
    store = Store.open(store_url)
    yield store
    store.close()


def test_the_migrations_make_exactly_the_tables_of_the_code(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_store_is_brought_to_the_newest_migration(store: Store) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.SCRIPTS))
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.HEAD]
    with store.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == migrate.HEAD


def test_a_store_made_by_a_newer_version_is_refused_and_left_alone(store: Store, store_url: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreError, match="newer version") as refused:
        Store.open(store_url)

    assert refused.value.field == "store"
    assert "Update jupyter_mlops" in str(refused.value.hint)
    with store.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_opening_an_open_store_again_changes_nothing(store: Store, store_url: str) -> None:
    with store.engine.connect() as connection:
        before = connection.execute(text("SELECT * FROM alembic_version")).all()
    Store.open(store_url).close()
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT * FROM alembic_version")).all() == before


@pytest.mark.parametrize(
    "content", [b"not a database, whatever its name says " * 100, b"SQLite format 3\0 torn"]
)
def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="cannot be opened") as refused:
        Store.open(path)
    assert str(path) in refused.value.message
    assert path.read_bytes() == content


def test_a_folder_in_place_of_the_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open(tmp_path)


def test_a_refusal_never_shows_the_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refused:
        Store.open(f"postgresql+psycopg://someone:very-secret@/none?host={tmp_path}")
    assert "very-secret" not in str(refused.value.as_problem())


def test_the_files_are_this_users_only(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "made" / "store.db")
    with store.session() as session:
        session.execute(text("CREATE TABLE anything (n INTEGER)"))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "made").iterdir()}
    store.close()
    assert modes == {"store.db": 0o600, "store.db-wal": 0o600, "store.db-shm": 0o600}
    assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o700
