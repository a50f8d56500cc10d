"""What all our handlers share: login, thin JSON in and out, errors as a `Problem`, no work on the loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_server.base.handlers import APIHandler
from sqlalchemy.exc import DataError, DBAPIError

from jupyter_mlops.errors import BadInputError, MlopsError, StoreError
from jupyter_mlops.server.contract import read_body
from jupyter_mlops.store.paging import DEFAULT_LIMIT, PageRequest

if TYPE_CHECKING:
    from jupyter_mlops.server.backend import Backend

Result = TypeVar("Result")
BASE_PATH = r"/jupyter-mlops/api"


class MlopsHandler(APIHandler):
    """Base of our handlers. Each verb carries `@web.authenticated` and `@authorized`."""

    auth_resource = "jupyter_mlops"

    @property
    def backend(self) -> Backend:
        """The services of this server."""
        backend: Backend = self.settings["jupyter_mlops"]
        return backend

    async def prepare(self) -> None:  # type: ignore[override]  # as in APIHandler
        """As Jupyter, and see that the store is open; who needs it is told where it is not."""
        await super().prepare()
        if not self.backend.door.is_open:
            with suppress(MlopsError):
                await self.in_thread(self.backend.door.open)

    async def in_thread(self, work: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """Do blocking work (the store, the disk) beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(
            self.backend.threads, lambda: work(*args, **kwargs)
        )

    async def body(self, schema: str) -> dict[str, Any]:
        """The request's body, checked against a schema of the OpenAPI file."""
        return await self.in_thread(read_body, schema, self.request.body)

    def page_request(self) -> PageRequest:
        """The page that the query asks for."""
        limit = self.get_query_argument("limit", str(DEFAULT_LIMIT))
        if not limit.isdecimal() or len(limit) > 9:
            raise BadInputError(f"limit must be a small whole number, not {limit[:40]!r}.", field="limit")
        return PageRequest(int(limit), self.get_query_argument("cursor", None))

    def required_query(self, name: str) -> str:
        """A query argument that must be there."""
        value = self.get_query_argument(name, None)
        if not value:
            raise BadInputError(f"The query argument {name!r} is missing.", field=name)
        return value

    async def answer(self, body: Any, status: int = 200) -> None:
        """Finish with a JSON body; one that takes long to make is given as the function that makes it."""
        text = await self.in_thread(lambda: json.dumps(body() if callable(body) else body))
        self.set_status(status)
        self.finish(text)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer an error of ours as a `Problem`; leave all others to Jupyter."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, DataError):  # such as a NUL, which PostgreSQL cannot keep in a text
            error = BadInputError(f"The store cannot hold that: {error.orig}.")
        elif isinstance(error, DBAPIError):
            error = StoreError(
                f"The store cannot be used just now: {error.orig}.",
                field="store",
                hint="Nothing was lost; try again, and see `jupyter mlops doctor`.",
            )
        if not isinstance(error, MlopsError):
            super().write_error(status_code, **kwargs)
            return
        self.set_header("Content-Type", "application/json")
        self.set_status(error.status)
        self.finish(json.dumps({**error.as_problem(), "reason": None}))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """An input that was refused is no fault of the server's: one line, not a traceback."""
        if isinstance(value, MlopsError):
            self.log.info("refused %s %s: %s", self.request.method, self.request.path, value.message)
        else:
            super().log_exception(typ, value, tb)
