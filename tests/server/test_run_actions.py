"""Runs under a key, again, changed and many at once, by REST."""

from __future__ import annotations

import json
from typing import Any

import pytest
from notebook_files import WriteNotebook
from tornado.httpclient import HTTPClientError

API = ("jupyter-mlops", "api")


@pytest.fixture(autouse=True)
def notebook(write: WriteNotebook) -> None:
    write("train.ipynb", "print(C)", parameters="C: float = 1.0")


async def post_under_key(jp_fetch: Any, path: str, body: dict[str, Any], key: str) -> tuple[int, Any]:
    where = (*API, *path.strip("/").split("/"))
    headers = {"Idempotency-Key": key}
    try:
        answer = await jp_fetch(*where, method="POST", body=json.dumps(body), headers=headers)
    except HTTPClientError as error:
        assert error.response is not None
        return error.code, json.loads(error.response.body)
    return answer.code, json.loads(answer.body)


async def test_a_key_answers_with_the_first_run_and_refuses_another_request(ask, jp_fetch) -> None:
    request = {"notebook": "train.ipynb", "parameters": {"C": 2}}
    first = await post_under_key(jp_fetch, "/runs", request, "once")
    again = await post_under_key(jp_fetch, "/runs", request, "once")
    other = await post_under_key(jp_fetch, "/runs", {"notebook": "train.ipynb"}, "once")
    assert (first[0], again[0], again[1]["id"]) == (201, 200, first[1]["id"])
    assert (other[0], other[1]["field"]) == (409, "idempotency_key")
    assert len((await ask("get", "/runs")).body["items"]) == 1

    job = first[1]["job_id"]
    one, two = [await post_under_key(jp_fetch, f"/jobs/{job}/runs", {}, "job once") for _ in range(2)]
    assert (one[0], two[0], one[1]["id"]) == (201, 200, two[1]["id"])


async def test_a_job_is_changed_and_a_policy_that_cannot_be_is_named(ask) -> None:
    job = (await ask("post", "/jobs", {"notebook": "train.ipynb", "policies": {"max_attempts": 3}})).body
    assert job["policies"]["max_attempts"] == 3 and job["policies"]["overlap"] == "skip"
    change = {"name": "renamed", "parameters": {"C": 5}, "policies": {"timeout_s": 60}}
    changed = (await ask("patch", f"/jobs/{job['id']}", change)).body
    assert (changed["name"], changed["parameters"]) == ("renamed", {"C": 5})
    assert (changed["policies"]["timeout_s"], changed["policies"]["max_attempts"]) == (60, 1)
    refused = await ask("patch", f"/jobs/{job['id']}", {"policies": {"retries": 2}})
    assert (refused.status, refused.body["field"]) == (422, "policies.retries")


async def test_runs_are_cancelled_run_again_and_deleted_many_at_once(ask) -> None:
    runs = [(await ask("post", "/runs", {"notebook": "train.ipynb"})).body["id"] for _ in range(2)]
    done = (await ask("post", "/runs/bulk", {"action": "cancel", "ids": [*runs, "nothing"]})).body["items"]
    assert [item["problem"] is None for item in done] == [True, True, False]
    again = await ask("post", f"/runs/{runs[1]}/rerun", {})
    assert again.status == 201 and again.body["cause"] == {"kind": "rerun", "run": runs[1]}
    assert (await ask("get", f"/runs/{again.body['id']}/attempts")).body["items"] is not None
    refused = await ask("post", "/runs/bulk", {"action": "burn", "ids": runs})
    assert refused.status == 422 and refused.body["field"] == "action"
