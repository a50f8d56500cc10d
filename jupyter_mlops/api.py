"""The Python interface: run notebooks as jobs, follow them, and read what was recorded.

    run = jupyter_mlops.run("train.ipynb", {"C": 0.5}, register_model="breast-cancer")
    run.metrics["accuracy"], run.model_version

The CLI and the magics are faces of the same functions.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from jupyter_mlops.capture.ingester import Ingester
from jupyter_mlops.config import DATA_DIR, Settings
from jupyter_mlops.errors import BadInputError, NotFoundError, StoreError
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.jobs.views import duration_s
from jupyter_mlops.notebooks.parameters import Parameter, infer_parameters, parse_value
from jupyter_mlops.notebooks.paths import resolve_notebook
from jupyter_mlops.notebooks.read import read_notebook
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.runs.workers import ensure_worker
from jupyter_mlops.store import Store
from jupyter_mlops.store.executions import list_executions
from jupyter_mlops.store.paging import PageRequest
from jupyter_mlops.store.tables import CellExecution, Job, Run
from jupyter_mlops.store.watch import ChangeWatch

LOOK_EVERY_S = 0.05
CHECK_WORKER_EVERY_S = 3.0


@dataclass(frozen=True)
class JobRun:
    """A job run as it stood when it was looked at.

    Attributes:
        state: `queued`, `running`, `succeeded`, `failed`, `cancelled`, `timed_out`, `lost` or `skipped`.
        reason: why it did not succeed, as a code.
        message: the same as a sentence.
        failed_cell: the cell's `index`, `cell_id`, `source`, `error_name` and `error_message`.
        output_path: the executed notebook.
    """

    id: str
    job: str
    notebook: str
    root: Path
    state: str
    reason: str | None
    message: str | None
    failed_cell: dict[str, Any] | None
    parameters: dict[str, Any]
    metrics: dict[str, float]
    output_path: Path | None
    mlflow_run_id: str | None
    model_name: str | None
    model_version: str | None
    duration_s: float | None

    @property
    def succeeded(self) -> bool:
        """Whether the notebook ran to its end and its model, if one was asked for, is registered."""
        return self.state == RunState.SUCCEEDED.value

    @classmethod
    def of(cls, run: Run) -> JobRun:
        """The view of a run's row."""
        return cls(
            id=run.id,
            job=run.job.name,
            notebook=run.notebook,
            root=Path(run.root),
            state=run.state,
            reason=run.reason,
            message=run.message,
            failed_cell=run.failed_cell,
            parameters=run.parameters,
            metrics=run.metrics,
            output_path=Path(run.output_path) if run.output_path else None,
            mlflow_run_id=run.mlflow_run_id,
            model_name=run.register_model if run.model_version else None,
            model_version=run.model_version,
            duration_s=duration_s(run),
        )


def run(
    notebook: str | os.PathLike[str],
    parameters: Mapping[str, Any] | None = None,
    *,
    name: str | None = None,
    register_model: str | None = None,
    kernel: str | None = None,
    root: str | os.PathLike[str] | None = None,
    wait: bool = True,
) -> JobRun:
    """Run a notebook as a job, in a worker outside this process.

    Args:
        notebook: the file; it is not written.
        parameters: values that differ from the defaults of its `parameters` cell.
        name: the job's name; by default the notebook's path without its ending.
        register_model: the registered model that gets what the notebook logs as a new version.
        kernel: a kernel's name; by default the notebook's own.
        root: the folder that the job belongs to, see `locate_notebook`.
        wait: whether to return at its end; a run that fails does not raise, see `JobRun.state`.

    Raises:
        MlopsError: the input is refused, or the store or the tracking server is not to be had.
    """
    place = locate_notebook(notebook, root)
    jobs = Workspace().jobs(place.root)
    queued = jobs.submit(RunRequest(place.notebook, name, parameters or {}, kernel, register_model))
    if not wait:
        return JobRun.of(queued)
    for seen in follow_run(jobs, queued.id):
        queued = seen
    return JobRun.of(queued)


def history(
    notebook: str | os.PathLike[str], *, root: str | os.PathLike[str] | None = None, limit: int = 25
) -> list[dict[str, Any]]:
    """The newest cell executions of a notebook, newest first, as `CellExecution` in the REST schema.

    Raises:
        NotFoundError: there is no such notebook.
        BadInputError: it is outside the root, or `limit` is not from 1 to 200.
    """
    return Workspace().history(locate_notebook(notebook, root), limit)


