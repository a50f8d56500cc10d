"""REST: where a job's notebooks are kept besides the folder of runs, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from notebook_files import WriteNotebook

JOB = {"notebook": "train.ipynb", "name": "kept"}


@pytest.fixture(autouse=True)
def notebook(write: WriteNotebook) -> None:
    write("train.ipynb", "print(1)")


async def test_a_job_says_where_its_notebooks_are_kept_until_it_is_taken_away(ask, tmp_path: Path) -> None:
    url = f"file://{tmp_path}/share"
    policies = {"output_url": url}
    job = (await ask("post", "/jobs", {**JOB, "policies": policies})).body
    assert job["policies"]["output_url"] == url
    run = (await ask("post", f"/jobs/{job['id']}/runs", {})).body
    assert run["policies"]["output_url"] == url and run["remote_output"] is None
    changed = (await ask("patch", f"/jobs/{job['id']}", {"policies": {"output_url": None}})).body
    assert changed["policies"]["output_url"] is None


@pytest.mark.parametrize(
    "url", ["mnt/share", "nosuch://bucket", "s3://", "ftp://bob:hunter2hunter2@host/x", "memory://x", 7]
)
@pytest.mark.parametrize("path", ["/jobs", "/runs"])
async def test_an_address_that_cannot_be_used_is_refused_by_its_field(ask, path: str, url: object) -> None:
    refused = await ask("post", path, {**JOB, "policies": {"output_url": url}})
    assert (refused.status, refused.body["field"]) == (422, "policies.output_url")
    assert refused.body["hint"] and "hunter2" not in str(refused.body)
    assert (await ask("get", "/jobs")).body["items"] == []


async def test_the_preflight_names_the_package_that_is_missing(ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    request = {"notebook": "train.ipynb", "policies": {"output_url": "s3://bucket/prefix"}}
    (finding,) = (await ask("post", "/preflight", request)).body["findings"]
    assert (finding["code"], finding["certain"]) == ("output", False)
    assert (finding["subject"], finding["hint"]) == ("s3://bucket/prefix", "pip install s3fs")
