"""`/runs/{run_id}/resume` and `…/kernel`: a failed run goes on, or is worked on, in its kept kernel."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.jobs.views import run_as_dict
from jupyter_mlops.runs.resume.records import KeptKernels
from jupyter_mlops.runs.resume.submission import open_kernel, resume_run
from jupyter_mlops.server.base import MlopsHandler
from jupyter_mlops.server.kept_kernels import attach


class ResumeHandler(MlopsHandler):
    """The resumption of a run in its kept kernel. Where that is reached is told to nobody."""

    @web.authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        """Queue a run that goes on with the notebook as it now is."""
        run = await self.in_thread(resume_run, self.backend.jobs, run_id)
        await self.answer(run_as_dict(run), status=201)


class KeptKernelHandler(MlopsHandler):
    """The kept kernel of a failed run, as one of this server's: messages to it pass the server's login."""

    @web.authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        """Put it among the server's kernels, to be worked in."""
        kept = await self.in_thread(open_kernel, self.backend.jobs, run_id)
        kernel_id = attach(self.kernel_manager, KeptKernels(self.backend.settings), kept)
        await self.answer({"kernel_id": kernel_id, "until": kept.expires_at}, status=201)


ROUTES = [
    (r"/runs/(?P<run_id>[^/]+)/resume", ResumeHandler),
    (r"/runs/(?P<run_id>[^/]+)/kernel", KeptKernelHandler),
]
