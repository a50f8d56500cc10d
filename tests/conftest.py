"""What all tests share: settings of their own, a store on each database, a folder of notebooks."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lean_start  # noqa: F401 - before what it spares is imported
import postgresql_cluster
import pytest
from forked_processes import fork_our_processes
from mlflow_settings import forget_mlflow_settings
from notebook_files import WriteNotebook, notebook_writer
from processes import end_processes
from sqlalchemy import make_url
from workbench import Workbench, make_mlflow_database, make_workbench

from jupyter_mlops.config import DATA_DIR, Settings
from jupyter_mlops.store import Store

pytest_plugins = ("pytest_jupyter.jupyter_server", "second_tries")

DATABASES = ["sqlite", "postgresql"]

WORKBENCHES = {"workbench", "own_workbench", "each_workbench", "drill_bench"}

fork_our_processes()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What runs notebooks in processes of its own is slow, whether it says so or not.

    Files of slow tests come first: at the end, one of them would leave a processor without work for minutes.
    """
    slow, all_of = Counter[Path](), Counter[Path]()
    for item in items:
        if WORKBENCHES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
        all_of[item.path] += 1
        slow[item.path] += item.get_closest_marker("slow") is not None
    items.sort(key=lambda item: -slow[item.path] / all_of[item.path])


@pytest.fixture
def jp_server_config(settings: Settings) -> dict[str, Any]:
    return {
        "ServerApp": {
            "jpserver_extensions": {"jupyter_mlops": True},
            "allow_unauthenticated_access": False,
        }
    }


@pytest.fixture
def clean_environment() -> Iterator[None]:
    """No setting of the machine's reaches a test, and none of a test's reaches the next."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("JUPYTER_MLOPS_", "MLFLOW_", "_MLFLOW_")) and name != "JUPYTER_MLOPS_NOTEBOOKS":
            del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(before)
    forget_mlflow_settings()


@pytest.fixture
def settings(tmp_path: Path, clean_environment: None) -> Iterator[Settings]:
    """The settings of a user who has set nothing but a data folder; its processes end with the test."""
    os.environ[DATA_DIR] = str(tmp_path / "mlops-data")
    settings = Settings.load()
    settings.make_folders()
    yield settings
    end_processes(settings.data_dir)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Path]:
    """The socket folder of a PostgreSQL cluster."""
    if not postgresql_cluster.BINARIES:
        pytest.skip("PostgreSQL is not installed")
    with postgresql_cluster.running_cluster() as socket_folder:
        yield socket_folder


@pytest.fixture(params=DATABASES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store not yet made, on each database in turn."""
    if request.param == "postgresql":
        return postgresql_cluster.new_database(request.getfixturevalue("postgresql"))
    return f"sqlite:///{tmp_path / 'store' / 'store.db'}"


@pytest.fixture(scope="session")
def store_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "store.db"
    Store.open(path).close()
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql: Path) -> str:
    url = postgresql_cluster.new_database(postgresql)
    Store.open(url).close()
    return make_url(url).database or ""


@pytest.fixture(params=DATABASES)
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store, copied from a template: the migrations take longer than most tests."""
    if request.param == "postgresql":
        template = request.getfixturevalue("postgresql_template")
        return postgresql_cluster.new_database(request.getfixturevalue("postgresql"), template)
    path = tmp_path / "store.db"
    shutil.copy(request.getfixturevalue("store_template"), path)
    return f"sqlite:///{path}"


@pytest.fixture
def store(migrated_url: str) -> Iterator[Store]:
    """An empty store, on each database in turn."""
    store = Store.open(migrated_url)
    yield store
    store.close()


@pytest.fixture
def notebook_folder(tmp_path: Path) -> Path:
    """A server root."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def write_notebook(notebook_folder: Path) -> WriteNotebook:
    """Write a notebook into the server root: its name, the sources of its cells, `parameters="C = 1.0"`."""
    return notebook_writer(notebook_folder)


@pytest.fixture(scope="session")
def mlflow_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_mlflow_database(tmp_path_factory.mktemp("mlflow"))


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory, mlflow_template: Path) -> Iterator[Workbench]:
    """A user's folder, store and worker, shared by the tests of a module."""
    with make_workbench(tmp_path_factory.mktemp("bench"), notebook_writer, mlflow_template) as bench:
        yield bench


@pytest.fixture
def own_workbench(tmp_path: Path, mlflow_template: Path) -> Iterator[Workbench]:
    """A workbench for a test that breaks it."""
    with make_workbench(tmp_path, notebook_writer, mlflow_template) as bench:
        yield bench
