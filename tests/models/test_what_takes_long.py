"""Who looks at a registration under way sees what it is at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import mlflow
import pytest
from model_bench import ModelBench
from sqlalchemy import select

from jupyter_mlops.store.tables import Registration

LIMIT_S = 300


class SlowIndex(ThreadingHTTPServer):
    """Where a package is asked for, and not had until somebody has seen that it is waited for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _NotYet)
        self.asked = threading.Event()
        self.seen = threading.Event()


class _NotYet(BaseHTTPRequestHandler):
    server: SlowIndex

    def do_GET(self) -> None:
        self.server.asked.set()
        self.server.seen.wait(LIMIT_S)
        self.send_error(404)

    do_HEAD = do_GET  # noqa: N815 - the name is the library's

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def index() -> Iterator[SlowIndex]:
    with SlowIndex() as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield serving
        serving.seen.set()
        serving.shutdown()


@pytest.mark.slow
def test_the_making_of_an_environment_is_told_while_it_lasts(
    model_bench: ModelBench, index: SlowIndex
) -> None:
    wheel = f"thing @ http://127.0.0.1:{index.server_port}/thing-1.0-py3-none-any.whl"
    mlflow.set_tracking_uri(model_bench.tracking.uri)
    with mlflow.start_run() as run:
        mlflow.pyfunc.log_model(
            python_model=lambda model_input: model_input, name="model", pip_requirements=[wheel]
        )
    plan = {"gates": [{"kind": "smoke", "environment": "fresh"}]}
    with ThreadPoolExecutor(1) as beside:
        registering = beside.submit(model_bench.register, run.info.run_id, plan)
        registering.add_done_callback(lambda _: index.asked.set())
        assert index.asked.wait(LIMIT_S)
        if registering.done():
            pytest.skip(f"MLflow itself cannot be had here: {registering.result().message}")
        with model_bench.store.reading() as session:
            told = session.scalars(select(Registration)).one()
        index.seen.set()
        ended = registering.result(LIMIT_S)
    assert told.state == "checking"
    assert told.message == "Making an environment of the model's 2 requirements…"
    assert ended.state == "refused"
    assert "cannot be installed" in (ended.message or "")
