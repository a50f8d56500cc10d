"""The graph, the card and the comparison of versions: of what is known, and of what is not."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_mlops.models.card import write_card
from jupyter_mlops.models.comparison import code_diff, compare_versions
from jupyter_mlops.models.lineage import draw_lineage, lineage_lines
from jupyter_mlops.notebooks.snapshots import SnapshotStore
from jupyter_mlops.server.contract import validator

PAGE: dict[str, Any] = {
    "name": "churn",
    "version": "3",
    "aliases": ["champion"],
    "created_at": "2026-11-21T10:00:00+00:00",
    "description": None,
    "metrics": {"accuracy": 0.95},
    "params": {"C": "1.0"},
    "signature": None,
    "has_input_example": False,
    "flavors": ["sklearn"],
    "serialization": "cloudpickle",
    "can_run_code": True,
    "size_bytes": 1234,
    "checksums": {"model.pkl": "ab" * 32},
    "checksum_problem": None,
    "requirements": ["scikit-learn==1.9"],
    "data": [],
    "mlflow_run_id": None,
    "model_id": None,
    "run_id": None,
    "notebook": None,
    "snapshot_sha": None,
    "commit": None,
}
NOTHING: dict[str, Any] = {
    "mlflow_run": None,
    "job_run": None,
    "notebook": None,
    "cell": None,
    "data": [],
    "environment": {"python": None, "requirements": []},
    "gates": [],
    "approval": None,
    "requested_by": None,
}
CELL = {
    "cell_id": "c1",
    "cell_key": "c1",
    "execution_id": "e1",
    "execution_count": 4,
    "source": "log_model(model)",
    "started_at": "2026-11-21T10:00:00+00:00",
}
ALL: dict[str, Any] = {
    **NOTHING,
    "mlflow_run": {"id": "f" * 32, "name": "train 1", "user": "ada"},
    "job_run": {"id": "r1", "job": "train", "parameters": {"C": 1.0}},
    "notebook": {"path": "a/train.ipynb", "snapshot_sha": "0" * 64, "dirty": True},
    "cell": CELL,
    "data": [
        {"kind": "dataset", "name": "penguins", "digest": "abcd", "context": "training"},
        {"kind": "file", "name": "data/train.csv", "digest": "ef" * 32, "context": "read by its notebook"},
        {"kind": "evaluation", "name": "eval.parquet", "digest": "12" * 32, "context": "evaluation"},
    ],
    "environment": {"python": "3.11.7", "requirements": ["scikit-learn==1.9"]},
    "gates": [{"kind": "metric", "before": "promote", "verdict": "passed", "message": "0.95 is enough."}],
    "approval": {"decision": "approved", "by": "grace", "comment": None, "at": "2026-11-21T11:00:00+00:00"},
}
TREE = """
churn 3 (champion)
├─ logged in: train 1
│  ├─ made by: train, run r1
│  │  └─ ran: a/train.ipynb
│  ├─ trained on: penguins
│  └─ evaluated on: eval.parquet
├─ logged by: Cell [4]
│  ├─ in: a/train.ipynb
│  └─ read: data/train.csv
├─ needs: Python 3.11.7, 1 requirement
├─ judged by: metric: passed
└─ decided by: approved by grace
"""


def joined(graph: dict[str, Any]) -> set[str]:
    """The nodes that some way leads to the version from, or from the version to."""
    found = {"version"}
    while True:
        edges = [{edge["from"], edge["to"]} for edge in graph["edges"]]
        more = found.union(*(ends for ends in edges if ends & found))
        if more == found:
            return found
        found = more


def test_the_whole_way_from_a_version_to_its_data_is_one_graph() -> None:
    graph = draw_lineage(PAGE, ALL)
    validator("Lineage").validate(graph)
    assert "\n".join(lineage_lines(graph)) == TREE.strip()
    [cell] = [node for node in graph["nodes"] if node["kind"] == "cell"]
    assert cell["target"] == {"notebook": "a/train.ipynb", "cell_id": "c1", "execution_id": "e1"}
    ways = {(edge["from"], edge["label"], edge["to"]) for edge in graph["edges"]}
    assert {("data-1", "read by", "cell"), ("cell", "logged", "version")} <= ways
    assert ("version", "judged by", "gate-0") in ways
    assert joined(graph) == {node["id"] for node in graph["nodes"]}, "nothing hangs in the air"


@pytest.mark.parametrize("missing", ["mlflow_run", "job_run", "notebook", "cell", "approval", "all of them"])
def test_a_part_that_nobody_knows_is_not_there_and_the_rest_still_hangs_together(missing: str) -> None:
    evidence = NOTHING if missing == "all of them" else {**ALL, missing: None}
    graph = draw_lineage(PAGE, evidence)
    validator("Lineage").validate(graph)
    assert joined(graph) == {node["id"] for node in graph["nodes"]}
    assert list(lineage_lines(graph))
    for form in ("markdown", "html"):
        assert write_card(PAGE, evidence, form)


def test_a_card_takes_nothing_that_it_is_told_for_markup() -> None:
    evil = "<script>alert(1)</script>"
    page = {**PAGE, "name": evil, "description": evil, "params": {evil: "a | b"}}
    html = write_card(page, {**ALL, "requested_by": evil}, "html")
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert html.startswith("<!doctype html>") and "http" not in html, "it stands alone"
    markdown = write_card(page, ALL, "markdown")
    running_text = [line for line in markdown.splitlines() if not line.startswith("    ")]
    assert not any("<script>" in line for line in running_text), "only in a block of code it is as it is"
    assert r"a \| b" in markdown


def test_a_card_says_what_to_beware_of() -> None:
    card = write_card({**PAGE, "checksum_problem": "model.pkl changed."}, ALL, "markdown")
    for caveat in (
        "can run code when it is loaded",
        "has no signature",
        "not committed",
        "Warning: model.pkl changed.",
        "Approved by grace",
    ):
        assert caveat in card
    safe = {**PAGE, "can_run_code": False, "serialization": "skops"}
    assert "can run code" not in write_card(safe, ALL, "markdown")


def notebook(*sources: str) -> bytes:
    cells = [
        {"cell_type": "code", "id": f"c{number}", "metadata": {}, "source": source}
        for number, source in enumerate(sources)
    ]
    return json.dumps({"cells": cells}).encode()


def test_versions_are_compared_by_params_metrics_data_environment_and_code(tmp_path: Path) -> None:
    snapshots = SnapshotStore(tmp_path)
    data = {"kind": "file", "name": "train.csv", "digest": None, "size_bytes": 10}
    a = {**PAGE, "version": "1", "snapshot_sha": snapshots.keep(notebook("x = 1", "fit(x)")), "data": [data]}
    b = {
        **PAGE,
        "version": "2",
        "params": {"C": "2.0"},
        "metrics": {},
        "requirements": ["scikit-learn==2.0", "pandas"],
        "snapshot_sha": snapshots.keep(notebook("x = 2", "fit(x)")),
        "data": [{**data, "digest": "ab"}],
    }
    compared = compare_versions(a, b, code_diff(snapshots, a, b))
    validator("VersionComparison").validate(compared)
    assert compared["params"] == [{"name": "C", "a": "1.0", "b": "2.0"}]
    assert compared["metrics"] == [{"name": "accuracy", "a": 0.95, "b": None}]
    assert compared["data"] == [{"name": "train.csv (file)", "a": "10 bytes", "b": "ab"}]
    assert compared["environment"] == [
        {"name": "pandas", "a": None, "b": "any"},
        {"name": "scikit-learn", "a": "==1.9", "b": "==2.0"},
    ]
    changed = [
        line for line in compared["code"].splitlines() if line[:1] in "+-" and line[:3] not in "+++---"
    ]
    assert changed == ["-x = 1", "+x = 2"]


def test_code_is_not_known_when_a_snapshot_is_not_there(tmp_path: Path) -> None:
    snapshots = SnapshotStore(tmp_path)
    known = {**PAGE, "snapshot_sha": snapshots.keep(notebook("x = 1"))}
    assert code_diff(snapshots, known, {**known, "version": "4"}) == ""
    gone = {**PAGE, "snapshot_sha": hashlib.sha256(b"").hexdigest()}
    assert code_diff(snapshots, known, gone) is None
    assert code_diff(snapshots, known, PAGE) is None
