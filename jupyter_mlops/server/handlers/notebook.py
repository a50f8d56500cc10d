"""`/notebook`: what a form needs before anything is submitted."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.notebooks.inspection import inspect_notebook
from jupyter_mlops.server.base import MlopsHandler


class NotebookHandler(MlopsHandler):
    """A notebook's parameters, kernel and content hash."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with `NotebookInspection`."""
        path = self.required_query("path")
        await self.answer(lambda: inspect_notebook(self.backend.root, path).as_dict())


ROUTES = [(r"/notebook", NotebookHandler)]
