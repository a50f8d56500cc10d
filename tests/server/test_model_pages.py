"""A model's pages over REST: every answer held to the OpenAPI file, whatever the model is called."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from forked_processes import MAY_BE_FORKED

from jupyter_mlops.config import Settings

NAME = "Pinguïn höhe, 2"
LOG = """
import mlflow, pandas, sys
from mlflow import MlflowClient
name, csv = sys.argv[1:]
def echo(model_input: list[float]) -> list[float]:
    return model_input
client = MlflowClient()
client.create_registered_model(name, description="Heights <of> penguins")
for accuracy in (0.8, 0.9):
    with mlflow.start_run() as run:
        mlflow.log_metrics({"accuracy": accuracy, "broken": float("nan")})
        frame = pandas.DataFrame({"a": [accuracy]})
        rows = mlflow.data.from_pandas(frame, source=csv, name="rows")
        mlflow.log_input(rows, context="training")
        made = mlflow.pyfunc.log_model(python_model=echo, name="model", pip_requirements=["mlflow"])
    client.create_model_version(name, made.model_uri, run.info.run_id, model_id=made.model_id)
client.set_registered_model_alias(name, "champion", 2)
"""


@pytest.fixture
def registry(settings: Settings, mlflow_template: Path, tmp_path: Path) -> None:
    """Two versions of a model in this user's MLflow, made in a process of its own."""
    shutil.copy(mlflow_template, settings.mlflow_dir / "mlflow.db")
    environment = {**os.environ, **settings.process_environment()}
    logged = subprocess.run(
        [sys.executable, "-c", MAY_BE_FORKED + LOG, NAME, str(tmp_path / "rows.csv")],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert logged.returncode == 0, logged.stderr[-3000:]


@pytest.fixture
def ask_ready(ask: Any) -> Any:
    """Ask, as often as MLflow is still starting."""

    async def send(path: str, **query: str) -> Any:
        while True:
            said = await ask("get", path, **query)
            if "still starting" not in str(said.body.get("message")):
                return said

    return send


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_a_model_whose_name_has_spaces_and_umlauts_has_all_its_pages(registry, ask_ready) -> None:
    page = (await ask_ready(f"/models/{NAME}")).body
    assert (page["name"], page["description"]) == (NAME, "Heights <of> penguins")
    assert page["aliases"] == {"champion": "2"} and page["problem"] is None and page["age_s"] < 60
    assert [(one["version"], one["metrics"], one["gate"]) for one in page["versions"]] == [
        ("2", {"accuracy": 0.9}, None),
        ("1", {"accuracy": 0.8}, None),
    ]
    champion = (await ask_ready(f"/models/{NAME}/versions/@champion")).body
    assert (champion["version"], champion["aliases"]) == ("2", ["champion"])
    assert champion["can_run_code"] and champion["checksums"] and champion["checksum_problem"] is None
    assert champion == (await ask_ready(f"/models/{NAME}/versions/2")).body
    lineage = (await ask_ready(f"/models/{NAME}/versions/@champion/lineage")).body
    assert {"version", "mlflow_run", "data"} <= {node["kind"] for node in lineage["nodes"]}
    card = (await ask_ready(f"/models/{NAME}/versions/1/card", format="html")).body
    assert card["format"] == "html" and "Heights <of>" not in card["content"] and NAME in card["content"]
    compared = (await ask_ready(f"/models/{NAME}/comparison", a="1", b="@champion")).body
    assert compared["metrics"] == [{"name": "accuracy", "a": 0.8, "b": 0.9}] and compared["code"] is None
    uses = (await ask_ready("/data-uses", data="rows")).body
    assert [(use["version"], use["how"]) for use in uses["items"]] == [("2", "training"), ("1", "training")]

    missing = await ask_ready("/models/nobody")
    assert (missing.status, missing.code) == (404, "not_found") and missing.body["hint"]
    for version in ("9", "@nobody", "x"):
        for part in ("", "/lineage", "/card"):
            assert (await ask_ready(f"/models/{NAME}/versions/{version}{part}")).status == 404
    assert (await ask_ready(f"/models/{NAME}/versions/1/card", format="pdf")).status == 422
    assert (await ask_ready(f"/models/{NAME}/comparison", a="1")).status == 422
    assert (await ask_ready("/data-uses")).status == 422


@pytest.fixture
def dead_tracking(clean_environment: None) -> None:
    """A tracking server that is not there, set before the Jupyter server starts."""
    os.environ["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9"


async def test_a_page_of_a_dead_tracking_server_says_so(dead_tracking, ask_ready) -> None:
    said = await ask_ready("/models/anything/versions/1")
    assert (said.status, said.code) == (503, "tracking_unavailable")
    assert "127.0.0.1:9" in said.body["message"]
