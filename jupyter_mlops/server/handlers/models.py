"""`/models`: the tracking server's registry."""

from __future__ import annotations

from datetime import datetime, timezone

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.server.base import MlopsHandler


class ModelsHandler(MlopsHandler):
    """The registered models, as far as the tracking server answers."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with `ModelList`: the newest there is, and its age."""
        said = await self.backend.tracking.ask("models")
        age_s = None
        if said.answered_at is not None:
            age_s = (datetime.now(timezone.utc) - said.answered_at).total_seconds()
        self.answer(
            {
                "items": said.value or [],
                "answered_at": said.answered_at.isoformat() if said.answered_at else None,
                "age_s": age_s,
                "problem": said.problem,
            }
        )


ROUTES = [(r"/models", ModelsHandler)]
