"""`/session-state`: whether what a notebook shows is still true."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.server.base import MlopsHandler


class SessionStateHandler(MlopsHandler):
    """The newest session of a notebook, judged against the cells that the caller has open."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Answer with `SessionState`; nothing is stored."""
        body = await self.body("SessionStateQuestion")
        cells = [(cell["id"], cell["source"]) for cell in body["cells"]]
        await self.answer(await self.in_thread(self.backend.judge_notebook, body["notebook"], cells))


ROUTES = [(r"/session-state", SessionStateHandler)]
