"""The OpenAPI file and the handlers are the same thing, and nothing answers without the login."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from jsonschema import Draft202012Validator

from jupyter_mlops.server.base import BASE_PATH, MlopsHandler
from jupyter_mlops.server.contract import openapi
from jupyter_mlops.server.handlers import ROUTES

VERBS = ("get", "post", "put", "patch", "delete")


def described() -> Iterator[tuple[str, str]]:
    for path, verbs in openapi()["paths"].items():
        for verb in verbs:
            if verb in VERBS:
                yield verb, path


def handled() -> Iterator[tuple[str, str]]:
    for pattern, handler in ROUTES:
        path = re.sub(r"\(\?P<(\w+)>\[\^/\]\+\)", r"{\1}", pattern)
        for verb in VERBS:
            if verb in vars(handler):
                yield verb, path


def test_every_verb_of_every_path_is_described_and_every_description_is_handled() -> None:
    assert sorted(handled()) == sorted(described())


def test_every_handler_is_one_of_ours_with_its_resource_for_authorisation() -> None:
    for _path, handler in ROUTES:
        assert issubclass(handler, MlopsHandler)
        assert handler.auth_resource == "jupyter_mlops"


@pytest.mark.parametrize("schema", sorted(openapi()["components"]["schemas"]))
def test_every_schema_is_valid(schema: str) -> None:
    Draft202012Validator.check_schema(openapi()["components"]["schemas"][schema])


async def test_no_route_answers_without_the_token(jp_serverapp, http_server_client, jp_base_url) -> None:
    for verb, path in described():
        url = jp_base_url.rstrip("/") + BASE_PATH + re.sub(r"\{\w+\}", "1", path)
        body = "{}" if verb in ("post", "put", "patch") else None
        response = await http_server_client.fetch(
            url, method=verb.upper(), body=body, raise_error=False, follow_redirects=False
        )
        assert response.code in (302, 403), (verb, path, response.code)
        assert b"items" not in response.body and b"version" not in response.body


async def test_a_page_of_another_site_cannot_post(
    jp_fetch, http_server_client, jp_base_url, jp_serverapp
) -> None:
    """A browser's cookie alone is no token: the XSRF check stays on."""
    url = jp_base_url.rstrip("/") + BASE_PATH + "/runs"
    headers = {"Cookie": f"_xsrf=forged; {await login_cookie(http_server_client, jp_base_url, jp_serverapp)}"}
    read = await http_server_client.fetch(url, headers=headers, raise_error=False)
    assert read.code == 200, "the cookie is a login"
    response = await http_server_client.fetch(
        url, method="POST", body="{}", headers=headers, raise_error=False
    )
    assert response.code == 403 and b"_xsrf" in response.body


async def login_cookie(client, base_url: str, serverapp) -> str:
    token = serverapp.identity_provider.token
    page = await client.fetch(f"{base_url}api/status?token={token}", follow_redirects=False)
    return "; ".join(cookie.partition(";")[0] for cookie in page.headers.get_list("Set-Cookie"))
