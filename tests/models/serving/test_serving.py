"""Served models: ready, asked, stopped; and said why not, when they cannot be."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any
from urllib.request import Request, urlopen

import psutil
import pytest
from processes import processes_of
from served_penguins import NUMBERS, TEXTS
from waiting import until, wait_until

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import NotFoundError
from jupyter_mlops.models.checked_files import CHECKSUMS_TAG
from jupyter_mlops.models.reference import ModelReference
from jupyter_mlops.models.serving.record import ServingRecord
from jupyter_mlops.models.serving.service import ServingService
from jupyter_mlops.tracking.client import make_client

pytestmark = pytest.mark.slow
WITHIN_S = 120.0
PENGUIN = [39.1, 18.7, 181, 3750, "Torgersen", "male"]
ROWS = {"dataframe_split": {"columns": NUMBERS + TEXTS, "data": [PENGUIN]}}


def started(service: ServingService, model: str) -> Any:
    serving = service.start(ModelReference.parse(model))

    def settled() -> Any:
        now = service.get(serving.id)
        return now if now.state != "starting" else None

    return wait_until(settled, WITHIN_S, "it is served, or has failed")


def test_the_champion_is_served_and_stopped_without_trace(penguin_registry: Settings) -> None:
    service = ServingService(penguin_registry)
    serving = started(service, "penguins@champion")
    assert (serving.state, serving.version, serving.message) == ("ready", "1", None)
    request = Request(
        f"{serving.url}/invocations",
        data=json.dumps(ROWS).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urlopen(request, timeout=60) as answer:
        assert json.load(answer) == {"predictions": ["Adelie"]}
    family = [psutil.Process(serving.pid), *psutil.Process(serving.pid).children(recursive=True)]
    service.stop(serving.id)
    assert not [process for process in family if process.is_running()]
    assert service.list() == []
    assert not list(service.files.folder.glob(f"{serving.id}*"))
    with pytest.raises(NotFoundError):
        service.get(serving.id)


@pytest.mark.parametrize(
    ("model", "message"),
    [("penguins@nobody", "has no version '@nobody'"), ("walruses/1", "'walruses' has no version '1'")],
)
def test_what_is_not_there_fails_by_name(penguin_registry: Settings, model: str, message: str) -> None:
    service = ServingService(penguin_registry)
    serving = started(service, model)
    assert serving.state == "failed"
    assert message in serving.message
    assert not processes_of(penguin_registry.data_dir)


def test_a_model_whose_file_changed_is_not_served(penguin_registry: Settings) -> None:
    client = make_client(penguin_registry.tracking_uri)
    client.set_model_version_tag("penguins", "1", CHECKSUMS_TAG, json.dumps({"MLmodel": "0" * 64}))
    serving = started(ServingService(penguin_registry), "penguins@champion")
    assert serving.state == "failed"
    assert "changed since it was registered" in serving.message


def test_one_that_is_killed_has_failed(penguin_registry: Settings) -> None:
    service = ServingService(penguin_registry)
    serving = started(service, "penguins")
    psutil.Process(serving.pid).kill()
    ended = wait_until(
        lambda: (now := service.get(serving.id)).state == "failed" and now, WITHIN_S, "its end is seen"
    )
    assert ended.message.startswith("Its process has ended")
    service.stop(serving.id)


async def test_it_is_tried_through_the_server(penguin_registry: Settings, jp_fetch) -> None:
    async def ask(*path: str, method: str = "GET", body: Any = None, **options: Any) -> Any:
        answer = await jp_fetch(
            "jupyter-mlops", "api", *path, method=method, body=body and json.dumps(body), **options
        )
        return json.loads(answer.body) if answer.body else None

    serving = await ask("servings", method="POST", body={"model": "penguins"})
    assert serving["state"] == "starting"

    async def ready() -> bool:
        return bool((await ask("servings", serving["id"]))["state"] == "ready")

    await until(ready, WITHIN_S, "it is ready")
    said = await ask("servings", serving["id"], "predictions", method="POST", body=ROWS)
    assert said["predictions"] == ["Adelie"]
    short = {"dataframe_split": {"columns": NUMBERS, "data": [[1, 2, 3, 4]]}}
    refused = await jp_fetch(
        "jupyter-mlops",
        "api",
        "servings",
        serving["id"],
        "predictions",
        method="POST",
        body=json.dumps(short),
        raise_error=False,
    )
    assert refused.code == 422
    assert "sex" in json.loads(refused.body)["message"]
    await ask("servings", serving["id"], method="DELETE")
    assert (await ask("servings"))["items"] == []


def test_a_port_that_another_process_has_taken_is_not_taken_for_the_model(settings: Settings) -> None:
    service = ServingService(settings)
    with socket.create_server(("127.0.0.1", 0)) as other:
        threading.Thread(target=lambda: other.accept()[0].sendall(b"\xff\0\0\x7f\r\n"), daemon=True).start()
        port = other.getsockname()[1]
        record = ServingRecord("0123456789ab", "penguins", "1", port, "2026-11-21T00:00:00+00:00")
        service.files.write(record)
        own = psutil.Process()
        service.files.change(record.id, pid=own.pid, born=own.create_time())
        assert service.get(record.id).state == "starting"
