"""`/notifications`: what was told about runs, and by which channels it can be."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.errors import BadInputError, ConflictError
from jupyter_mlops.notifications.channels import Channels
from jupyter_mlops.notifications.inbox import (
    count_unseen,
    list_notifications,
    mark_seen,
    notification_as_dict,
)
from jupyter_mlops.notifications.notifiers import NotDeliveredError, send_test
from jupyter_mlops.server.base import MlopsHandler
from jupyter_mlops.store.paging import PageRequest

TEST_WITHIN_S = 20.0
_tests_under_way: set[tuple[Path, str]] = set()
"""Channels that are being tried, so that asking again and again makes no more threads than channels."""


class NotificationsHandler(MlopsHandler):
    """What was told about the runs of this server's root."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with a page of notifications, newest first, and how many are unseen."""
        unseen = self.get_query_argument("unseen", "false")
        if unseen not in ("true", "false"):
            raise BadInputError(f"unseen is {unseen[:40]!r}, neither true nor false.", field="unseen")
        channel = self.get_query_argument("channel", None)
        await self.answer(await self.in_thread(self._page, self.page_request(), unseen == "true", channel))

    def _page(self, request: PageRequest, unseen: bool, channel: str | None) -> dict[str, Any]:
        root = str(self.backend.root)
        with self.backend.store.reading() as session:
            page = list_notifications(session, request, root=root, unseen=unseen, channel=channel)
            return {**page.as_dict(notification_as_dict), "unseen": count_unseen(session, root)}


class SeenHandler(MlopsHandler):
    """What somebody has seen."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Mark notifications as seen: those named, or all of this server's root."""
        ids = (await self.body("NotificationsSeen")).get("ids")
        await self.answer(await self.in_thread(self._mark, ids))

    def _mark(self, ids: list[str] | None) -> dict[str, int]:
        root = str(self.backend.root)
        with self.backend.store.session() as session:
            marked = mark_seen(session, root, ids)
            return {"marked": marked, "unseen": count_unseen(session, root)}


class ChannelsHandler(MlopsHandler):
    """The channels that are set up."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with their names and kinds, never their addresses."""
        channels = await self.in_thread(Channels(self.backend.settings.data_dir).all)
        await self.answer({"items": [channel.as_dict() for channel in channels]})


class ChannelHandler(MlopsHandler):
    """One channel."""

    @web.authenticated
    @authorized
    async def put(self, name: str) -> None:
        """Set it up, or change its address, which no answer and no log of the server's repeats."""
        address = (await self.body("ChannelAddress"))["address"]
        channel = await self.in_thread(Channels(self.backend.settings.data_dir).set, name, address)
        await self.answer(channel.as_dict())

    @web.authenticated
    @authorized
    async def delete(self, name: str) -> None:
        """Forget it."""
        await self.in_thread(Channels(self.backend.settings.data_dir).remove, name)
        self.set_status(204)
        self.finish()


class ChannelTestHandler(MlopsHandler):
    """A test of one channel."""

    @web.authenticated
    @authorized
    async def post(self, name: str) -> None:
        """Send a test message by it, now; one that does not answer keeps no other request waiting."""
        data_dir = self.backend.settings.data_dir
        key = (data_dir, name)
        if key in _tests_under_way:
            raise ConflictError(
                f"A test of the channel {name[:40]!r} is under way.",
                field="channel",
                hint="Wait for its end.",
            )
        _tests_under_way.add(key)
        sent = _in_own_thread(lambda: send_test(Channels(data_dir), name))
        sent.add_done_callback(lambda _: _tests_under_way.discard(key))
        try:
            await asyncio.wait_for(asyncio.wrap_future(sent), TEST_WITHIN_S)
        except asyncio.TimeoutError:
            raise NotDeliveredError(
                f"The channel {name[:40]!r} did not answer within {TEST_WITHIN_S:g} s.",
                field="channel",
                hint="The message may still arrive. If not: is the address right, and its server there?",
            ) from None
        self.set_status(204)
        self.finish()


def _in_own_thread(work: Callable[[], None]) -> Future[None]:
    """Do what may never end beside the threads that all requests share; it does not keep the server alive."""
    done: Future[None] = Future()
    done.set_running_or_notify_cancel()

    def run() -> None:
        try:
            work()
            done.set_result(None)
        except BaseException as error:  # noqa: BLE001 - whoever waits is told
            done.set_exception(error)

    threading.Thread(target=run, name="jupyter-mlops-channel-test", daemon=True).start()
    return done


ROUTES = [
    (r"/notifications", NotificationsHandler),
    (r"/notifications/seen", SeenHandler),
    (r"/notifications/channels", ChannelsHandler),
    (r"/notifications/channels/(?P<name>[^/]+)", ChannelHandler),
    (r"/notifications/channels/(?P<name>[^/]+)/test", ChannelTestHandler),
]
