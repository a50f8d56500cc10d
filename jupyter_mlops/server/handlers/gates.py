"""`/gates`: the kinds of gates there are, for the form in which a registration is planned."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.models.gates.registry import describe_kinds
from jupyter_mlops.server.base import MlopsHandler


class GatesHandler(MlopsHandler):
    """The kinds of gates, ours and those of other packages."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with `GateKinds`: each with the JSON Schema of its options."""
        await self.answer({"items": await self.in_thread(describe_kinds)})


ROUTES = [(r"/gates", GatesHandler)]
