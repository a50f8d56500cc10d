"""REST takes and shows a job's environment: references as they are; a plain secret is not even repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from notebook_files import WriteNotebook

GIVEN = {"DB_HOST": "db.example.org", "DB_PASSWORD": "secret://db-password"}


async def test_a_job_and_its_runs_show_references(ask: Any, write: WriteNotebook) -> None:
    write("train.ipynb", "1")
    job = await ask("post", "/jobs", {"notebook": "train.ipynb", "environment": GIVEN})
    assert (job.status, job.body["environment"]) == (201, GIVEN)
    address = f"/jobs/{job.body['id']}"
    assert (await ask("post", f"{address}/runs")).body["environment"] == GIVEN
    changed = await ask("patch", address, {"environment": {"A": "1"}})
    assert changed.body["environment"] == {"A": "1"}
    assert (await ask("patch", address, {"environment": {}})).body["environment"] == {}


@pytest.mark.parametrize(
    ("path", "environment", "field"),
    [
        ("/runs", {"DB_PASSWORD": "hunter2-hunter2"}, "environment.DB_PASSWORD"),
        ("/jobs", {"DB_PASSWORD": "hunter2-hunter2"}, "environment.DB_PASSWORD"),
        ("/preflight", {"DB_PASSWORD": "hunter2-hunter2"}, "environment.DB_PASSWORD"),
        ("/runs", {"JUPYTER_MLOPS_RUN_ID": "hunter2-hunter2"}, "environment.JUPYTER_MLOPS_RUN_ID"),
        ("/runs", {"A": "x" * 8_000 + "hunter2-hunter2"}, "environment.A"),
        ("/runs", {f"A{number}": "hunter2-hunter2" for number in range(51)}, "environment"),
        ("/runs", {"A": 17}, "environment.A"),
        ("/runs", ["A=1"], "environment"),
    ],
)
async def test_what_cannot_be_is_refused_by_its_field_and_not_repeated(
    ask: Any, write: WriteNotebook, path: str, environment: Any, field: str
) -> None:
    write("train.ipynb", "1")
    answer = await ask("post", path, {"notebook": "train.ipynb", "environment": environment})
    assert (answer.status, answer.body["field"]) == (422, field)
    assert "hunter2" not in json.dumps(answer.body)
    assert (await ask("get", "/runs")).body["items"] == (await ask("get", "/jobs")).body["items"] == []
