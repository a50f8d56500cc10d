"""`/jobs`: what to run, and when."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.jobs.spec import JobChange, RunRequest, ScheduleRequest
from jupyter_mlops.jobs.triggers.request import TriggerRequest
from jupyter_mlops.jobs.views import job_as_dict, run_as_dict
from jupyter_mlops.server.base import MlopsHandler
from jupyter_mlops.server.handlers.runs import IDEMPOTENCY_KEY
from jupyter_mlops.store.tables import Job


class JobsHandler(MlopsHandler):
    """All jobs of this server's root."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with a page of jobs, newest first."""
        jobs = self.backend.jobs
        page = await self.in_thread(
            jobs.list_jobs,
            self.page_request(),
            self.get_query_argument("notebook", None),
            self.get_query_argument("search", None),
        )
        last = await self.in_thread(jobs.last_runs, page.items)
        await self.answer(lambda: page.as_dict(lambda job: job_as_dict(job, last.get(job.id))))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Make a job."""
        body = await self.body("JobRequest")
        schedule, trigger = body.pop("schedule", None), body.pop("trigger", None)
        if trigger is not None:
            await self._post_triggered(RunRequest(**body), schedule, trigger)
            return
        job = await self.in_thread(
            self.backend.jobs.create_job,
            RunRequest(**body),
            ScheduleRequest(**schedule) if schedule else None,
        )
        await self.answer(job_as_dict(job, None), status=201)

    async def _post_triggered(self, request: RunRequest, schedule: Any, given: dict[str, Any]) -> None:
        if schedule:
            raise BadInputError(
                "schedule and trigger are given together.",
                field="trigger",
                hint="Give one of them; more triggers are added one by one.",
            )
        trigger = TriggerRequest.parse(given)
        new = await self.in_thread(self.backend.jobs.schedule_job, request, trigger)
        job = await self.in_thread(self.backend.jobs.get_job, new.trigger.job_id)
        await self.answer({**job_as_dict(job, None), "token": new.token}, status=201)


class JobHandler(MlopsHandler):
    """One job."""

    @web.authenticated
    @authorized
    async def get(self, job_id: str) -> None:
        """Answer with the job."""
        await self._answer_job(await self.in_thread(self.backend.jobs.get_job, job_id))

    @web.authenticated
    @authorized
    async def patch(self, job_id: str) -> None:
        """Change what it runs and how, pause or resume its schedule, or bring it back."""
        body = await self.body("JobChange")
        if not body:
            raise BadInputError("Nothing to change was given.", field="active")
        if "deleted" in body:
            job = await self.in_thread(self.backend.jobs.restore_job, job_id)
        change = {name: value for name, value in body.items() if name not in ("deleted", "active")}
        if change:
            changed: dict[str, Any] = {name: "" if value is None else value for name, value in change.items()}
            job = await self.in_thread(self.backend.jobs.change_job, job_id, JobChange(**changed))
        if "active" in body:
            job = await self.in_thread(self.backend.jobs.set_active, job_id, body["active"])
        await self._answer_job(job)

    @web.authenticated
    @authorized
    async def delete(self, job_id: str) -> None:
        """Take it off the list."""
        await self.in_thread(self.backend.jobs.delete_job, job_id)
        self.set_status(204)
        self.finish()

    async def _answer_job(self, job: Job) -> None:
        last = await self.in_thread(self.backend.jobs.last_runs, [job])
        await self.answer(job_as_dict(job, last.get(job.id)))


class JobRunsHandler(MlopsHandler):
    """A job's runs."""

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """Run the job now."""
        key = self.request.headers.get(IDEMPOTENCY_KEY)
        preset = self.get_query_argument("preset", None)
        run, is_new = await self.in_thread(self.backend.jobs.run_job_once, job_id, key, preset)
        await self.answer(run_as_dict(run), status=201 if is_new else 200)


ROUTES = [
    (r"/jobs", JobsHandler),
    (r"/jobs/(?P<job_id>[^/]+)", JobHandler),
    (r"/jobs/(?P<job_id>[^/]+)/runs", JobRunsHandler),
]
