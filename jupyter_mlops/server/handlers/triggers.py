"""`/triggers`, `/schedule` and `/hooks`: when jobs run."""

from __future__ import annotations

import json
import time
from collections import deque
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from tornado import web

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.jobs.triggers.http import Call, CallRefusedError, TooManyCallsError
from jupyter_mlops.jobs.triggers.request import TriggerRequest
from jupyter_mlops.jobs.triggers.service import NewTrigger, TriggerService
from jupyter_mlops.jobs.triggers.views import trigger_as_dict
from jupyter_mlops.server.base import MlopsHandler

MAX_BODY = 64 * 1024
MAX_REFUSED = 30
REFUSED_WITHIN_S = 60.0
MAX_CALLERS = 1000
_PREVIEWED = ("starts_at", "ends_at")


class TriggerHandlerBase(MlopsHandler):
    """What the handlers of triggers share."""

    @property
    def triggers(self) -> TriggerService:
        """The triggers of this server's root."""
        return TriggerService(self.backend.store, self.backend.settings, self.backend.root)

    async def answer_new(self, new: NewTrigger, status: int = 200) -> None:
        """Answer with a trigger, and with its token if it was just made."""
        await self.answer({**trigger_as_dict(new.trigger), "token": new.token}, status)


class JobTriggersHandler(TriggerHandlerBase):
    """A job's triggers."""

    @web.authenticated
    @authorized
    async def post(self, job_id: str) -> None:
        """Give the job one more trigger."""
        request = TriggerRequest.parse(await self.body("TriggerRequest"))
        await self.answer_new(await self.in_thread(self.triggers.add, job_id, request), status=201)


class TriggerHandler(TriggerHandlerBase):
    """One trigger."""

    @web.authenticated
    @authorized
    async def patch(self, trigger_id: str) -> None:
        """Pause or resume it, or change what it fires for."""
        change = await self.body("TriggerChange")
        if not change:
            raise BadInputError("Nothing to change was given.", field="active")
        await self.answer_new(await self.in_thread(self.triggers.change, trigger_id, change))

    @web.authenticated
    @authorized
    async def delete(self, trigger_id: str) -> None:
        """Delete it; its runs stay."""
        await self.in_thread(self.triggers.delete, trigger_id)
        self.set_status(204)
        self.finish()


class ScheduleHandler(TriggerHandlerBase):
    """What a trigger would do, before there is one."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with `SchedulePreview`."""
        await self.answer(await self.in_thread(self.triggers.preview, self._asked()))

    def _asked(self) -> dict[str, Any]:
        kind = self.get_query_argument("kind", "cron")
        asked: dict[str, Any] = {"kind": kind, "spec": self._spec(kind)}
        for name in _PREVIEWED:
            asked[name] = self.get_query_argument(name, None)
        return asked

    def _spec(self, kind: str) -> Any:
        given = self.get_query_argument("spec", None)
        if given is None and kind == "cron":
            return {name: self.required_query(name) for name in ("cron", "timezone")}
        try:
            return json.loads(given or "{}")
        except (ValueError, RecursionError):
            raise BadInputError("spec is not JSON.", field="spec", hint='Write {"seconds": 900}.') from None


class HookHandler(TriggerHandlerBase):
    """The address of a trigger that is called: the token is the login."""

    _refused: dict[str, deque[float]] = {}

    def check_xsrf_cookie(self) -> None:
        """No cookie counts here, so that there is none to forge."""

    @allow_unauthenticated
    async def post(self, trigger_id: str) -> None:
        """Make a run, for whoever has the token."""
        self._refuse_guesses()
        if len(self.request.body) > MAX_BODY:
            raise BadInputError(f"The body has more than {MAX_BODY // 1024} KiB.", field="body")
        headers = self.request.headers
        call = Call(
            authorization=headers.get("Authorization"),
            signature=headers.get("X-Mlops-Signature"),
            key=headers.get("Idempotency-Key"),
            body=self.request.body,
        )
        try:
            run = await self.in_thread(self.triggers.call, trigger_id, call)
        except CallRefusedError:
            self._note_refusal()
            raise
        await self.answer({"run_id": run.id, "state": run.state, "reason": run.reason}, status=201)

    def _refuse_guesses(self) -> None:
        """Who was refused 30 times in a minute is not listened to for the rest of it."""
        refused = self._refused.get(str(self.request.remote_ip), deque())
        while refused and refused[0] < time.monotonic() - REFUSED_WITHIN_S:
            refused.popleft()
        if len(refused) >= MAX_REFUSED:
            raise TooManyCallsError("Too many calls were refused.", hint="Wait a minute.")

    def _note_refusal(self) -> None:
        if len(self._refused) >= MAX_CALLERS:
            self._refused.clear()
        self._refused.setdefault(str(self.request.remote_ip), deque()).append(time.monotonic())


ROUTES = [
    (r"/schedule", ScheduleHandler),
    (r"/jobs/(?P<job_id>[^/]+)/triggers", JobTriggersHandler),
    (r"/triggers/(?P<trigger_id>[^/]+)", TriggerHandler),
    (r"/hooks/(?P<trigger_id>[^/]+)", HookHandler),
]
