"""What was told, over REST: a page at a time, seen or not, and never an address."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from rows import add_job, queue_run
from sinks import WebServer, web_server

from jupyter_mlops.config import Settings
from jupyter_mlops.notifications.channels import Channels
from jupyter_mlops.notifications.message import Message
from jupyter_mlops.notifications.outbox import note
from jupyter_mlops.server.handlers import notifications
from jupyter_mlops.store import Store


@pytest.fixture
def told(jp_serverapp: Any, jp_root_dir: Path) -> Any:
    """Write what was told of a run under the server's root, or another."""
    store: Store = jp_serverapp.web_app.settings["jupyter_mlops"].store

    def write(*titles: str, channel: str = "jupyterlab", root: str = str(jp_root_dir.resolve())) -> None:
        run = queue_run(store, add_job(store, root=root))
        for title in titles:
            with store.session() as session:
                note(session, run, f"{run.id}:{title}:{channel}", channel, Message("failed", title, "why"))

    return write


async def test_a_list_has_what_was_told_here_newest_first_page_by_page(ask: Any, told: Any) -> None:
    told("one", "two", "three")
    told("elsewhere", root="/elsewhere")
    first = (await ask("get", "/notifications", limit=2)).body
    assert [item["title"] for item in first["items"]] == ["three", "two"] and first["unseen"] == 3
    rest = (await ask("get", "/notifications", limit=2, cursor=first["next_cursor"])).body
    assert [item["title"] for item in rest["items"]] == ["one"] and rest["next_cursor"] is None


async def test_what_was_seen_is_no_longer_unseen(ask: Any, told: Any) -> None:
    told("one", "two", "three")
    told("mailed", channel="team-mail")
    two = next(i for i in (await ask("get", "/notifications")).body["items"] if i["title"] == "two")
    assert (await ask("post", "/notifications/seen", {"ids": [two["id"], "no-such"]})).body == {
        "marked": 1,
        "unseen": 2,
    }
    unseen = (await ask("get", "/notifications", unseen="true")).body
    assert [item["title"] for item in unseen["items"]] == ["three", "one"]
    assert (await ask("post", "/notifications/seen", {})).body == {"marked": 2, "unseen": 0}
    assert (await ask("post", "/notifications/seen", {})).body == {"marked": 0, "unseen": 0}
    mailed = (await ask("get", "/notifications", channel="team-mail")).body["items"]
    assert [(item["title"], item["state"]) for item in mailed] == [("mailed", "pending")]


async def test_channels_are_named_and_their_addresses_are_not(ask: Any, settings: Settings) -> None:
    Channels(settings.data_dir).set("team-mail", "mailto://user:hidden@example.org")
    answered = await ask("get", "/notifications/channels")
    assert answered.body == {"items": [{"name": "team-mail", "kind": "mailto", "source": "file"}]}


async def test_a_channel_is_set_up_tested_and_forgotten(
    ask: Any, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    path, secret = "/notifications/channels/hook", "t0p-s3cret"
    caplog.set_level("DEBUG")
    with web_server() as web:
        made = await ask("put", path, {"address": web.url})
        assert made.body == {"name": "hook", "kind": "json", "source": "file"}
        assert (await ask("post", f"{path}/test")).status == 204
        assert web.titles() == ["A test of jupyter_mlops"]
    failed = await ask("post", f"{path}/test")
    assert (failed.status, failed.code) == (503, "not_delivered") and web.TOKEN not in str(failed.body)
    assert (await ask("delete", path)).status == 204
    assert (await ask("get", "/notifications/channels")).body == {"items": []}
    assert (await ask("delete", path)).status == 404 and (await ask("post", f"{path}/test")).status == 404
    for body, field in (
        ({"address": secret}, "address"),
        ({"address": [secret]}, "address"),
        ({}, "address"),
        ({"url": secret}, None),
        ({"address": "json://x", secret: 1}, None),
        (json.dumps(secret).encode(), None),
    ):
        refused = await ask("put", path, body)
        assert (refused.status, refused.body["field"]) == (422, field)
        assert secret not in str(refused.body)
    assert (await ask("put", "/notifications/channels/jupyterlab", {"address": "json://x"})).status == 422
    assert (await ask("post", "/notifications/channels/jupyterlab/test")).status == 422
    logged = "\n".join(one.getMessage() for one in caplog.records if one.name == "ServerApp")
    assert "refused PUT" in logged and secret not in logged and web.TOKEN not in logged


def without_its_own_time_limit(web: WebServer) -> str:
    """An address for which apprise itself would wait for minutes."""
    return f"{web.url}?rto=300"


async def test_channels_that_do_not_answer_keep_no_other_request_waiting(
    ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications, "TEST_WITHIN_S", 120.0)
    with web_server() as web:
        web.answers.clear()
        paths = [f"/notifications/channels/hook-{number}" for number in range(5)]
        for path in paths:
            await ask("put", path, {"address": without_its_own_time_limit(web)})
        tests = [asyncio.create_task(ask("post", f"{path}/test")) for path in paths]
        assert await asyncio.to_thread(web.asked.wait, 60)
        assert len((await ask("get", "/notifications/channels")).body["items"]) == 5
        again = await ask("post", f"{paths[0]}/test")
        assert (again.status, again.body["field"]) == (409, "channel")
        assert not any(test.done() for test in tests)
        web.answers.set()
        assert {(await test).status for test in tests} == {204}


async def test_a_channel_that_never_answers_is_told_in_bounded_time_and_can_be_tried_again(
    ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications, "TEST_WITHIN_S", 0.5)
    path = "/notifications/channels/deaf"
    with web_server() as web:
        web.answers.clear()
        await ask("put", path, {"address": without_its_own_time_limit(web)})
        told = await ask("post", f"{path}/test")
        assert (told.status, told.code, told.body["field"]) == (503, "not_delivered", "channel")
        assert "did not answer within 0.5 s" in told.body["message"] and web.TOKEN not in str(told.body)
        web.answers.set()
        monkeypatch.setattr(notifications, "TEST_WITHIN_S", 60.0)
        while (tried := await ask("post", f"{path}/test")).status == 409:
            pass  # the first has yet to take its answer
        assert tried.status == 204


async def test_bad_questions_are_refused(ask: Any) -> None:
    for method, path, body, query, field in (
        ("get", "/notifications", None, {"unseen": "maybe"}, "unseen"),
        ("get", "/notifications", None, {"cursor": "x"}, "cursor"),
        ("get", "/notifications", None, {"limit": 0}, "limit"),
        ("post", "/notifications/seen", {"ids": "all"}, {}, "ids"),
    ):
        answered = await ask(method, path, body, **query)
        assert (answered.status, answered.body["field"]) == (422, field)
