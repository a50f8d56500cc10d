"""`/scoring-notebooks`: notebooks that score a table with a model, to be run as jobs."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.models.scoring.template import ScoringNotebook
from jupyter_mlops.notebooks.paths import place_for_notebook
from jupyter_mlops.server.base import MlopsHandler


class ScoringNotebooksHandler(MlopsHandler):
    """Making one; it is then a notebook as any other."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Write it; answer with `ScoringNotebook`."""
        body = await self.body("ScoringNotebookRequest")
        path = body.pop("notebook")
        wanted = ScoringNotebook(**body)
        await self.in_thread(lambda: wanted.write(place_for_notebook(self.backend.root, path)))
        await self.answer({"notebook": path}, 201)


ROUTES = [(r"/scoring-notebooks", ScoringNotebooksHandler)]
