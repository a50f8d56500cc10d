"""`/recording`: whether a notebook's cells are recorded, and by whom."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.notebooks.paths import relative_path, resolve_notebook
from jupyter_mlops.server.base import MlopsHandler


class RecordingHandler(MlopsHandler):
    """The recording of one notebook."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with `Recording`."""
        state = await self.backend.listener.describe(self.required_query("notebook"))
        await self.answer(state.as_dict())

    @web.authenticated
    @authorized
    async def put(self) -> None:
        """Turn it on or off."""
        body = await self.body("RecordingChange")
        root, path = self.backend.root, body["notebook"]
        real = await self.in_thread(resolve_notebook, root, path)
        state = await self.backend.listener.switch(relative_path(root, path, real), body["on"])
        await self.answer(state.as_dict())


ROUTES = [(r"/recording", RecordingHandler)]
