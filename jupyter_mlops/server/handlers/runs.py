"""`/runs`: job runs, past and under way."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.jobs.views import run_as_dict
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.server.base import MlopsHandler


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
            state=self._state(),
        )
        self.answer({"items": [run_as_dict(run) for run in page.items], "next_cursor": page.next_cursor})

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Queue a run now."""
        request = RunRequest(**self.body("RunRequest"))
        self.answer(run_as_dict(await self.in_thread(self.backend.jobs.submit, request)), status=201)

    def _state(self) -> RunState | None:
        state = self.get_query_argument("state", None)
        try:
            return None if state is None else RunState(state)
        except ValueError:
            known = ", ".join(known.value for known in RunState)
            raise BadInputError(
                f"There is no state {state!r}.", field="state", hint=f"One of {known}."
            ) from None


class RunHandler(MlopsHandler):
    """One job run."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Answer with the run."""
        self.answer(run_as_dict(await self.in_thread(self.backend.jobs.get_run, run_id)))


class CancelHandler(MlopsHandler):
    """The end of a job run."""

    @web.authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        """Ask for the run to end."""
        run = await self.in_thread(self.backend.jobs.cancel_run, run_id)
        self.answer(run_as_dict(run), status=202)


ROUTES = [
    (r"/runs", RunsHandler),
    (r"/runs/(?P<run_id>[^/]+)", RunHandler),
    (r"/runs/(?P<run_id>[^/]+)/cancel", CancelHandler),
]
