"""`/registrations`, and what moves aliases: models on their way into the registry, and who decides."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web
from tornado.ioloop import IOLoop

from jupyter_mlops.errors import MlopsError
from jupyter_mlops.models.decisions import decide
from jupyter_mlops.models.registration import (
    find_registration,
    list_registrations,
    parse_states,
    registration_as_dict,
)
from jupyter_mlops.models.requests import request_registration
from jupyter_mlops.runs.workers import ensure_worker
from jupyter_mlops.server.actor import actor_of
from jupyter_mlops.server.base import MlopsHandler
from jupyter_mlops.store.paging import Page
from jupyter_mlops.store.tables import Registration


class RegistrationsHandler(MlopsHandler):
    """All registrations: the registry has no roots."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with a page, newest first."""
        page = await self.in_thread(self._page)
        await self.answer(lambda: page.as_dict(registration_as_dict))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Store one; a worker carries it out."""
        body = await self.body("RegistrationRequest")
        row = await self.in_thread(self._request, body, actor_of(self.current_user))
        await self.answer(registration_as_dict(row), status=202)

    def _page(self) -> Page[Registration]:
        states = parse_states(self.get_query_argument("state", None))
        with self.backend.store.reading() as session:
            return list_registrations(
                session, self.page_request(), model=self.get_query_argument("model", None), states=states
            )

    def _request(self, body: dict[str, Any], actor: str | None) -> Registration:
        store, settings = self.backend.store, self.backend.settings
        row = request_registration(store, settings, **body, root=self.backend.root, actor=actor)
        ensure_worker(store, settings)
        return row


class RegistrationHandler(MlopsHandler):
    """One registration."""

    @web.authenticated
    @authorized
    async def get(self, registration: str) -> None:
        """Answer with it as it is now."""
        await self.answer(registration_as_dict(await self.in_thread(self._find, registration)))

    def _find(self, registration_id: str) -> Registration:
        with self.backend.store.reading() as session:
            return find_registration(session, registration_id)


class DecisionHandler(MlopsHandler):
    """A person's word on a version that waits for it."""

    @web.authenticated
    @authorized
    async def post(self, registration: str) -> None:
        """Approve or reject; a worker moves the alias at once."""
        body = await self.body("Decision")
        row = await self.in_thread(self._decide, registration, body, actor_of(self.current_user))
        if not body["approve"]:
            IOLoop.current().spawn_callback(self._finish_rejection, row.id)
        await self.answer(registration_as_dict(row))

    async def _finish_rejection(self, registration_id: str) -> None:
        """Tell MLflow of it, after the answer; what fails here a worker does later."""
        try:
            await self.backend.tracking.act("finish_rejection", registration=registration_id)
        except MlopsError as error:
            self.log.warning("the rejection of %s: %s", registration_id, error.message)

    def _decide(self, registration_id: str, body: dict[str, Any], actor: str | None) -> Registration:
        with self.backend.store.session() as session:
            row = decide(
                session, registration_id, approve=body["approve"], actor=actor, comment=body.get("comment")
            )
        ensure_worker(self.backend.store, self.backend.settings)
        return row


class AliasHandler(MlopsHandler):
    """An alias of a model."""

    @web.authenticated
    @authorized
    async def put(self, name: str, alias: str) -> None:
        """Move it by hand, or take it away."""
        body = await self.body("AliasMoveRequest")
        actor = actor_of(self.current_user)
        said = {"version": body["version"], "reason": body["reason"], "actor": actor}
        await self.answer(await self.backend.tracking.act("move_alias", model=name, alias=alias, **said))


class RollbackHandler(MlopsHandler):
    """The version that an alias had before."""

    @web.authenticated
    @authorized
    async def post(self, name: str) -> None:
        """Give the alias back to it."""
        body = await self.body("RollbackRequest")
        said = {"alias": body.get("alias", "champion"), "reason": body["reason"]}
        actor = actor_of(self.current_user)
        await self.answer(await self.backend.tracking.act("roll_back", model=name, actor=actor, **said))


ROUTES = [
    (r"/registrations", RegistrationsHandler),
    (r"/registrations/(?P<registration>[^/]+)", RegistrationHandler),
    (r"/registrations/(?P<registration>[^/]+)/decision", DecisionHandler),
    (r"/models/(?P<name>[^/]+)/aliases/(?P<alias>[^/]+)", AliasHandler),
    (r"/models/(?P<name>[^/]+)/rollback", RollbackHandler),
]
