"""`/servings`: models served from this machine, and trying them."""

from __future__ import annotations

import json
import time
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

from jupyter_mlops.errors import BadInputError, ConflictError
from jupyter_mlops.models.reference import ModelReference
from jupyter_mlops.models.serving.service import ServingService
from jupyter_mlops.server.base import MlopsHandler

PREDICTS_WITHIN_S = 60.0


class _Servings(MlopsHandler):
    @property
    def service(self) -> ServingService:
        return ServingService(self.backend.settings)


class ServingsHandler(_Servings):
    """All of them."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with `ServingList`."""
        servings = await self.in_thread(self.service.list)
        await self.answer({"items": [serving.as_dict() for serving in servings]})

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Begin to serve a version; answer with `Serving`."""
        body = await self.body("ServingRequest")
        wanted = ModelReference.of(body["model"], body.get("version"))
        serving = await self.in_thread(self.service.start, wanted, body.get("port"))
        await self.answer(serving.as_dict(), 202)


class ServingHandler(_Servings):
    """One of them."""

    @web.authenticated
    @authorized
    async def get(self, serving: str) -> None:
        """Answer with `Serving`."""
        await self.answer((await self.in_thread(self.service.get, serving)).as_dict())

    @web.authenticated
    @authorized
    async def delete(self, serving: str) -> None:
        """End it."""
        await self.in_thread(self.service.stop, serving)
        self.set_status(204)
        self.finish()


class PredictionsHandler(_Servings):
    """Trying one."""

    @web.authenticated
    @authorized
    async def post(self, serving: str) -> None:
        """Pass rows on, and answer with `Predictions`."""
        rows = await self.body("PredictionRequest")
        served = await self.in_thread(self.service.get, serving)
        if served.state != "ready":
            raise ConflictError(
                f"The model is not ready: it is {served.state}.",
                field="serving",
                hint=served.message or "Try again in some seconds.",
            )
        began = time.monotonic()
        predictions = await _ask(f"{served.url}/invocations", rows)
        await self.answer({"predictions": predictions, "duration_s": time.monotonic() - began})


async def _ask(url: str, rows: dict[str, Any]) -> Any:
    request = HTTPRequest(
        url,
        method="POST",
        body=json.dumps(rows),
        headers={"Content-Type": "application/json"},
        request_timeout=PREDICTS_WITHIN_S,
    )
    try:
        answer = await AsyncHTTPClient().fetch(request)
    except HTTPClientError as error:
        raise BadInputError(
            _refusal(error), field="rows", hint="The log of the served model has more."
        ) from error
    except OSError as error:
        raise ConflictError(f"The served model does not answer: {error}.", field="serving") from error
    return json.loads(answer.body)["predictions"]


def _refusal(error: HTTPClientError) -> str:
    """What MLflow's scoring server says is wrong with the rows."""
    try:
        said = json.loads(error.response.body) if error.response else {}
    except ValueError:
        said = {}
    if not isinstance(said, dict):
        said = {}
    message = said.get("message") or said.get("detail") or str(error)
    return f"The model refused the rows: {str(message)[:2000]}"


ROUTES = [
    (r"/servings", ServingsHandler),
    (r"/servings/(?P<serving>[^/]+)", ServingHandler),
    (r"/servings/(?P<serving>[^/]+)/predictions", PredictionsHandler),
]
