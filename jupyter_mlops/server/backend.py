"""The services of one Jupyter server, and the tasks that keep its views live and its work going."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Any

from jupyter_events import EventLogger
from jupyter_server.utils import ensure_async
from sqlalchemy import exists, select

from jupyter_mlops import __version__
from jupyter_mlops.capture.ingester import Ingester
from jupyter_mlops.capture.listener.listener import Listener
from jupyter_mlops.capture.session_state import judge_notebook
from jupyter_mlops.config import Settings, hide_password
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.triggers.kinds import fired_by_workers
from jupyter_mlops.models.states import UNDER_WAY
from jupyter_mlops.notebooks.kernels import available_kernels
from jupyter_mlops.notifications.outbox import PENDING
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.runs.workers import ensure_worker, live_workers
from jupyter_mlops.server.interpreter import (
    CollectorAtRest,
    RequestThreads,
    keep_from_collector,
    take_short_turns,
)
from jupyter_mlops.server.store_door import StoreDoor
from jupyter_mlops.store import Store
from jupyter_mlops.store.executions import list_executions
from jupyter_mlops.store.paging import Page, PageRequest
from jupyter_mlops.store.tables import Change, Job, Notification, Registration, Run, Trigger
from jupyter_mlops.store.watch import ChangeWatch
from jupyter_mlops.tracking.gateway import TrackingGateway

EVENTS_FILE = Path(__file__).parent / "events" / "change.v1.yaml"
CHANGE_EVENT = "https://schema.jupyter.org/jupyter_mlops/change/v1"
WATCH_S = 0.25
INGEST_S = 0.5
LOOK_AT_KERNELS_S = 5.0
LISTEN_S = 0.25
WORKER_CHECK_S = 10.0
COLLECT_S = 1.0
TRACKING_MODULE = "jupyter_mlops.models.process"


class Backend:
    """What the handlers ask.

    A store that is broken, or does not answer, keeps neither JupyterLab from starting nor its loop waiting.

    Args:
        settings: this user's settings.
        root: the server root.
        events: Jupyter's event bus; `CHANGE_EVENT` goes there.
        list_sessions: Jupyter's own: it knows where each kernel's notebook is now.
        log: the server's log.
    """

    def __init__(
        self,
        settings: Settings,
        root: Path,
        events: EventLogger,
        list_sessions: Callable[[], Any],
        log: logging.Logger,
    ) -> None:
        self.settings = settings
        self.root = root.resolve()
        self.door = StoreDoor(settings)
        self.threads = RequestThreads()
        self.tracking = TrackingGateway(settings, TRACKING_MODULE)
        self._collector = CollectorAtRest(lambda: self.threads.are_idle)
        self._events = events
        self._list_sessions = list_sessions
        self._log = log
        self._tasks: list[asyncio.Task[None]] = []
        self._notebooks: dict[str, tuple[str, str]] = {}
        self._ingested_notebooks: dict[str, tuple[str, str]] = {}
        self._look_at_kernels_at = 0.0

    @property
    def store(self) -> Store:
        """The store. On the event loop only where `door` is open: to open it may take long."""
        return self.door.open()

    @cached_property
    def jobs(self) -> JobService:
        """The jobs of this server's root."""
        return JobService(self.store, self.settings, self.root)

    def prepare_kernels(self) -> None:
        """Let the kernels that this server starts meet the same store and the same MLflow."""
        self.settings.make_folders()
        os.environ.update(self.settings.process_environment())
        os.environ["JUPYTER_MLOPS_ROOT"] = str(self.root)

    def listen_to(self, kernels: Any, web_settings: dict[str, Any]) -> None:
        """Hear what passes between front ends and these kernels, for what a kernel cannot record itself."""
        self.listener = Listener(
            lambda: self.store, self.root, kernels, self._current_sessions, self._ingest_journals, self._log
        )
        self._web_settings = web_settings

    def start(self) -> None:
        """Start the tasks, all extensions being loaded."""
        take_short_turns()
        keep_from_collector("the server")
        self._collector.take_over()
        self.listener.start(self._web_settings, self._events)
        self._tasks = [
            asyncio.create_task(self._repeat(self._tell_changes, WATCH_S)),
            asyncio.create_task(self._repeat(self._ingest, INGEST_S)),
            asyncio.create_task(self._repeat(self.listener.tick, LISTEN_S)),
            asyncio.create_task(self._repeat(self._see_to_a_worker, WORKER_CHECK_S)),
            asyncio.create_task(self._repeat(self._collect, COLLECT_S)),
        ]

    async def stop(self) -> None:
        """End the tasks and the tracking process; the worker stays, as schedules go on without a server."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.listener.stop()
        await self.tracking.stop()
        self._collector.give_back()
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.door.close()

    def status(self) -> dict[str, Any]:
        """What this server runs on, as `Status` in the OpenAPI file."""
        return {
            "version": __version__,
            "root": str(self.root),
            "data_dir": str(self.settings.data_dir),
            "store": self.store.address,
            "tracking": {
                "uri": hide_password(self.settings.tracking_uri),
                "source": self.settings.tracking_source,
            },
            "workers": [
                {
                    "id": worker.id,
                    "host": worker.host,
                    "pid": worker.pid,
                    "slots": worker.slots,
                    "started_at": worker.started_at.isoformat(),
                    "heartbeat_at": worker.heartbeat_at.isoformat(),
                }
                for worker in live_workers(self.store, datetime.now(timezone.utc))
            ],
            "kernels": [kernel.as_dict() for kernel in available_kernels()],
        }

    def list_executions(self, request: PageRequest, **filters: str | None) -> Page[dict[str, Any]]:
        """Cell executions under this server's root, newest first."""
        with self.store.reading() as session:
            return list_executions(session, request, root=str(self.root), **filters)

    def judge_notebook(self, notebook: str, cells: list[tuple[str, str]]) -> dict[str, Any]:
        """Whether what a notebook shows is still true, as `SessionState` in the OpenAPI file."""
        with self.store.reading() as session:
            return judge_notebook(session, str(self.root), notebook, cells)

    async def _tell_changes(self) -> None:
        """Put on the event bus what any process changed in the store."""
        for change in await self._in_thread(self._changes):
            if change.root in (None, str(self.root)):
                data = {"seq": change.seq, "kind": change.kind, "id": change.entity_id, "state": change.state}
                self._events.emit(
                    schema_id=CHANGE_EVENT, data={**data, "root": change.root, "notebook": change.notebook}
                )

    def _changes(self) -> list[Change]:
        return self._watch.poll()

    @cached_property
    def _watch(self) -> ChangeWatch:
        return ChangeWatch(self.store)

    async def _ingest(self) -> None:
        """Take up what kernels have recorded; a notebook that was renamed is known by its new name."""
        await self._current_sessions()
        renamed = self._notebooks != self._ingested_notebooks
        # A kernel that died writes nothing more: only a look at its process shows it.
        due = time.monotonic() >= self._look_at_kernels_at
        if not (await self._in_thread(self._journals_grew) or renamed or due):
            return
        self._ingested_notebooks = dict(self._notebooks)
        self._look_at_kernels_at = time.monotonic() + LOOK_AT_KERNELS_S
        await self._in_thread(self._ingest_journals)

    async def _current_sessions(self) -> list[dict[str, Any]]:
        """Jupyter's sessions; where their notebooks are now is kept for the ingester."""
        sessions: list[dict[str, Any]] = await ensure_async(self._list_sessions())
        for session in sessions:
            if session.get("type") == "notebook" and session.get("kernel"):
                self._notebooks[session["kernel"]["id"]] = (str(self.root), session["path"])
        return sessions

    def _ingest_journals(self) -> None:
        Ingester(self.store).ingest_folder(self.settings.journals, self._notebooks.get)

    def _journals_grew(self) -> bool:
        facts = {
            path.name: path.stat().st_size for path in self.settings.journals.glob("*.jsonl") if path.exists()
        }
        grew = facts != self._journal_sizes
        self._journal_sizes = facts
        return grew

    _journal_sizes: dict[str, int] = {}

    async def _see_to_a_worker(self) -> None:
        """Have a worker while there is something for one to do, also when the last one was killed."""
        await self._in_thread(self._ensure_worker_for_open_work)

    def _ensure_worker_for_open_work(self) -> None:
        unfinished = exists().where(Run.state.in_([RunState.QUEUED.value, RunState.RUNNING.value]))
        untold = exists().where(Notification.state == PENDING)
        waiting = exists().where(
            Trigger.active,
            Trigger.kind.in_(fired_by_workers()),
            Trigger.job_id == Job.id,
            Job.deleted_at.is_(None),
        )
        under_way = exists().where(Registration.state.in_([state.value for state in UNDER_WAY]))
        with self.store.reading() as session:
            wanted = session.scalar(select(unfinished | waiting | untold | under_way))
        if wanted:
            ensure_worker(self.store, self.settings)

    async def _collect(self) -> None:
        self._collector.tick()

    async def _repeat(self, work: Callable[[], Any], every_s: float) -> None:
        """Do something again and again; a failure is logged once, until it has worked again."""
        failing = False
        while True:
            try:
                await work()
                failing = False
            except Exception:  # noqa: BLE001 - logged once, below
                if not failing:
                    self._log.exception("%s failed; it goes on being tried", work.__name__)
                failing = True
            await asyncio.sleep(every_s)

    @staticmethod
    async def _in_thread(work: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, work, *args)
