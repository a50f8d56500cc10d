"""Jobs as a file, over REST: planned, applied, exported, and taken over from jupyter-scheduler."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from notebook_files import WriteNotebook

TEXT = """jobs:
  train:
    notebook: train.ipynb
    triggers:
      - {kind: cron, cron: 0 6 * * *, timezone: UTC, active: false}
      - {kind: http, active: false}
"""


@pytest.fixture(autouse=True)
def notebook(write: WriteNotebook) -> None:
    write("train.ipynb", "print(C)", parameters="C: float = 1.0")


async def names(ask: Any) -> list[str]:
    return sorted(job["name"] for job in (await ask("get", "/jobs")).body["items"])


async def test_a_text_is_planned_applied_and_then_there_is_nothing_to_do(ask: Any) -> None:
    would = (await ask("post", "/definitions/plan", {"text": TEXT})).body
    assert [(one["action"], one["job"]) for one in would["changes"]] == [("create", "train")]
    assert not would["applied"] and "tokens" not in would["changes"][0]
    assert await names(ask) == []
    did = (await ask("post", "/definitions/apply", {"text": TEXT})).body
    assert did["applied"] and did["changes"][0]["tokens"][0]["token"].startswith("mlops_")
    assert await names(ask) == ["train"]
    again = (await ask("post", "/definitions/apply", {"text": TEXT})).body
    assert did["unchanged"] == [] and again == {"applied": True, "changes": [], "unchanged": ["train"]}
    gone = (await ask("post", "/definitions/apply", {"text": "jobs: {}"})).body
    assert [one["action"] for one in gone["changes"]] == ["delete"] and await names(ask) == []


async def test_a_file_below_the_root_is_the_same_as_its_text(ask: Any, jp_root_dir: Path) -> None:
    (jp_root_dir / "deploy").mkdir()
    (jp_root_dir / "deploy" / "nightly.yaml").write_text(TEXT)
    assert (
        len((await ask("post", "/definitions/apply", {"file": "deploy/nightly.yaml"})).body["changes"]) == 1
    )
    same = {"file": "deploy/nightly.yaml", "text": TEXT}
    assert (await ask("post", "/definitions/plan", same)).body["changes"] == []
    other = await ask("post", "/definitions/plan", {"text": TEXT})
    assert other.status == 422 and "is defined in deploy/nightly.yaml" in other.body["message"]
    adopted = await ask("post", "/definitions/plan", {"text": TEXT, "adopt": True})
    assert [one["action"] for one in adopted.body["changes"]] == ["change"]


async def test_what_is_exported_plans_to_nothing(ask: Any) -> None:
    await ask("post", "/definitions/apply", {"text": TEXT})
    told = (await ask("get", "/definitions")).body
    assert list(told["definitions"]["jobs"]) == ["train"]
    assert (await ask("post", "/definitions/plan", {"text": told["text"]})).body["changes"] == []
    assert (await ask("get", "/definitions", job="train")).body == told
    missing = await ask("get", "/definitions", job="none")
    assert (missing.status, missing.body["field"]) == (404, "job")


async def test_bad_files_are_refused_by_field_and_line(ask: Any, jp_root_dir: Path) -> None:
    (jp_root_dir.parent / "outside.yaml").write_text(TEXT)
    (jp_root_dir / "link.yaml").symlink_to(jp_root_dir.parent / "outside.yaml")
    for body, status, field in (
        ({"file": "../outside.yaml"}, 403, "file"),
        ({"file": "../outside.yaml", "text": TEXT}, 403, "file"),
        ({"file": str(jp_root_dir.parent / "outside.yaml")}, 403, "file"),
        ({"file": "link.yaml"}, 403, "file"),
        ({"file": "a\0b"}, 422, "file"),
        ({"file": "."}, 403, "file"),
        ({}, 404, "file"),
        ({"text": TEXT.replace("0 6 *", "61 6 *")}, 422, "jobs.train.triggers.0.cron"),
        ({"text": TEXT.replace("train.ipynb", "../x.ipynb")}, 422, "jobs.train.notebook"),
        ({"text": "["}, 422, None),
        ({"adoption": True}, 422, "adoption"),
    ):
        for verb in ("plan", "apply"):
            answered = await ask("post", f"/definitions/{verb}", body)
            assert (answered.status, answered.body["field"]) == (status, field), body
    assert await names(ask) == []


async def test_a_scheduler_is_looked_at_first_then_taken_over(ask: Any, jp_root_dir: Path) -> None:
    with sqlite3.connect(jp_root_dir / "scheduler.sqlite") as connection:
        connection.execute(
            "CREATE TABLE job_definitions (job_definition_id, name, input_filename, schedule, timezone,"
            " create_time, active, parameters)"
        )
        connection.execute(
            "INSERT INTO job_definitions VALUES"
            " ('d1', 'nightly', 'train.ipynb', '0 6 * * *', 'UTC', 1, 1, '{\"C\": \"2\"}'),"
            " ('d2', 'lost', 'lost.ipynb', '0 6 * * *', 'UTC', 2, 1, NULL)"
        )
    database = {"database": "scheduler.sqlite"}
    would = (await ask("post", "/definitions/import-scheduler", database)).body
    assert would["dry_run"] and [one["job"] for one in would["definitions"]] == ["nightly", None]
    assert "no lost.ipynb" in would["definitions"][1]["problem"] and await names(ask) == []
    assert [one["unplaced"] for one in would["definitions"]] == [None, "lost.ipynb"]
    for path, job, unplaced in (("none.ipynb", None, "lost.ipynb"), ("train.ipynb", "lost", None)):
        placed = {**database, "notebooks": {"lost.ipynb": path}}
        lost = (await ask("post", "/definitions/import-scheduler", placed)).body["definitions"][1]
        assert (lost["job"], lost["unplaced"]) == (job, unplaced)
    did = (await ask("post", "/definitions/import-scheduler", {**database, "dry_run": False})).body
    job = (await ask("get", f"/jobs/{did['definitions'][0]['job_id']}")).body
    assert (job["name"], job["parameters"]) == ("nightly", {"C": 2.0})
    for path, status in (("../scheduler.sqlite", 403), ("train.ipynb", 404)):
        refused = await ask("post", "/definitions/import-scheduler", {"database": path})
        assert (refused.status, refused.body["field"]) == (status, "database")
