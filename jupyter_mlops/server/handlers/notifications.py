"""`/notifications`: what was told about runs, and by which channels it can be."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.notifications.channels import Channels
from jupyter_mlops.notifications.inbox import (
    count_unseen,
    list_notifications,
    mark_seen,
    notification_as_dict,
)
from jupyter_mlops.server.base import MlopsHandler
from jupyter_mlops.store.paging import PageRequest


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
        self.answer(await self.in_thread(self._page, self.page_request(), unseen == "true", channel))

    def _page(self, request: PageRequest, unseen: bool, channel: str | None) -> dict[str, Any]:
        root = str(self.backend.root)
        with self.backend.store.reading() as session:
            page = list_notifications(session, request, root=root, unseen=unseen, channel=channel)
            return {
                "items": [notification_as_dict(row) for row in page.items],
                "next_cursor": page.next_cursor,
                "unseen": count_unseen(session, root),
            }


class SeenHandler(MlopsHandler):
    """What somebody has seen."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Mark notifications as seen: those named, or all of this server's root."""
        ids = self.body("NotificationsSeen").get("ids")
        self.answer(await self.in_thread(self._mark, ids))

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
        self.answer({"items": [channel.as_dict() for channel in channels]})


ROUTES = [
    (r"/notifications", NotificationsHandler),
    (r"/notifications/seen", SeenHandler),
    (r"/notifications/channels", ChannelsHandler),
]
