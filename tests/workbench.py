"""A user's folder, store and worker, as a test sets them up: real processes, a real MLflow."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil
from forked_processes import MAY_BE_FORKED, wait_for_forker
from processes import end_processes, modules_of, processes_of
from waiting import wait_until

from jupyter_mlops.config import DATA_DIR, STORE_URL, TRACKING_URI, Settings
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Run

RUN_WITHIN_S = 150.0  # a busy machine, a first import of MLflow and scikit-learn
BE_A_WORKER = """
from jupyter_mlops.config import Settings
from jupyter_mlops.runs.worker_main import run_worker
run_worker(Settings.load(), slots=2, exit_when_idle_s=None)
"""


@dataclass(frozen=True)
class Workbench:
    """What a test works with. Workers start by themselves with the first run, as they do for users."""

    settings: Settings
    store: Store
    root: Path
    write: Callable[..., Path]

    @property
    def jobs(self) -> JobService:
        return JobService(self.store, self.settings, self.root)

    def submit(self, notebook: str, **options: Any) -> Run:
        return self.jobs.submit(RunRequest(notebook, **options))

    def run(self, notebook: str, **options: Any) -> Run:
        """Submit, and wait for the end."""
        return self.ended(self.submit(notebook, **options))

    def ended(self, run: Run, within_s: float = RUN_WITHIN_S) -> Run:
        def final() -> Run | None:
            now = self.jobs.get_run(run.id)
            return now if RunState(now.state).is_final else None

        return wait_until(final, within_s, f"run {run.id} ends")

    def running_cell(self, run: Run, mark: Path, within_s: float = RUN_WITHIN_S) -> Run:
        """Wait until a cell of the run has made this file: it is in the middle of the cell."""
        wait_until(mark.exists, within_s, f"a cell of run {run.id} makes {mark.name}")
        return self.jobs.get_run(run.id)

    def executed(self, run: Run) -> nbformat.NotebookNode:
        """The executed notebook."""
        assert run.output_path is not None
        return nbformat.read(run.output_path, as_version=4)

    def start_worker(self) -> psutil.Process:
        """One more worker than `ensure_worker` would start, in a process of its own."""
        environment = {**os.environ, **self.settings.process_environment()}
        with (self.settings.logs / "worker.log").open("ab") as log:
            return psutil.Popen(
                [sys.executable, "-c", MAY_BE_FORKED + BE_A_WORKER], env=environment, stdout=log, stderr=log
            )

    def processes(self) -> list[psutil.Process]:
        return processes_of(self.settings.data_dir)

    def modules(self) -> dict[str, list[psutil.Process]]:
        return modules_of(self.settings.data_dir)


@contextmanager
def make_workbench(
    folder: Path,
    write: Callable[[Path], Callable[..., Path]],
    mlflow_template: Path,
    store_url: str | None = None,
    tracking_uri: str | None = None,
) -> Iterator[Workbench]:
    """Set a workbench up in an empty folder; at the end its processes end, and none may be left."""
    wait_for_forker()
    root = folder / "work"
    root.mkdir()
    environment = {DATA_DIR: str(folder / "mlops-data")}
    if store_url is not None:
        environment[STORE_URL] = store_url
    if tracking_uri is not None:
        environment[TRACKING_URI] = tracking_uri
    settings = Settings.load(environment)
    store = settings.open_store()
    if tracking_uri is None:
        shutil.copy(mlflow_template, settings.mlflow_dir / "mlflow.db")
    try:
        yield Workbench(settings, store, root, write(root))
    finally:
        end_processes(settings.data_dir)
        store.close()


def make_mlflow_database(folder: Path) -> Path:
    """An empty MLflow database: to make one takes seconds, to copy it none."""
    path = folder / "mlflow.db"
    wait_for_forker()
    make = "from mlflow import MlflowClient; import sys; MlflowClient(sys.argv[1]).search_experiments()"
    subprocess.run(
        [sys.executable, "-c", MAY_BE_FORKED + make, f"sqlite:///{path}"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return path
