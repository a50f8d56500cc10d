"""Triggers by REST: made, changed, deleted, previewed, and called from outside without Jupyter's login."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from notebook_files import WriteNotebook
from tornado.httpclient import HTTPResponse

from jupyter_mlops.jobs import service as job_service
from jupyter_mlops.jobs.triggers import service
from jupyter_mlops.jobs.triggers.http import sign
from jupyter_mlops.server.contract import validator
from jupyter_mlops.server.handlers.triggers import HookHandler


@pytest.fixture(autouse=True)
def without_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "ensure_worker", lambda *_: False)
    monkeypatch.setattr(HookHandler, "_refused", {})


@pytest.fixture
def make_job(ask, write: WriteNotebook) -> Callable[[], Awaitable[dict[str, Any]]]:
    async def make() -> dict[str, Any]:
        write("train.ipynb", "C", parameters="C: float = 1.0")
        made = await ask("post", "/jobs", {"notebook": "train.ipynb"})
        assert made.status == 201
        return made.body

    return make


@pytest.fixture
def call(http_server_client, jp_base_url) -> Callable[..., Any]:
    """Call a hook as a machine does that knows nothing of Jupyter."""

    async def send(hook: str, body: bytes = b"", **headers: str) -> HTTPResponse:
        return await http_server_client.fetch(
            jp_base_url.rstrip("/") + hook, method="POST", body=body, headers=headers, raise_error=False
        )

    return send


@pytest.mark.parametrize(
    ("kind", "spec", "description"),
    [
        ("interval", {"seconds": 900}, "Every 15 minutes"),
        ("file", {"path": "data/*.csv"}, "When a file of data/*.csv is made or changed"),
        ("http", {}, "When its address is called"),
        ("cron", {"cron": "0 6 * * *", "timezone": "UTC"}, None),
    ],
)
async def test_a_job_is_made_with_a_trigger_of_any_kind_in_one_call(
    ask, write: WriteNotebook, monkeypatch: pytest.MonkeyPatch, kind: str, spec, description: str | None
) -> None:
    monkeypatch.setattr(job_service, "ensure_worker", lambda *_: False)
    write("train.ipynb", "C", parameters="C: float = 1.0")
    body = {
        "notebook": "train.ipynb",
        "parameters": {"C": 2},
        "policies": {"overlap": "queue"},
        "trigger": {"kind": kind, "spec": spec, "jitter_s": 5},
    }
    made = await ask("post", "/jobs", body)
    assert made.status == 201, made.body
    (trigger,) = made.body["triggers"]
    assert (trigger["kind"], trigger["jitter_s"], trigger["state"]) == (kind, 5, "active")
    assert description is None or trigger["description"].startswith(description)
    assert made.body["policies"]["overlap"] == "queue" and made.body["parameters"] == {"C": 2}
    assert (made.body["token"] is not None) == (kind == "http")
    assert "token" not in (await ask("get", f"/jobs/{made.body['id']}")).body
    assert [error.message for error in validator("Job").iter_errors(made.body)] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"trigger": {"kind": "interval", "spec": {"seconds": 0}}}, "seconds"),
        ({"trigger": {"kind": "interval"}}, "trigger"),
        (
            {
                "trigger": {"kind": "interval", "spec": {"seconds": 60}},
                "schedule": {"cron": "0 6 * * *", "timezone": "UTC"},
            },
            "trigger",
        ),
    ],
)
async def test_a_job_whose_trigger_cannot_be_used_is_not_made(
    ask, write: WriteNotebook, body: dict[str, Any], field: str
) -> None:
    write("train.ipynb", "1")
    refused = await ask("post", "/jobs", {"notebook": "train.ipynb", **body})
    assert (refused.status, refused.body["field"]) == (422, field), refused.body
    assert (await ask("get", "/jobs")).body["items"] == []


async def test_a_trigger_is_made_listed_changed_and_deleted(ask, make_job) -> None:
    job = await make_job()
    path = f"/jobs/{job['id']}"
    made = await ask("post", f"{path}/triggers", {"kind": "interval", "spec": {"seconds": 900}})
    assert (made.status, made.body["description"], made.body["token"]) == (201, "Every 15 minutes", None)
    listed = (await ask("get", path)).body
    assert [one["id"] for one in listed["triggers"]] == [made.body["id"]]
    assert listed["trigger"] is None, "only a cron trigger is the job's schedule"

    trigger = f"/triggers/{made.body['id']}"
    paused = await ask("patch", trigger, {"active": False})
    assert (paused.body["state"], paused.body["next_fire_at"]) == ("paused", None)
    changed = await ask("patch", trigger, {"spec": {"seconds": 60}, "missed": "all", "active": True})
    assert (changed.body["description"], changed.body["missed"]) == ("Every minute", "all")
    assert (await ask("delete", trigger)).status == 204
    assert (await ask("get", path)).body["triggers"] == []
    assert (await ask("delete", trigger)).status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "cron"}, "spec"),
        ({"kind": "cron", "spec": {"cron": "61 * * * *", "timezone": "UTC"}}, "cron"),
        ({"kind": "weekly", "spec": {}}, "kind"),
        ({"kind": "file", "spec": {"path": "../x"}}, "path"),
        ({"kind": "interval", "spec": {"seconds": 60}, "missed": "some"}, "missed"),
        ({"kind": "interval", "spec": {"seconds": 60}, "starts_at": "soon"}, "starts_at"),
    ],
)
async def test_a_trigger_that_cannot_be_used_is_refused(ask, make_job, body, field: str) -> None:
    job = await make_job()
    refused = await ask("post", f"/jobs/{job['id']}/triggers", body)
    assert (refused.status, refused.body["field"]) == (422, field)
    assert (await ask("get", f"/jobs/{job['id']}")).body["triggers"] == []


async def test_a_preview_of_each_kind(ask, make_job) -> None:
    job = await make_job()
    daily = await ask("get", "/schedule", cron="@daily", timezone="Europe/Berlin")
    assert (daily.body["cron"], len(daily.body["next_fires"])) == ("@daily", 5)
    often = await ask("get", "/schedule", kind="interval", spec='{"seconds": 900}')
    assert (often.body["description"], len(often.body["next_fires"])) == ("Every 15 minutes", 5)
    after = await ask("get", "/schedule", kind="after", spec=json.dumps({"job": job["name"]}))
    assert after.body["description"] == "After a run of train has succeeded"
    for query, field in [
        ({}, "cron"),
        ({"cron": "@daily"}, "timezone"),
        ({"kind": "interval", "spec": "{"}, "spec"),
        ({"kind": "interval"}, "seconds"),
        ({"kind": "moon"}, "kind"),
    ]:
        refused = await ask("get", "/schedule", **query)
        assert (refused.status, refused.body["field"]) == (422, field)


async def test_a_call_with_the_token_makes_a_run_without_jupyters_login(ask, call, make_job) -> None:
    job = await make_job()
    made = (await ask("post", f"/jobs/{job['id']}/triggers", {"kind": "http", "spec": {}})).body
    body = b'{"parameters": {"C": 2}}'
    answer = await call(made["hook"], body, Authorization=f"Bearer {made['token']}")
    assert answer.code == 201
    said = json.loads(answer.body)
    validator("HookAnswer").validate(said)
    run = (await ask("get", f"/runs/{said['run_id']}")).body
    assert run["parameters"] == {"C": 2.0}
    assert (await ask("get", f"/jobs/{job['id']}")).body["triggers"][0]["spec"].keys() == {
        "parameters",
        "per_minute",
        "signed",
    }


async def test_a_signed_call_is_taken_once_and_others_are_refused(ask, call, make_job) -> None:
    job = await make_job()
    made = (await ask("post", f"/jobs/{job['id']}/triggers", {"kind": "http", "spec": {}})).body
    signature = {"X-Mlops-Signature": sign(made["token"], b"{}", datetime.now(timezone.utc))}
    assert (await call(made["hook"], b"{}", **signature)).code == 201
    assert (await call(made["hook"], b"{}", **signature)).code == 409
    assert (await call(made["hook"], b"{ }", **signature)).code == 403
    assert (await call(made["hook"])).code == 403
    assert len((await ask("get", "/runs")).body["items"]) == 1


async def test_who_guesses_is_not_listened_to_for_long(ask, call, make_job) -> None:
    job = await make_job()
    made = (await ask("post", f"/jobs/{job['id']}/triggers", {"kind": "http", "spec": {}})).body
    codes = {(await call(made["hook"], Authorization="Bearer guess")).code for _ in range(30)}
    assert codes == {403}
    assert (await call(made["hook"], Authorization=f"Bearer {made['token']}")).code == 429


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(ask, call, make_job) -> None:
    job = await make_job()
    made = (await ask("post", f"/jobs/{job['id']}/triggers", {"kind": "http", "spec": {}})).body
    refused = await call(made["hook"], b" " * 70_000, Authorization=f"Bearer {made['token']}")
    assert (refused.code, json.loads(refused.body)["field"]) == (422, "body")
