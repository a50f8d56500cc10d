"""Servers, kernels and workbenches for the drills."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import postgresql_cluster
import pytest
from jupyter_process import JupyterProcess, jupyter_process
from notebook_files import notebook_writer
from workbench import Workbench, make_workbench


@pytest.fixture
def each_workbench(tmp_path: Path, mlflow_template: Path, migrated_url: str) -> Iterator[Workbench]:
    """A workbench for a drill that breaks it, with its store on each database in turn."""
    with make_workbench(tmp_path, notebook_writer, mlflow_template, migrated_url) as bench:
        yield bench


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.drill)])
def drill_bench(request: pytest.FixtureRequest, tmp_path: Path, mlflow_template: Path) -> Iterator[Workbench]:
    """A workbench for a drill that breaks it; `make drills` has it once more, on PostgreSQL."""
    url = None
    if request.param == "postgresql":
        template = request.getfixturevalue("postgresql_template")
        url = postgresql_cluster.new_database(request.getfixturevalue("postgresql"), template)
    with make_workbench(tmp_path, notebook_writer, mlflow_template, url) as bench:
        yield bench


@pytest.fixture(scope="session")
def bash_kernels(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A `JUPYTER_PATH` with the bash kernel's spec: nothing is installed where the user would see it."""
    prefix = tmp_path_factory.mktemp("kernels")
    install = [sys.executable, "-m", "bash_kernel.install", "--prefix", str(prefix)]
    subprocess.run(install, check=True, capture_output=True)
    return str(prefix / "share" / "jupyter")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, bash_kernels: str) -> Iterator[JupyterProcess]:
    """One server for a module's drills; MLflow is down the whole time."""
    folder = tmp_path_factory.mktemp("server")
    with jupyter_process(
        folder, JUPYTER_PATH=bash_kernels, MLFLOW_TRACKING_URI="http://127.0.0.1:9"
    ) as running:
        yield running
        for complaint in ("Listening to a kernel failed", "goes on being tried"):
            assert complaint not in running.log()


@pytest.fixture
def own_server(tmp_path: Path, bash_kernels: str) -> Iterator[JupyterProcess]:
    """A server for a drill that kills it."""
    with jupyter_process(tmp_path, JUPYTER_PATH=bash_kernels) as running:
        yield running
