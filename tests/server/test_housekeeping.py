"""Cleaning over REST: dry unless told otherwise, and only what is this server's."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from rows import add_job, queue_run

from jupyter_mlops.store import Store

MONTH_AGO = datetime.now(timezone.utc) - timedelta(days=30)


@pytest.fixture
def old_run(jp_serverapp: Any, jp_root_dir: Path) -> Any:
    """A run that failed a month ago, under the server's root or another."""
    store: Store = jp_serverapp.web_app.settings["jupyter_mlops"].store

    def make(root: str = str(jp_root_dir.resolve()), **policies: Any) -> Any:
        job = add_job(store, root=root, policies=policies)
        ended = {"state": "failed", "created_at": MONTH_AGO, "ended_at": MONTH_AGO}
        return queue_run(store, job, snapshot_sha=None, **ended)

    return make


async def test_it_is_dry_unless_told_otherwise(ask: Any, old_run: Any) -> None:
    run = old_run()
    old_run(root="/elsewhere")
    would = (await ask("post", "/housekeeping", {"older_than": "7d"})).body
    assert would["dry_run"] and [gone["id"] for gone in would["runs"]] == [run.id]
    assert (await ask("get", f"/runs/{run.id}")).status == 200
    did = (await ask("post", "/housekeeping", {"older_than": "7d", "dry_run": False})).body
    assert did == {**would, "dry_run": False} and did["count"] == 1
    assert (await ask("get", f"/runs/{run.id}")).status == 404


async def test_without_limits_the_jobs_own_hold(ask: Any, old_run: Any) -> None:
    old_run()
    limited = old_run(retention={"keep": 0})
    would = (await ask("post", "/housekeeping", {})).body
    assert [gone["id"] for gone in would["runs"]] == [limited.id] and would["limited_jobs"] == 1


async def test_one_job_is_cleaned_alone(ask: Any, old_run: Any) -> None:
    one, _other = old_run(), old_run()
    would = (await ask("post", "/housekeeping", {"keep": 0, "job": one.job_id})).body
    assert [gone["id"] for gone in would["runs"]] == [one.id]


async def test_bad_orders_are_refused_by_name(ask: Any) -> None:
    for body, field in (
        ({"keep": -1}, "keep"),
        ({"older_than": "soon"}, "older_than"),
        ({"max_size": "much"}, "max_size"),
        ({"delete": True}, "delete"),
    ):
        answered = await ask("post", "/housekeeping", body)
        assert (answered.status, answered.body["field"]) == (422, field)
    assert (await ask("post", "/housekeeping", {"job": "none"})).status == 404
