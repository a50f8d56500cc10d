"""A real Jupyter server with the extension, every answer of which is held to the OpenAPI file."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from forked_processes import wait_for_forker
from jupyter_server.serverapp import ServerApp
from notebook_files import WriteNotebook, notebook_writer
from tornado.httpclient import HTTPResponse

from jupyter_mlops.config import Settings
from jupyter_mlops.server.contract import openapi, validator

API = ("jupyter-mlops", "api")
WITH_BODY = ("post", "put", "patch")


@pytest.fixture(scope="session", autouse=True)
def forker() -> None:
    """Each server starts processes that speak with MLflow."""
    wait_for_forker()


@dataclass(frozen=True)
class Answered:
    status: int
    body: Any

    @property
    def code(self) -> str:
        return str(self.body["code"])


Ask = Callable[..., Awaitable[Answered]]


def schema_of(path: str, method: str, status: int) -> str | None:
    """The name of the schema that the OpenAPI file gives an answer; None for an answer without a body."""
    for template, verbs in openapi()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method in verbs:
            responses = verbs[method]["responses"]
            answer = responses.get(str(status)) or responses["default"]
            if "$ref" in answer:
                return str(answer["$ref"]).rpartition("/")[2]
            content = answer.get("content")
            return (
                None if content is None else content["application/json"]["schema"]["$ref"].rpartition("/")[2]
            )
    raise AssertionError(f"{method} {path} is not in the OpenAPI file")


def check(path: str, method: str, response: HTTPResponse) -> Answered:
    """An answer of the server, checked against the OpenAPI file."""
    schema = schema_of(path, method, response.code)
    if schema is None:
        assert response.body == b""
        return Answered(response.code, None)
    body = json.loads(response.body, parse_constant=pytest.fail)  # NaN is no JSON
    validator(schema).validate(body)
    return Answered(response.code, body)


@pytest.fixture(autouse=True)
def jp_server_cleanup(settings: Settings, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """pytest-jupyter's own, before the settings' processes have to be gone."""
    yield
    if ServerApp.initialized():
        jp_asyncio_loop.run_until_complete(ServerApp.instance()._cleanup())
        ServerApp.clear_instance()


@pytest.fixture
def ask(jp_fetch: Callable[..., Awaitable[HTTPResponse]]) -> Ask:
    """Ask the server: `await ask("get", "/runs", limit=3)`, `await ask("post", "/runs", {"notebook": …})`."""

    async def send(
        method: str, path: str, body: Any = None, /, *, checked: bool = True, **query: Any
    ) -> Answered:
        raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        options: dict[str, Any] = {"body": raw} if method in WITH_BODY else {}
        parts = path.strip("/").split("/")  # which jp_fetch quotes
        response = await jp_fetch(
            *API,
            *parts,
            method=method.upper(),
            params=query,
            raise_error=False,
            request_timeout=60,
            **options,
        )
        if not checked:
            return Answered(response.code, json.loads(response.body))
        return check(path, method, response)

    return send


@pytest.fixture
def write(jp_root_dir: Path) -> WriteNotebook:
    """Write a notebook into the server's root."""
    return notebook_writer(jp_root_dir)
