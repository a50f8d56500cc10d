"""`/preflight`: what a run would fail by, before it is submitted."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.jobs.preflight.runs import preflight_request
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.server.base import MlopsHandler


class PreflightHandler(MlopsHandler):
    """The preflight of a run that was not asked for yet."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Answer with what was found."""
        request = RunRequest(**await self.body("RunRequest"))
        jobs = self.backend.jobs
        findings = await self.in_thread(preflight_request, request, jobs.root, jobs.settings, jobs.store)
        await self.answer({"findings": [finding.as_dict() for finding in findings]})


ROUTES = [(r"/preflight", PreflightHandler)]
