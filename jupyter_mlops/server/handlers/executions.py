"""`/executions`: what ran in which cell."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.server.base import MlopsHandler

FILTERS = {
    "notebook": "notebook",
    "run": "run_id",
    "cell": "cell_id",
    "session": "session_id",
    "origin": "origin",
    "status": "status",
    "since": "since",
    "until": "until",
    "text": "text",
}
"""The query's words, each with `list_executions`'s."""


class ExecutionsHandler(MlopsHandler):
    """Cell executions under this server's root."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with a page of executions, newest first."""
        asked = {name: self.get_query_argument(word, None) for word, name in FILTERS.items()}
        page = await self.in_thread(self.backend.list_executions, self.page_request(), **asked)
        await self.answer(lambda: page.as_dict(dict))


ROUTES = [(r"/executions", ExecutionsHandler)]
