"""What was told, over REST: a page at a time, seen or not, and never an address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rows import add_job, queue_run

from jupyter_mlops.config import Settings
from jupyter_mlops.notifications.channels import Channels
from jupyter_mlops.notifications.message import Message
from jupyter_mlops.notifications.outbox import note
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


async def test_bad_questions_are_refused(ask: Any) -> None:
    for method, path, body, query, field in (
        ("get", "/notifications", None, {"unseen": "maybe"}, "unseen"),
        ("get", "/notifications", None, {"cursor": "x"}, "cursor"),
        ("get", "/notifications", None, {"limit": 0}, "limit"),
        ("post", "/notifications/seen", {"ids": "all"}, {}, "ids"),
    ):
        answered = await ask(method, path, body, **query)
        assert (answered.status, answered.body["field"]) == (422, field)
