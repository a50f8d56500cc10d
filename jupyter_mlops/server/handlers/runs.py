"""`/runs`: job runs, past and under way."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.jobs.batches import submit_matrix
from jupyter_mlops.jobs.run_actions import RunActions
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.jobs.views import action_as_dict, attempt_as_dict, run_as_dict
from jupyter_mlops.server.base import MlopsHandler
from jupyter_mlops.store.paging import Page

IDEMPOTENCY_KEY = "Idempotency-Key"


class RunsHandler(MlopsHandler):
    """All job runs of this server's root."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with a page of runs, newest first."""
        page = await self.in_thread(
            self.backend.jobs.list_runs,
            self.page_request(),
            notebook=self.get_query_argument("notebook", None),
            job_id=self.get_query_argument("job", None),
            state=self.get_query_argument("state", None),
            batch_id=self.get_query_argument("batch", None),
            search=self.get_query_argument("search", None),
        )
        await self.answer(lambda: page.as_dict(run_as_dict))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Queue a run now."""
        key = self.request.headers.get(IDEMPOTENCY_KEY)
        request = RunRequest(**await self.body("RunRequest"), idempotency_key=key)
        run, is_new = await self.in_thread(self.backend.jobs.submit_once, request)
        await self.answer(run_as_dict(run), status=201 if is_new else 200)


class MatrixHandler(MlopsHandler):
    """Runs for all combinations of some parameters' values."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Queue them all, or none."""
        body = await self.body("MatrixRequest")
        request = RunRequest(**body["request"])
        runs = await self.in_thread(submit_matrix, self.backend.jobs, request, body["matrix"])
        await self.answer(lambda: Page(runs, None).as_dict(run_as_dict), status=201)


class RunHandler(MlopsHandler):
    """One job run."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Answer with the run."""
        await self.answer(run_as_dict(await self.in_thread(self.backend.jobs.get_run, run_id)))

    @web.authenticated
    @authorized
    async def delete(self, run_id: str) -> None:
        """Delete it, with its executed notebook."""
        await self.in_thread(RunActions(self.backend.jobs).delete, run_id)
        self.set_status(204)
        self.finish()


class AttemptsHandler(MlopsHandler):
    """The attempts of a job run."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Answer with all of them, the first first."""
        attempts = await self.in_thread(self.backend.jobs.list_attempts, run_id)
        await self.answer({"items": [attempt_as_dict(attempt) for attempt in attempts]})


class RerunHandler(MlopsHandler):
    """The same run again."""

    @web.authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        """Queue it."""
        run = await self.in_thread(RunActions(self.backend.jobs).rerun, run_id)
        await self.answer(run_as_dict(run), status=201)


class BulkHandler(MlopsHandler):
    """Many runs at once."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Do the same with each; the answer says what came of it for each."""
        body = await self.body("RunsAction")
        results = await self.in_thread(RunActions(self.backend.jobs).apply, body["action"], body["ids"])
        await self.answer({"items": [action_as_dict(result) for result in results]})


class CancelHandler(MlopsHandler):
    """The end of a job run."""

    @web.authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        """Ask for the run to end."""
        run = await self.in_thread(self.backend.jobs.cancel_run, run_id)
        await self.answer(run_as_dict(run), status=202)


ROUTES = [
    (r"/runs", RunsHandler),
    (r"/runs/bulk", BulkHandler),
    (r"/runs/matrix", MatrixHandler),
    (r"/runs/(?P<run_id>[^/]+)", RunHandler),
    (r"/runs/(?P<run_id>[^/]+)/attempts", AttemptsHandler),
    (r"/runs/(?P<run_id>[^/]+)/rerun", RerunHandler),
    (r"/runs/(?P<run_id>[^/]+)/cancel", CancelHandler),
]
