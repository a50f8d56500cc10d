"""`/runs/{run_id}/events`: a run as it goes on, as server-sent events."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from jupyter_server.auth.decorator import authorized
from tornado import web
from tornado.iostream import StreamClosedError

from jupyter_mlops.errors import TooManyError
from jupyter_mlops.jobs.views import run_as_dict
from jupyter_mlops.runs.live.feed import LiveFeed
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.server.base import MlopsHandler

MAX_WATCHERS = 32
LOOK_EVERY_S = 0.3
HEARTBEAT_S = 10.0
READ_WITHIN_S = 60.0  # a watcher that takes nothing for so long is let go; it can go on from its last event


class RunEventsHandler(MlopsHandler):
    """What happens in one run."""

    watchers: ClassVar[int] = 0

    def initialize(self) -> None:
        """Note when the watcher leaves."""
        self._gone = asyncio.Event()

    def on_connection_close(self) -> None:
        """The watcher has left."""
        self._gone.set()
        super().on_connection_close()

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Tell what happens until the run has ended."""
        run = await self.in_thread(self.backend.jobs.get_run, run_id)
        feed = LiveFeed(self.request.headers.get("Last-Event-ID"))
        with self._one_watcher_more():
            self.set_header("Content-Type", "text/event-stream")
            self.set_header("Cache-Control", "no-store")
            self.set_header("X-Accel-Buffering", "no")  # nginx would hold the events back
            try:
                await self._tell(run.id, feed)
            except (StreamClosedError, asyncio.TimeoutError):
                return
            finally:
                feed.close()

    async def _tell(self, run_id: str, feed: LiveFeed) -> None:
        told: dict[str, Any] | None = None
        told_at = time.monotonic()
        while not self._gone.is_set():
            run = await self.in_thread(self.backend.jobs.get_run, run_id)
            events = await self.in_thread(feed.read, run)
            view = run_as_dict(run)
            if view != told:
                self._send("run", view)
            for event in events:
                self._send(event.kind, event.facts, event.id)
            if not events and RunState(run.state).is_final:
                self._send("end", view)
                await self._sent()
                return
            if view != told or events:
                told, told_at = view, time.monotonic()
            elif time.monotonic() - told_at > HEARTBEAT_S:
                told_at = time.monotonic()
                self.write(": still here\n\n")
            await self._sent()
            if not events:
                await self._rest()

    def _send(self, event: str, data: dict[str, Any], event_id: str | None = None) -> None:
        head = f"id: {event_id}\n" if event_id else ""
        self.write(f"{head}event: {event}\ndata: {json.dumps(data)}\n\n")

    async def _sent(self) -> None:
        """Wait until the watcher took it: what it has not taken is read from the file later, not kept."""
        await asyncio.wait_for(self.flush(), READ_WITHIN_S)

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._gone.wait(), LOOK_EVERY_S)
        except asyncio.TimeoutError:
            return

    @contextmanager
    def _one_watcher_more(self) -> Iterator[None]:
        if RunEventsHandler.watchers >= MAX_WATCHERS:
            raise TooManyError(
                f"{MAX_WATCHERS} are watching runs on this server already.",
                field="run",
                hint="Close one of them, or ask for the run now and then.",
            )
        RunEventsHandler.watchers += 1
        try:
            yield
        finally:
            RunEventsHandler.watchers -= 1


ROUTES = [(r"/runs/(?P<run_id>[^/]+)/events", RunEventsHandler)]
