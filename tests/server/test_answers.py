"""What the REST interface answers when all is well."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from notebook_files import WriteNotebook
from waiting import until

from jupyter_mlops.server.backend import CHANGE_EVENT
from jupyter_mlops.store import changes

SCHEDULE = {"cron": "0 3 * * *", "timezone": "Europe/Berlin"}


@pytest.fixture(autouse=True)
def notebook(write: WriteNotebook) -> None:
    write("deep/train.ipynb", "print(C)", parameters="C: float = 1.0  # strength")


async def test_the_status_names_root_store_and_tracking(ask, settings, jp_root_dir) -> None:
    said = (await ask("get", "/status")).body
    assert said["root"] == str(jp_root_dir.resolve())
    assert said["data_dir"] == str(settings.data_dir)
    assert said["tracking"] == {"uri": settings.tracking_uri, "source": "default"}
    assert "python3" in [kernel["name"] for kernel in said["kernels"]]
    assert said["workers"] == []


async def test_a_notebook_is_inspected(ask) -> None:
    said = (await ask("get", "/notebook", path="deep/train.ipynb")).body
    assert (said["notebook"], said["name"], said["code_cells"]) == ("deep/train.ipynb", "deep/train", 2)
    (parameter,) = said["parameters"]
    assert (parameter["name"], parameter["type"], parameter["default"]) == ("C", "float", 1.0)


async def test_a_schedule_is_previewed(ask) -> None:
    said = (await ask("get", "/schedule", **SCHEDULE)).body
    assert len(said["next_fires"]) == 5 and said["description"]


async def test_a_run_is_made_executed_listed_and_found(ask, jp_root_dir: Path) -> None:
    request = {"notebook": "deep/train.ipynb", "parameters": {"C": 0.5}}
    made = await ask("post", "/runs", request)
    assert (made.status, made.body["state"], made.body["job_name"]) == (201, "queued", "deep/train")

    async def ended() -> Any:
        run = (await ask("get", f"/runs/{made.body['id']}")).body
        return run if run["ended_at"] else None

    run = await until(ended, 60, "the run ends")
    assert run["state"] == "succeeded", run["message"]
    assert run["duration_s"] > 0 and run["parameters"] == {"C": 0.5}
    assert run["output_path"].startswith("mlops-runs/deep-train/"), "relative to the root"
    assert (await ask("get", "/notebook", path=run["output_path"])).status == 200
    assert (await ask("get", "/runs", notebook="deep/train.ipynb", state="succeeded")).body["items"] == [run]
    assert (await ask("get", "/runs", notebook="train.ipynb")).body["items"] == []
    (job,) = (await ask("get", "/jobs")).body["items"]
    assert job["last_run"] == run
    cells = (await ask("get", "/executions", run=run["id"])).body["items"]
    assert [cell["status"] for cell in cells] == ["ok", "ok", "ok"]
    assert {cell["notebook"] for cell in cells} == {"deep/train.ipynb"}
    status = (await ask("get", "/status")).body
    assert len(status["workers"]) == 1
    again = await ask("post", f"/runs/{run['id']}/cancel")
    assert (again.status, again.body) == (202, run), "what has ended stays as it is"


async def test_a_job_is_made_paused_resumed_run_deleted_and_restored(ask) -> None:
    made = await ask(
        "post", "/jobs", {"notebook": "deep/train.ipynb", "name": "nightly", "schedule": SCHEDULE}
    )
    assert made.status == 201 and made.body["last_run"] is None
    path = f"/jobs/{made.body['id']}"
    assert made.body["trigger"]["active"] and made.body["trigger"]["next_fire_at"]
    paused = (await ask("patch", path, {"active": False})).body["trigger"]
    assert (paused["active"], paused["next_fire_at"]) == (False, None)
    assert (await ask("patch", path, {"active": True})).body["trigger"] == made.body["trigger"]
    run = await ask("post", f"{path}/runs")
    assert (run.status, run.body["job_name"]) == (201, "nightly")
    assert (await ask("post", f"/runs/{run.body['id']}/cancel")).body["cancel_requested"]
    assert (await ask("delete", path)).status == 204
    assert (await ask("get", path)).status == 404
    assert (await ask("get", "/jobs")).body["items"] == []
    back = await ask("patch", path, {"deleted": False})
    assert (back.status, back.body["name"]) == (200, "nightly")
    conflict = await ask(
        "post", "/jobs", {"notebook": "deep/train.ipynb", "name": "nightly", "schedule": SCHEDULE}
    )
    assert (conflict.status, conflict.code, conflict.body["field"]) == (409, "conflict", "name")


async def test_pages_go_on_where_the_one_before_ended(ask) -> None:
    for number in range(5):
        await ask("post", "/jobs", {"notebook": "deep/train.ipynb", "name": f"job {number}"})
    first = (await ask("get", "/jobs", limit=3)).body
    second = (await ask("get", "/jobs", limit=3, cursor=first["next_cursor"])).body
    names = [job["name"] for page in (first, second) for job in page["items"]]
    assert names == [f"job {number}" for number in (4, 3, 2, 1, 0)]
    assert second["next_cursor"] is None


async def test_runs_and_jobs_are_searched_for(ask) -> None:
    names = ("Nightly report", "weekly")
    made = {
        name: (await ask("post", "/runs", {"notebook": "deep/train.ipynb", "name": name})).body
        for name in names
    }
    for path, key in (("/runs", "id"), ("/jobs", "job_id")):
        found = await ask("get", path, search="REPORT")
        assert [one["id"] for one in found.body["items"]] == [made["Nightly report"][key]]
        assert (await ask("get", path, search="deep/train.ipynb", limit="1")).body["next_cursor"]
        assert (await ask("get", path, search="50%")).body["items"] == []


async def test_a_change_reaches_the_websocket_within_a_second(ask, jp_ws_fetch, jp_serverapp) -> None:
    socket = await jp_ws_fetch("api", "events", "subscribe")
    try:
        job = (await ask("post", "/jobs", {"notebook": "deep/train.ipynb", "name": "told"})).body
        told = await asyncio.wait_for(next_change(socket.read_message), 5)
        assert (told["kind"], told["id"], told["notebook"]) == ("job", job["id"], "deep/train.ipynb")
        store = jp_serverapp.web_app.settings["jupyter_mlops"].store
        with store.session() as session:
            changes.record(session, "job", "of another root", root="/elsewhere")
            changes.record(session, "model", "of all", root=None)
        told = await asyncio.wait_for(next_change(socket.read_message), 5)
        assert told["id"] == "of all", "another root's changes are not told"
    finally:
        socket.close()


async def next_change(read_message: Callable[[], Awaitable[Any]]) -> dict[str, Any]:
    while True:
        message = json.loads(await read_message())
        if message["schema_id"] == CHANGE_EVENT:
            return dict(message)


async def test_a_matrix_makes_its_runs_and_a_preset_is_kept_and_used(ask) -> None:
    request = {"notebook": "deep/train.ipynb"}
    made = await ask("post", "/runs/matrix", {"request": request, "matrix": {"C": [0.5, 2]}})
    assert made.status == 201
    runs = made.body["items"]
    assert [run["parameters"] for run in runs] == [{"C": 0.5}, {"C": 2.0}]
    listed = await ask("get", "/runs", batch=runs[0]["batch_id"])
    assert {run["id"] for run in listed.body["items"]} == {run["id"] for run in runs}
    job = runs[0]["job_id"]
    changed = await ask("patch", f"/jobs/{job}", {"presets": {"strong": {"C": 9}}})
    assert changed.body["presets"] == {"strong": {"C": 9}}
    again = await ask("post", f"/jobs/{job}/runs", preset="strong")
    assert again.body["parameters"] == {"C": 9.0}
    refused = await ask("post", "/runs/matrix", {"request": request, "matrix": {"C": ["a"]}})
    assert (refused.status, refused.body["field"]) == (422, "parameters.C")
