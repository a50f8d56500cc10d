"""The listener of one Jupyter server: ears on its event loop, a scribe in a thread."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from jupyter_mlops.capture.listener import recordings
from jupyter_mlops.capture.listener.hearing import Hearing
from jupyter_mlops.capture.listener.lost_sessions import close_lost_sessions, this_server
from jupyter_mlops.capture.listener.privacy import Privacy
from jupyter_mlops.capture.listener.rows import HeardKernel
from jupyter_mlops.capture.listener.scribe import Known, Scribe
from jupyter_mlops.capture.listener.subscription import describe_kernel
from jupyter_mlops.capture.listener.tap import tap_websockets
from jupyter_mlops.store import Store

LOOK_ROUND_S = 1.0
KERNEL_ACTIONS = "https://events.jupyter.org/jupyter_server/kernel_actions/v1"


@dataclass(frozen=True)
class RecordingState:
    """Whether a notebook's cells are recorded, by whom, and why so: `Recording` in the OpenAPI file."""

    notebook: str
    on: bool
    by: str
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class Listener:
    """Records what the kernels of a server cannot record themselves.

    Args:
        store: opens the store; called in a thread.
        root: the server's root.
        kernels: Jupyter's manager of kernels.
        list_sessions: tells which notebook each kernel belongs to now.
        ingest: takes up what recorders wrote; called in a thread.
        log: the server's log.
    """

    def __init__(
        self,
        store: Callable[[], Store],
        root: Path,
        kernels: Any,
        list_sessions: Callable[[], Awaitable[list[dict[str, Any]]]],
        ingest: Callable[[], object],
        log: logging.Logger,
    ) -> None:
        self._store = store
        self._root = str(root)
        self._kernels = kernels
        self._list_sessions = list_sessions
        self.hearing = Hearing(kernels, log)
        self._scribe = Scribe(store, self._root, ingest, self.hearing.count_error, Privacy(os.environ))
        self._known = Known()
        self._now: dict[str, HeardKernel] = {}
        self._moving: set[str] = set()
        self._looked_at = 0.0
        self._has_swept = False
        self._turn = asyncio.Lock()

    def counters(self) -> dict[str, int]:
        """What went wrong since the server began.

        `errors`: what failed here, without harm to anything else; `dropped`: messages not taken in, as too
        many were held; `lost`: executions given up, as the store refused too long; `deaf`: kernels that
        cannot be listened to.
        """
        return {
            "errors": self.hearing.errors,
            "dropped": self.hearing.dropped,
            "lost": self._scribe.lost,
            "deaf": len(self.hearing.deaf),
        }

    def start(self, settings: dict[str, Any], events: Any) -> None:
        """Tap the websockets of the server with these settings, and learn of interrupts by its event bus."""
        tap_websockets(settings, self.hearing)
        events.add_listener(schema_id=KERNEL_ACTIONS, listener=self._on_action)

    async def tick(self) -> None:
        """Do what is due: called some times a second.

        Raises:
            SQLAlchemyError: the store refuses; nothing was lost, and the next call tries again.
        """
        if not self._has_swept:
            await _in_thread(self._close_lost)
            self._has_swept = True
        if self._kernels.list_kernel_ids() or self._now or self._scribe.has_work:
            await self._work(look_round=time.monotonic() - self._looked_at > LOOK_ROUND_S)

    async def stop(self) -> None:
        """Listen no more, and write what was heard."""
        self.hearing.close()
        try:
            await self._work(look_round=False)
        except Exception as error:  # noqa: BLE001 - a store that is gone must not keep a server from stopping
            self.hearing.count_error(error)

    async def switch(self, notebook: str, on: bool) -> RecordingState:
        """Turn the recording of a notebook by this server on or off."""
        await _in_thread(self._switch, notebook, on)
        return await self.describe(notebook)

    async def describe(self, notebook: str) -> RecordingState:
        """Whether a notebook is recorded, as things are now."""
        await self._work(look_round=True)
        self._attend()
        kernels = [kernel for kernel in self._now.values() if kernel.place[1] == notebook]
        on = notebook in self._known.on
        return RecordingState(notebook, on, *self._by_and_why(kernels, on))

    async def _work(self, *, look_round: bool) -> None:
        async with self._turn:
            if look_round:
                await self._look_round()
            self._attend()
            events = self.hearing.take()
            if events or look_round or self._scribe.has_work:
                self._known = await _in_thread(self._scribe.update, events, self._now)
                self._moving.clear()

    async def _look_round(self) -> None:
        self._looked_at = time.monotonic()
        sessions = await self._list_sessions()
        places = {
            session["kernel"]["id"]: session["path"]
            for session in sessions
            if session.get("type") == "notebook" and session.get("kernel")
        }
        server = this_server()
        now = {
            kernel_id: describe_kernel(self._kernels.get_kernel(kernel_id), (self._root, path), server)
            for kernel_id, path in places.items()
            if kernel_id in self._kernels
        }
        self._moving |= {
            kernel_id
            for kernel_id in self._now.keys() & now.keys()
            if self._now[kernel_id].place != now[kernel_id].place
        }
        self._now = now

    def _attend(self) -> None:
        """Listen to the kernels that are worth it.

        One whose notebook was just renamed goes on being heard until its recording was renamed, too.
        """
        known, moving = self._known, self._moving & self.hearing.subscriptions.keys()
        self.hearing.listen_to(
            kernel_id
            for kernel_id, kernel in self._now.items()
            if kernel.place[1] in known.on or kernel_id in known.recorders | known.busy | moving
        )

    def _by_and_why(self, kernels: list[HeardKernel], on: bool) -> tuple[str, str]:
        if not kernels:
            return "none", "It begins with the notebook's kernel." if on else "Recording is off."
        kernel = kernels[0]
        if kernel.kernel_id in self._known.recorders:
            if on:
                return "both", "The kernel records its cells; the server adds what a kernel cannot see."
            return "recorder", "The kernel records its cells."
        if not on:
            return "none", "Recording is off."
        if kernel.kernel_id in self.hearing.deaf:
            return "none", f"This kernel cannot be listened to: {self.hearing.deaf[kernel.kernel_id]}."
        language = str(kernel.facts.get("language") or "another language")
        why = f"The kernel runs {language}"
        if language.lower() == "python":
            why = "The recorder is not loaded in this kernel"
        return "listener", f"{why}: the server records what it hears of it."

    def _switch(self, notebook: str, on: bool) -> None:
        with self._store().session() as session:
            recordings.switch(session, self._root, notebook, on, datetime.now(timezone.utc))

    def _close_lost(self) -> None:
        with self._store().session() as session:
            close_lost_sessions(session)

    async def _on_action(self, logger: object, schema_id: str, data: Mapping[str, Any]) -> None:  # noqa: ARG002
        if data.get("action") == "interrupt" and data.get("kernel_id"):
            self.hearing.notice_interrupt(str(data["kernel_id"]))


async def _in_thread(work: Callable[..., Any], *args: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, work, *args)
