"""`/status`: what this server runs on."""

from __future__ import annotations

from datetime import datetime, timezone

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.capture.health import look_at_records
from jupyter_mlops.server.base import MlopsHandler


class StatusHandler(MlopsHandler):
    """What this server runs on, and whether a worker is alive."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with `Status`."""
        status = await self.in_thread(self.backend.status)
        records = await self.in_thread(look_at_records, self.backend.store, datetime.now(timezone.utc))
        capture = {
            "hook_errors": records.hook_errors,
            "unreadable_lines": records.unreadable_lines,
            "listener": self.backend.listener.counters(),
        }
        await self.answer({**status, "capture": capture})


ROUTES = [(r"/status", StatusHandler)]
