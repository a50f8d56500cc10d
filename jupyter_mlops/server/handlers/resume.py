"""`/runs/{run_id}/resume`: a failed run goes on from the cell that failed."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.jobs.views import run_as_dict
from jupyter_mlops.runs.resume.submission import resume_run
from jupyter_mlops.server.base import MlopsHandler


class ResumeHandler(MlopsHandler):
    """The resumption of a run in its kept kernel. Where that is reached is told to nobody."""

    @web.authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        """Queue a run that goes on with the notebook as it now is."""
        run = await self.in_thread(resume_run, self.backend.jobs, run_id)
        self.answer(run_as_dict(run), status=201)


ROUTES = [(r"/runs/(?P<run_id>[^/]+)/resume", ResumeHandler)]
