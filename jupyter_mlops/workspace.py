"""Everything of one user as the faces without a server see it: the CLI, the magics and the Python API.

What reads notebooks (nbformat: two CPU seconds with jsonschema's extras) is imported where it is needed.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from jupyter_mlops.config import DATA_DIR, Settings
from jupyter_mlops.errors import NotFoundError, StoreError
from jupyter_mlops.notebook_record import NotebookRecord
from jupyter_mlops.notebooks.paths import resolve_notebook
from jupyter_mlops.runs.live.feed import LiveEvent, LiveFeed
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.runs.workers import ensure_worker
from jupyter_mlops.store import Store
from jupyter_mlops.store.paging import DEFAULT_LIMIT, Page, PageRequest, fetch_page
from jupyter_mlops.store.tables import CellExecution, Job, Run
from jupyter_mlops.store.watch import ChangeWatch

if TYPE_CHECKING:
    from jupyter_mlops.jobs.service import JobService

LOOK_EVERY_S = 0.05
CHECK_WORKER_EVERY_S = 3.0

logging.getLogger("jupyter_mlops").addHandler(logging.NullHandler())  # else logging prints into cells


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
        from jupyter_mlops.notebooks.parameters import Parameter, infer_parameters, parse_value
        from jupyter_mlops.notebooks.read import read_notebook

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


@dataclass(frozen=True)
class Scope:
    """What a list is about: a root (None: all), and a notebook of it (None: all)."""

    root: Path | None
    notebook: str | None = None

    @classmethod
    def of(cls, notebook: str | None, root: str | None, all_roots: bool) -> Scope:
        """From what was typed; without anything, the current folder.

        Raises:
            NotFoundError: the root is no folder.
        """
        if notebook is not None:
            place = locate_notebook(notebook, root)
            return cls(None if all_roots else place.root, place.notebook)
        return cls(None if all_roots else check_root(root or "."))


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


def follow_run(jobs: JobService, run_id: str, look_every_s: float = LOOK_EVERY_S) -> Iterator[Run]:
    """Look at a run now and then every `look_every_s` seconds, the last time in its final state.

    Meanwhile it sees that a worker is alive, so that no run waits for one that died.
    """
    watch = ChangeWatch(jobs.store)
    seen = jobs.get_run(run_id)
    check_at = time.monotonic() + CHECK_WORKER_EVERY_S
    yield seen
    while not RunState(seen.state).is_final:
        time.sleep(look_every_s)
        if any(change.entity_id == seen.id for change in watch.poll()):
            seen = jobs.get_run(run_id)
        if time.monotonic() >= check_at:
            check_at = time.monotonic() + CHECK_WORKER_EVERY_S
            ensure_worker(jobs.store, jobs.settings)
        yield seen


def watch_run(jobs: JobService, run_id: str) -> Iterator[tuple[Run, list[LiveEvent]]]:
    """`follow_run`, each look with what has happened since the one before; the last with all the rest."""
    feed = LiveFeed()
    try:
        for seen in follow_run(jobs, run_id):
            yield seen, feed.read(seen)
        while events := feed.read(seen):
            yield seen, events
    finally:
        feed.close()


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
        from jupyter_mlops.jobs.service import JobService

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

    def find_job(self, text: str, root: Path | None) -> Job:
        """A job by its id (of any root), or by its name under a root (or under any, when only one has it).

        Raises:
            NotFoundError: there is none, or more than one.
        """
        by_name = Job.name == text
        if root is not None:
            by_name &= Job.root == str(root)
        query = select(Job).where(Job.deleted_at.is_(None), (Job.id == text) | by_name).limit(2)
        with self.store.reading() as session:
            found = list(session.scalars(query))
        if len(found) != 1:
            where = f" under {root}" if root else ""
            raise NotFoundError(
                f"There is {'more than one' if found else 'no'} job {text!r}{where}.",
                field="job",
                hint="`jupyter mlops jobs --all-roots` lists them, with their ids.",
            )
        return found[0]

    def list_runs(
        self,
        scope: Scope,
        limit: int,
        *,
        job: str | None = None,
        state: str | None = None,
    ) -> Page[Run]:
        """The newest runs, newest first; `job` is an id or a name.

        Raises:
            NotFoundError: there is no such job.
            BadInputError: `limit` is not from 1 to 200.
        """
        query = select(Run)
        if job is not None:
            query = query.where(Run.job_id == self.find_job(job, scope.root).id)
        elif scope.root is not None:
            query = query.where(Run.root == str(scope.root))
        if scope.notebook is not None:
            query = query.where(Run.notebook == scope.notebook)
        if state is not None:
            query = query.where(Run.state == state)
        with self.store.reading() as session:
            return fetch_page(session, query, Run.created_at, Run.id, PageRequest(limit))

    def list_jobs(self, scope: Scope, limit: int) -> Page[Job]:
        """The newest jobs that are not deleted, newest first.

        Raises:
            BadInputError: `limit` is not from 1 to 200.
        """
        query = select(Job).where(Job.deleted_at.is_(None))
        if scope.root is not None:
            query = query.where(Job.root == str(scope.root))
        if scope.notebook is not None:
            query = query.where(Job.notebook == scope.notebook)
        with self.store.reading() as session:
            return fetch_page(session, query, Job.created_at, Job.id, PageRequest(limit))

    def count_recorded_cells(self, run_id: str) -> int:
        """How many cell executions of a run are recorded."""
        query = select(func.count()).select_from(CellExecution).where(CellExecution.run_id == run_id)
        with self.store.reading() as session:
            return session.scalar(query) or 0

    def record_of(self, place: NotebookPlace) -> NotebookRecord:
        """What was recorded of a notebook."""
        return NotebookRecord(self.store, self.settings.journals, place)

    def history(
        self, place: NotebookPlace, limit: int = DEFAULT_LIMIT, **filters: Any
    ) -> list[dict[str, Any]]:
        """The newest cell executions of a notebook, newest first; for more than a page see `record_of`.

        Args:
            place: the notebook.
            limit: how many at most.
            **filters: as `list_executions` has them.

        Raises:
            BadInputError: `limit` is not from 1 to 200, or a filter's value makes no sense.
            NotFoundError: nothing was recorded, and there is no such file either.
        """
        return list(self.record_of(place).page(PageRequest(limit), **filters).items)
