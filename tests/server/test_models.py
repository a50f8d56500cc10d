"""The registry as the server shows it, and a server that does not feel a dead one."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest


@pytest.fixture
def black_hole() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture(params=["nobody listens", "never answers"])
def dead_tracking(request, clean_environment, black_hole: str) -> str:
    """A dead tracking server, set before the Jupyter server starts."""
    uri = "http://127.0.0.1:9" if request.param == "nobody listens" else black_hole
    os.environ["MLFLOW_TRACKING_URI"] = uri
    return uri


async def test_the_models_are_listed_with_the_time_of_the_answer(ask, settings, mlflow_template) -> None:
    shutil.copy(mlflow_template, settings.mlflow_dir / "mlflow.db")
    said = await ask("get", "/models")
    while "still starting" in str(said.body["problem"]):
        said = await ask("get", "/models")
    assert (said.status, said.body["items"], said.body["problem"]) == (200, [], None)
    assert said.body["answered_at"] and said.body["age_s"] < 60


async def test_a_dead_tracking_server_is_a_problem_of_the_models_and_of_nothing_else(
    dead_tracking, ask
) -> None:
    models = asyncio.ensure_future(ask("get", "/models"))
    slowest = 0.0
    while not models.done():
        began = time.monotonic()
        status = await ask("get", "/status")
        slowest = max(slowest, time.monotonic() - began)
        assert status.body["tracking"] == {"uri": dead_tracking, "source": "environment"}
    said = await models
    assert said.status == 200 and said.body["items"] == []
    assert dead_tracking in said.body["problem"] and said.body["answered_at"] is None
    assert slowest < 2.5, "the server answered others all the while"


HEAVY = ("mlflow", "papermill", "pandas", "numpy", "sklearn", "nbclient", "alembic")
SERVE = """
import asyncio, json, os, sys
from pathlib import Path
from jupyter_server.serverapp import ServerApp
from tornado.httpclient import AsyncHTTPClient

root = sys.argv[1]
app = ServerApp(token="t", allow_root=True, open_browser=False, root_dir=root, port=0, port_retries=0)
app.jpserver_extensions = {"jupyter_mlops": True}

async def main():
    app.initialize(argv=[], new_httpserver=False)
    sockets = __import__("tornado.netutil").netutil.bind_sockets(0, "127.0.0.1")
    from tornado.httpserver import HTTPServer
    HTTPServer(app.web_app).add_sockets(sockets)
    app.start_app()
    base = f"http://127.0.0.1:{sockets[0].getsockname()[1]}/jupyter-mlops/api"
    client = AsyncHTTPClient()
    async def ask(method, path, body=None):
        answer = await client.fetch(base + path, method=method, body=body and json.dumps(body),
            headers={"Authorization": "token t"}, request_timeout=120)
        assert answer.code < 300, answer.body
        return json.loads(answer.body)
    schedule = {"cron": "0 3 * * *", "timezone": "UTC"}
    await ask("GET", "/status")
    await ask("GET", "/notebook?path=a.ipynb")
    await ask("GET", "/schedule?cron=@daily&timezone=UTC")
    await ask("POST", "/jobs", {"notebook": "a.ipynb", "schedule": schedule})
    run = await ask("POST", "/runs", {"notebook": "a.ipynb", "register_model": "m"})
    while (await ask("GET", "/runs/" + run["id"]))["ended_at"] is None:
        await asyncio.sleep(0.1)
    await ask("GET", "/executions?run=" + run["id"])
    await ask("GET", "/models")
    await asyncio.sleep(0.6)  # a round of each task
    print(json.dumps(sorted(set(sys.modules) & set(sys.argv[2].split(",")))))
    await app._cleanup()

asyncio.run(main())
"""


@pytest.mark.slow
def test_the_server_imports_no_heavy_library_whatever_is_asked(
    settings, notebook_folder, write_notebook
) -> None:
    write_notebook("a.ipynb", "1", parameters="C = 1")
    settings.open_store().close()  # made by Alembic once, in another process
    served = subprocess.run(
        [sys.executable, "-c", SERVE, str(notebook_folder), ",".join(HEAVY)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert served.returncode == 0, served.stderr[-3000:]
    assert served.stdout.splitlines()[-1] == "[]"