@dataclass(frozen=True)
class NotebookPlace:
    """A notebook and the root that its jobs belong to.

    Attributes:
        notebook: relative to the root with forward slashes, or absolute when it is not below it.
    """

    root: Path
    notebook: str

    def parse_parameters(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Values from what was typed, in the types of the notebook's parameters.

        Raises:
            ParameterError: a text is no value of its parameter; unknown names are left to the submission.
            MlopsError: the notebook cannot be read.
        """
        path = resolve_notebook(self.root, self.notebook)
        if not texts:
            return {}
        known = infer_parameters(read_notebook(path))
        return {name: parse_value(known.named(name) or Parameter(name), text) for name, text in texts.items()}


def locate_notebook(
    notebook: str | os.PathLike[str], root: str | os.PathLike[str] | None = None
) -> NotebookPlace:
    """A notebook's root: the one given, else the current folder when the notebook is below it, else its own.

    With a root given, the notebook may be relative to the current folder or to the root.

    Raises:
        NotFoundError: the root is no folder.
    """
    given = Path(os.path.abspath(Path(notebook).expanduser()))  # noqa: PTH100 - a link keeps its name
    if root is None:
        here = Path.cwd()
        real = given.resolve()
        if real.is_relative_to(here):
            return _place(here, given if given.is_relative_to(here) else real)
        return _place(real.parent, real)
    base = check_root(root)
    below = base / notebook
    return _place(base, below if not given.exists() and below.exists() else given)


def check_root(root: str | os.PathLike[str]) -> Path:
    """A root as an absolute path.

    Raises:
        NotFoundError: it is no folder.
    """
    path = Path(root).expanduser().resolve()
    if not path.is_dir():
        raise NotFoundError(f"The root '{root}' is not a folder.", field="root")
    return path


def _place(root: Path, path: Path) -> NotebookPlace:
    inside = path.is_relative_to(root)
    return NotebookPlace(root, path.relative_to(root).as_posix() if inside else str(path))


def follow_run(jobs: JobService, run_id: str) -> Iterator[Run]:
    """Look at a run now and then about every 0.05 s, the last time in its final state.

    Meanwhile it sees that a worker is alive, so that no run waits for one that died.
    """
    watch = ChangeWatch(jobs.store)
    seen = jobs.get_run(run_id)
    check_at = time.monotonic() + CHECK_WORKER_EVERY_S
    yield seen
    while not RunState(seen.state).is_final:
        time.sleep(LOOK_EVERY_S)
        if any(change.entity_id == seen.id for change in watch.poll()):
            seen = jobs.get_run(run_id)
        if time.monotonic() >= check_at:
            check_at = time.monotonic() + CHECK_WORKER_EVERY_S
            ensure_worker(jobs.store, jobs.settings)
        yield seen


class Workspace:
    """Everything of one user: the settings, and the store, opened at its first use.

    Args:
        settings: by default those of this process's environment.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings.load()

    @cached_property
    def store(self) -> Store:
        """The store.

        Raises:
            StoreError: it cannot be opened, or its folder cannot be made.
        """
        try:
            return self.settings.open_store()
        except OSError as error:
            raise StoreError(
                f"The data folder {self.settings.data_dir} cannot be used: {error.strerror or error}.",
                field=DATA_DIR,
                hint=f"Mend its rights, or choose another folder by {DATA_DIR}.",
            ) from error

    def jobs(self, root: Path) -> JobService:
        """The jobs of a root."""
        return JobService(self.store, self.settings, root)

    def jobs_of(self, row: Run | Job) -> JobService:
        """The jobs of the root that a run or a job belongs to."""
        return self.jobs(Path(row.root))

    def find_run(self, run_id: str) -> Run:
        """A run of any root, by its id or the start of it.

        Raises:
            NotFoundError: none, or more than one, starts so.
        """
        query = select(Run).where(Run.id.startswith(run_id, autoescape=True)).limit(2)
        with self.store.reading() as session:
            found = list(session.scalars(query)) if run_id else []
        if len(found) == 1:
            return found[0]
        raise NotFoundError(
            f"{'More than one run' if found else 'No run'} has an id that starts with {run_id!r}.",
            field="run",
            hint="`jupyter mlops runs --all-roots` lists them.",
        )

    def find_job(self, text: str, root: Path) -> Job:
        """A job by its id (of any root) or by its name under a root; deleted ones are not found.

        Raises:
            NotFoundError: there is none.
        """
        by_name = (Job.root == str(root)) & (Job.name == text)
        query = select(Job).where(Job.deleted_at.is_(None), (Job.id == text) | by_name).limit(1)
        with self.store.reading() as session:
            job = session.scalars(query).first()
        if job is None:
            raise NotFoundError(
                f"There is no job {text!r} under {root}.",
                field="job",
                hint="`jupyter mlops jobs` lists them, with their ids.",
            )
        return job

    def count_recorded_cells(self, run_id: str) -> int:
        """How many cell executions of a run are recorded."""
        query = select(func.count()).select_from(CellExecution).where(CellExecution.run_id == run_id)
        with self.store.reading() as session:
            return session.scalar(query) or 0

    def history(self, place: NotebookPlace, limit: int) -> list[dict[str, Any]]:
        """The newest cell executions of a notebook, with what its kernels have written until now.

        Raises:
            BadInputError: `limit` is not from 1 to 200.
        """
        request = PageRequest(limit)
        Ingester(self.store).ingest_folder(self.settings.journals)
        with self.store.reading() as session:
            found = list_executions(session, request, root=str(place.root), notebook=place.notebook)
            if not found.items:  # a kernel that no Jupyter server of ours started knows no root
                whole = os.path.normpath(place.root / place.notebook)
                found = list_executions(session, request, notebook=whole)
        return list(found.items)


def parse_pairs(pairs: list[str]) -> dict[str, str]:
    """Names and values from a flat list, as `-p C 0.5` gives it.

    Raises:
        BadInputError: a name has no value.
    """
    if len(pairs) % 2:
        raise BadInputError(f"The parameter {pairs[-1]!r} has no value.", field=f"parameters.{pairs[-1]}")
    return dict(zip(pairs[::2], pairs[1::2], strict=True))
