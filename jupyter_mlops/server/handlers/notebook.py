"""`/notebook` and `/schedule`: what a form needs before anything is submitted."""

from __future__ import annotations

from datetime import datetime, timezone

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.jobs.cron import parse_schedule
from jupyter_mlops.notebooks.inspection import inspect_notebook
from jupyter_mlops.server.base import MlopsHandler

PREVIEWED_FIRES = 5


class NotebookHandler(MlopsHandler):
    """A notebook's parameters, kernel and content hash."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with `NotebookInspection`."""
        path = self.required_query("path")
        inspection = await self.in_thread(inspect_notebook, self.backend.root, path)
        self.answer(inspection.as_dict())


class ScheduleHandler(MlopsHandler):
    """The next fires of a cron expression."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with `SchedulePreview`."""
        schedule = parse_schedule(self.required_query("cron"), self.required_query("timezone"))
        fires = schedule.next_fires(PREVIEWED_FIRES, datetime.now(timezone.utc))
        self.answer(
            {
                "cron": schedule.cron,
                "timezone": schedule.timezone,
                "description": schedule.describe(),
                "next_fires": [fire.isoformat() for fire in fires],
            }
        )


ROUTES = [(r"/notebook", NotebookHandler), (r"/schedule", ScheduleHandler)]
