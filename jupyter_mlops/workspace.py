"""Everything of one user as the faces without a server see it: the CLI, the magics and the Python API."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from jupyter_mlops.config import DATA_DIR, Settings
from jupyter_mlops.errors import NotFoundError, StoreError
from jupyter_mlops.notebook_record import NotebookRecord
from jupyter_mlops.notebooks.places import NotebookPlace, Scope
from jupyter_mlops.runs.live.feed import LiveEvent, LiveFeed
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.runs.workers import ensure_worker
from jupyter_mlops.store import Store
from jupyter_mlops.store.paging import DEFAULT_LIMIT, Page, PageRequest, fetch_page
from jupyter_mlops.store.tables import CellExecution, Job, Notification, Run
from jupyter_mlops.store.watch import ChangeWatch

if TYPE_CHECKING:
    from jupyter_mlops.jobs.definitions.service import DefinitionService
    from jupyter_mlops.jobs.service import JobService

LOOK_EVERY_S = 0.05
CHECK_WORKER_EVERY_S = 3.0

logging.getLogger("jupyter_mlops").addHandler(logging.NullHandler())  # else logging prints into cells


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

    def definitions(self, root: Path) -> DefinitionService:
        """The jobs of a root as a file has them."""
        from jupyter_mlops.jobs.definitions.service import DefinitionService

        return DefinitionService(self.store, self.settings, root)

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
        cursor: str | None = None,
        job: str | None = None,
        **asked: str | None,
    ) -> Page[Run]:
        """The newest runs, newest first; `job` is an id or a name, all else as `runs_query` has it.

        Raises:
            NotFoundError: there is no such job.
            BadInputError: `limit` is not from 1 to 200, or something else asked for makes no sense.
        """
        from jupyter_mlops.jobs.listing import runs_query

        root = None if scope.root is None else str(scope.root)
        if job is not None:
            asked["job_id"] = self.find_job(job, scope.root).id
            root = None
        query = runs_query(root, notebook=scope.notebook, **asked)
        with self.store.reading() as session:
            return fetch_page(session, query, Run.created_at, Run.id, PageRequest(limit, cursor))

    def list_jobs(
        self, scope: Scope, limit: int, *, cursor: str | None = None, search: str | None = None
    ) -> Page[Job]:
        """The newest jobs that are not deleted, newest first; see `jobs_query`.

        Raises:
            BadInputError: `limit` is not from 1 to 200, or something else asked for makes no sense.
        """
        from jupyter_mlops.jobs.listing import jobs_query

        root = None if scope.root is None else str(scope.root)
        query = jobs_query(root, notebook=scope.notebook, search=search)
        with self.store.reading() as session:
            return fetch_page(session, query, Job.created_at, Job.id, PageRequest(limit, cursor))

    def list_notifications(
        self,
        scope: Scope,
        limit: int,
        *,
        cursor: str | None = None,
        unseen: bool = False,
        channel: str | None = None,
    ) -> Page[Notification]:
        """What was told about runs, newest first; see `inbox.list_notifications`.

        Raises:
            BadInputError: `limit` is not from 1 to 200.
        """
        from jupyter_mlops.notifications import inbox

        root = None if scope.root is None else str(scope.root)
        with self.store.reading() as session:
            return inbox.list_notifications(
                session, PageRequest(limit, cursor), root=root, unseen=unseen, channel=channel
            )

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
