"""Bad input is refused with a 4xx that names the field, and nothing is stored."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from notebook_files import WriteNotebook

from jupyter_mlops.config import Settings

# What is posted to /runs and to /jobs: the request, then the answer's status, code and field.
BAD_REQUESTS: dict[str, tuple[Any, int, str, str | None]] = {
    "path outside the root": ({"notebook": "../outside.ipynb"}, 403, "outside_root", "notebook"),
    "absolute path outside": ({"notebook": "/etc/passwd"}, 403, "outside_root", "notebook"),
    "a sibling with the root as prefix": ({"notebook": "SIBLING"}, 403, "outside_root", "notebook"),
    "a link that leads out": ({"notebook": "link.ipynb"}, 403, "outside_root", "notebook"),
    "a loop of links": ({"notebook": "loop.ipynb"}, 404, "not_found", "notebook"),
    "a missing notebook": ({"notebook": "missing.ipynb"}, 404, "not_found", "notebook"),
    "a folder": ({"notebook": "folder.ipynb"}, 422, "invalid_notebook", "notebook"),
    "no notebook": ({"notebook": "text.txt"}, 422, "invalid_notebook", "notebook"),
    "an empty path": ({"notebook": ""}, 422, "invalid_notebook", "notebook"),
    "a NUL in the path": ({"notebook": "a\0.ipynb"}, 422, "invalid_notebook", "notebook"),
    "half a character in the path": ({"notebook": "\ud800.ipynb"}, 422, "bad_input", "body"),
    "a very long path": ({"notebook": "x" * 5000 + ".ipynb"}, 404, "not_found", "notebook"),
    "a notebook that is no JSON": ({"notebook": "broken.ipynb"}, 422, "invalid_notebook", "notebook"),
    "a notebook that is another JSON": ({"notebook": "list.ipynb"}, 422, "invalid_notebook", "notebook"),
    "an unknown parameter": (
        {"notebook": "train.ipynb", "parameters": {"D": 1}},
        422,
        "unknown_parameter",
        "parameters.D",
    ),
    "a value of the wrong type": (
        {"notebook": "train.ipynb", "parameters": {"C": "much"}},
        422,
        "invalid_parameter",
        "parameters.C",
    ),
    "half a character in a value": (
        {"notebook": "train.ipynb", "parameters": {"name": "\ud800"}},
        422,
        "bad_input",
        "body",
    ),
    "an unknown kernel": ({"notebook": "train.ipynb", "kernel": "cobol"}, 422, "no_such_kernel", "kernel"),
    "a bad job name": ({"notebook": "train.ipynb", "name": "a\nb"}, 422, "bad_input", "name"),
    "half a character in the name": ({"notebook": "train.ipynb", "name": "\ud800"}, 422, "bad_input", "body"),
    "a bad model name": (
        {"notebook": "train.ipynb", "register_model": "a/b"},
        422,
        "bad_input",
        "register_model",
    ),
    "a NUL in a model name": (
        {"notebook": "train.ipynb", "register_model": "a\0b"},
        422,
        "bad_input",
        "register_model",
    ),
    "an unknown field": ({"notebook": "train.ipynb", "notebok": 1}, 422, "bad_input", "notebok"),
    "a field left out": ({}, 422, "bad_input", "notebook"),
    "a field of the wrong type": ({"notebook": 7}, 422, "bad_input", "notebook"),
    "parameters that are a list": (
        {"notebook": "train.ipynb", "parameters": [1]},
        422,
        "bad_input",
        "parameters",
    ),
    "a list": ([1], 422, "bad_input", None),
    "no JSON": (b"{'notebook': 1}", 422, "bad_input", "body"),
    "no UTF-8": (b'{"notebook": "\xff"}', 422, "bad_input", "body"),
    "deep nesting": (b'{"parameters": ' + b"[" * 100_000, 422, "bad_input", "body"),
    "not a number": (b'{"notebook": "train.ipynb", "parameters": {"C": NaN}}', 422, "bad_input", "body"),
}
BAD_SCHEDULES = {
    "a bad cron": ({"cron": "61 * * * *", "timezone": "UTC"}, "invalid_schedule", "cron"),
    "a cron that never fires": ({"cron": "0 0 30 2 *", "timezone": "UTC"}, "invalid_schedule", "cron"),
    "a bad zone": ({"cron": "0 3 * * *", "timezone": "Mars/Base"}, "invalid_schedule", "timezone"),
    "a path as zone": ({"cron": "0 3 * * *", "timezone": "../../etc/passwd"}, "invalid_schedule", "timezone"),
    "no zone": ({"cron": "0 3 * * *"}, "bad_input", "schedule"),
}


@pytest.fixture
def damaged_store(settings: Settings) -> None:
    """A store that is no database, before any server has opened it."""
    (settings.data_dir / "store.db").write_text("not a database " * 500)


@pytest.fixture
def root(jp_root_dir: Path, write: WriteNotebook) -> Path:
    """A root with one good notebook and some bad ones."""
    write("train.ipynb", "C", parameters="C: float = 1.0\nname: str = 'a'")
    outside = Path(f"{jp_root_dir}-beside")
    outside.mkdir()
    (outside / "train.ipynb").write_bytes((jp_root_dir / "train.ipynb").read_bytes())
    (jp_root_dir / "link.ipynb").symlink_to(outside / "train.ipynb")
    (jp_root_dir / "loop.ipynb").symlink_to("loop.ipynb")
    (jp_root_dir / "folder.ipynb").mkdir()
    (jp_root_dir / "text.txt").write_text("text")
    (jp_root_dir / "broken.ipynb").write_text("{")
    (jp_root_dir / "list.ipynb").write_text("[]")
    return jp_root_dir


async def nothing_is_stored(ask) -> bool:
    runs, jobs = await ask("get", "/runs"), await ask("get", "/jobs")
    return runs.body["items"] == jobs.body["items"] == []


async def test_every_bad_request_is_refused_with_its_field_and_nothing_is_stored(ask, root: Path) -> None:
    wrong = {}
    for name, (request, *expected) in BAD_REQUESTS.items():
        if request == {"notebook": "SIBLING"}:
            request = {"notebook": f"{root}-beside/train.ipynb"}  # noqa: PLW2901
        for path in ("/runs", "/jobs"):
            said = await ask("post", path, request, checked=False)
            if [said.status, said.body.get("code"), said.body.get("field")] != expected:
                wrong[name, path] = (said.status, said.body)
            assert said.body["message"].endswith("."), name
    assert wrong == {}
    assert await nothing_is_stored(ask)


async def test_every_bad_schedule_is_refused_with_its_field_and_nothing_is_stored(ask, root: Path) -> None:
    for name, (schedule, code, field) in BAD_SCHEDULES.items():
        said = await ask("post", "/jobs", {"notebook": "train.ipynb", "schedule": schedule})
        assert (said.status, said.code) == (422, code), name
        assert said.body["field"].startswith(field), name
        if len(schedule) == 2:
            preview = await ask("get", "/schedule", **schedule)
            assert (preview.status, preview.body["field"]) == (422, field), name
    assert await nothing_is_stored(ask)


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/runs", {"limit": "0"}, "limit"),
        ("/runs", {"limit": "201"}, "limit"),
        ("/runs", {"limit": "many"}, "limit"),
        ("/runs", {"limit": "9" * 5000}, "limit"),
        ("/jobs", {"cursor": "none of ours"}, "cursor"),
        ("/executions", {"cursor": "bm9uZQ=="}, "cursor"),
        ("/runs", {"state": "happy"}, "state"),
        ("/runs", {"search": " "}, "search"),
        ("/jobs", {"search": "x" * 201}, "search"),
        ("/notebook", {}, "path"),
        ("/schedule", {"cron": "* * * * *"}, "timezone"),
    ],
)
async def test_a_bad_query_is_refused_with_its_name(
    ask, path: str, query: dict[str, str], field: str
) -> None:
    said = await ask("get", path, **query)
    assert (said.status, said.body["field"]) == (422, field)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", "/runs/000000000000", None),
        ("get", "/runs/%00", None),
        ("post", "/runs/000000000000/cancel", None),
        ("get", "/jobs/000000000000", None),
        ("patch", "/jobs/000000000000", {"active": True}),
        ("delete", "/jobs/000000000000", None),
        ("post", "/jobs/000000000000/runs", None),
    ],
)
async def test_what_is_not_there_is_not_found(ask, method: str, path: str, body: Any) -> None:
    said = await ask(method, path, body)
    assert (said.status, said.code) == (404, "not_found")


@pytest.mark.parametrize("body", [{}, {"active": "yes"}, {"deleted": True}, {"nome": "x"}, {"name": ""}])
async def test_a_change_that_cannot_be_made_is_refused(ask, root: Path, body: Any) -> None:
    job = (await ask("post", "/jobs", {"notebook": "train.ipynb"})).body
    said = await ask("patch", f"/jobs/{job['id']}", body)
    assert said.status == 422
    assert (await ask("get", f"/jobs/{job['id']}")).body == job


async def test_a_dead_tracking_server_is_named_and_nothing_is_stored(
    ask, root: Path, jp_serverapp, monkeypatch
) -> None:
    backend = jp_serverapp.web_app.settings["jupyter_mlops"]
    monkeypatch.setitem(os.environ, "MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setattr(backend.jobs, "settings", type(backend.settings).load())
    said = await ask("post", "/runs", {"notebook": "train.ipynb"})
    assert (said.status, said.code, said.body["field"]) == (503, "tracking_unavailable", "tracking_uri")
    assert "http://127.0.0.1:9" in said.body["message"] and said.body["hint"]
    assert await nothing_is_stored(ask)


async def test_a_store_that_cannot_be_opened_is_named_and_the_server_lives(damaged_store, ask) -> None:
    for _ in range(2):
        said = await ask("get", "/runs")
        assert (said.status, said.code, said.body["field"]) == (503, "store_unavailable", "store")


async def test_a_refusal_is_json_that_a_script_can_read(jp_fetch) -> None:
    response = await jp_fetch(
        "jupyter-mlops", "api", "notebook", params={"path": "no.ipynb"}, raise_error=False
    )
    assert response.headers["Content-Type"].startswith("application/json")
    assert set(json.loads(response.body)) >= {"message", "code", "field", "hint"}
