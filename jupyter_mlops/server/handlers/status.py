"""`/status`: what this server runs on."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.server.base import MlopsHandler


class StatusHandler(MlopsHandler):
    """What this server runs on, and whether a worker is alive."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with `Status`."""
        self.answer(await self.in_thread(self.backend.status))


ROUTES = [(r"/status", StatusHandler)]
