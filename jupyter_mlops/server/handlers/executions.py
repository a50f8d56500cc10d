"""`/executions`: what ran in which cell."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.server.base import MlopsHandler


class ExecutionsHandler(MlopsHandler):
    """Cell executions under this server's root."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with a page of executions, newest first."""
        page = await self.in_thread(
            self.backend.list_executions,
            self.page_request(),
            notebook=self.get_query_argument("notebook", None),
            run_id=self.get_query_argument("run", None),
            cell_id=self.get_query_argument("cell", None),
        )
        self.answer({"items": list(page.items), "next_cursor": page.next_cursor})


ROUTES = [(r"/executions", ExecutionsHandler)]
