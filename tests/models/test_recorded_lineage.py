"""A model that a job's notebook made: traced to its cell and its data, and from the data back to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine
from workbench import Workbench

from jupyter_mlops.server.contract import validator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # a worker, a runner and scikit-learn

RUN_WITHIN_S = 400.0  # two of them, on a busy machine

MODEL = "pinguïn höhe 1"
LOAD = """
import pandas as pd
frame = pd.read_csv("data/train.csv")
"""
FIT = """
from sklearn.linear_model import LogisticRegression
X, y = frame[["a", "b"]], frame["y"]
model = LogisticRegression(C=C).fit(X, y)
"""
LOG = """
import mlflow
data = mlflow.data.from_pandas(frame, source="data/train.csv", name="training rows")
mlflow.log_input(data, context="training")
mlflow.log_metric("accuracy", model.score(X, y))
mlflow.sklearn.log_model(model, name="model", pip_requirements=["scikit-learn"])
"""


@pytest.fixture(scope="module")
def command_line(workbench: Workbench) -> CommandLine:
    return CommandLine(workbench)


@pytest.fixture(scope="module")
def registered(workbench: Workbench) -> Iterator[dict[str, Any]]:
    """Two versions that jobs of one notebook registered, as `runs` has them, and the data file."""
    folder = workbench.root / "data"
    folder.mkdir()
    data = folder / "train.csv"
    data.write_text("a,b,y\n" + "".join(f"{row},{row % 3},{row % 2}\n" for row in range(60)))
    workbench.write("work/train.ipynb", LOAD.replace("data/", "../data/"), FIT, LOG, parameters="C = 1.0")
    first = workbench.submit("work/train.ipynb", register_model=MODEL, parameters={"C": 1.5})
    runs = [workbench.ended(first, RUN_WITHIN_S)]
    workbench.write(
        "work/train.ipynb",
        LOAD.replace("data/", "../data/"),
        FIT.replace("C=C", "C=C, tol=1e-3"),
        LOG,
        parameters="C = 1.0",
    )
    second = workbench.submit("work/train.ipynb", register_model=MODEL, parameters={"C": 2.0})
    runs.append(workbench.ended(second, RUN_WITHIN_S))
    assert [run.state for run in runs] == ["succeeded"] * 2, [run.message for run in runs]
    yield {"runs": runs, "data": data}


def by_kind(graph: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [node for node in graph["nodes"] if node["kind"] == kind]


def test_a_version_leads_to_its_run_its_cell_and_its_data(
    command_line: CommandLine, registered: dict[str, Any]
) -> None:
    graph = command_line.json("models", "lineage", f"{MODEL}/1")
    validator("Lineage").validate(graph)
    [cell] = by_kind(graph, "cell")
    assert cell["target"]["cell_id"] == "cell-2" and "log_model" in cell["facts"]["source"]
    [job_run] = by_kind(graph, "job_run")
    assert job_run["target"] == {"run_id": registered["runs"][0].id}
    [notebook] = by_kind(graph, "notebook")
    assert notebook["target"] == {"notebook": "work/train.ipynb"}
    data = {node["label"]: node["facts"] for node in by_kind(graph, "data")}
    content = registered["data"].read_bytes()
    assert data["data/train.csv"]["digest"] == hashlib.sha256(content).hexdigest()
    assert data["training rows"]["context"] == "training"
    assert {"frame", "X", "y"} <= data.keys()
    files = [facts for facts in data.values() if facts["kind"] == "file"]
    assert len(files) == 1, "what is the system's, code, or written by the run itself is no data"
    assert by_kind(graph, "environment")[0]["facts"]["requirements"]
    tree = command_line.call("models", "lineage", f"{MODEL}/1").stdout
    assert "logged by: Cell [" in tree and "read: data/train.csv" in tree


@pytest.mark.parametrize("asked", ["the path", "the end of it", "the name", "the hash"])
def test_data_leads_to_the_versions_that_used_it(
    command_line: CommandLine, registered: dict[str, Any], asked: str
) -> None:
    path: Path = registered["data"]
    words = {
        "the path": str(path),
        "the end of it": "data/train.csv",
        "the name": "training rows",
        "the hash": hashlib.sha256(path.read_bytes()).hexdigest()[:16],
    }
    uses = command_line.json("models", "uses", words[asked])
    validator("DataUses").validate(uses)
    assert [(use["model"], use["version"]) for use in uses["items"]] == [(MODEL, "2"), (MODEL, "1")]
    assert {use["notebook"] for use in uses["items"]} == {"work/train.ipynb"}


def test_data_that_nobody_used_leads_nowhere(command_line: CommandLine, registered: dict[str, Any]) -> None:
    assert command_line.json("models", "uses", "train.cs") == {"items": []}
    assert "No version is known" in command_line.call("models", "uses", "it's/other.csv").stdout


def test_two_versions_differ_in_what_was_changed(
    command_line: CommandLine, registered: dict[str, Any]
) -> None:
    compared = command_line.json("models", "compare", MODEL, "1", "2")
    validator("VersionComparison").validate(compared)
    assert [pair for pair in compared["params"] if pair["name"] == "C"] == [
        {"name": "C", "a": "1.5", "b": "2.0"}
    ]
    assert "+model = LogisticRegression(C=C, tol=1e-3).fit(X, y)" in compared["code"].splitlines()
    same = command_line.json("models", "compare", MODEL, "2", "2")
    assert (same["code"], same["environment"]) == ("", [])


def test_a_model_is_listed_shown_and_carried_to_its_card(
    command_line: CommandLine, registered: dict[str, Any], tmp_path: Path
) -> None:
    listed = command_line.json("models", "list")
    assert [model["name"] for model in listed["items"]] == [MODEL]
    page = command_line.json("models", "show", MODEL)
    validator("ModelPage").validate(page)
    assert [version["version"] for version in page["versions"]] == ["2", "1"]
    assert page["aliases"] == {"candidate": "2"}
    version = command_line.json("models", "show", f"{MODEL}@candidate")
    validator("ModelVersionPage").validate(version)
    assert version["snapshot_sha"] == registered["runs"][1].snapshot_sha
    assert version["checksum_problem"] is None and version["registration"]["state"] == "registered"
    moves = command_line.json("models", "history", MODEL)["items"]
    assert [(move["alias"], move["to_version"]) for move in moves] == [("candidate", "2"), ("candidate", "1")]
    file = tmp_path / "card.html"
    command_line.call("models", "card", f"{MODEL}/2", "--html", "-o", str(file))
    assert MODEL in file.read_text("utf-8") and "data/train.csv" in file.read_text("utf-8")
    nobody = command_line.call("models", "card", f"{MODEL}@champion")
    assert nobody.returncode == 2 and "@champion" in nobody.stderr
