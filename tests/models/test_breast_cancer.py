"""Real models on real data: a good one becomes champion, a bad one with a good AUC is refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine
from mlflow import MlflowClient
from sqlalchemy import select
from workbench import Workbench

from jupyter_mlops.store.tables import Registration

pytestmark = pytest.mark.slow
EXAMPLE = Path(__file__).parents[2] / "examples" / "breast-cancer" / "train.ipynb"
MODEL = "breast-cancer"
GATES = ["metric:accuracy>=0.9", "metric:roc_auc>=0.9"]
BETTER = {"kind": "better_than_champion", "metric": "accuracy"}


def gated(**more: Any) -> dict[str, Any]:
    """How every run of the scenario registers its model."""
    kinds = [
        {"kind": "metric", "metric": "accuracy", "min": 0.9},
        {"kind": "metric", "metric": "roc_auc", "min": 0.9},
        BETTER,
    ]
    return {"alias": "champion", "gates": kinds, **more}


@pytest.fixture
def bench(own_workbench: Workbench) -> Workbench:
    shutil.copy(EXAMPLE, own_workbench.root)
    return own_workbench


def aliases(bench: Workbench) -> dict[str, str]:
    found = MlflowClient(bench.settings.tracking_uri).get_registered_model(MODEL).aliases
    return {alias: str(version) for alias, version in found.items()}


def registration(bench: Workbench, run_id: str) -> Registration:
    with bench.store.reading() as session:
        return session.scalars(select(Registration).where(Registration.run_id == run_id)).one()


@pytest.mark.timeout(900)
def test_the_scenario_as_jobs_from_the_command_line(bench: Workbench) -> None:
    mlops = CommandLine(bench)
    gates = [word for gate in (*GATES, "better_than_champion:metric=accuracy") for word in ("--gate", gate)]
    job = ["run", "train.ipynb", "--register", MODEL, "--alias", "champion", *gates]

    good = mlops.json(*job, "-p", "C", "1", "-p", "seed", "7")
    assert (good["state"], good["model_version"]) == ("succeeded", "1"), good["message"]
    assert good["metrics"]["accuracy"] == pytest.approx(0.979, abs=0.002)
    assert good["message"] == f"Version 1 of {MODEL!r} became champion."
    assert aliases(bench) == {"champion": "1"}

    bad = mlops.json(*job, "-p", "C", "0.0001", "-p", "seed", "7", code=1)
    assert (bad["state"], bad["reason"], bad["model_version"]) == ("failed", "refused_by_gate", None)
    assert bad["metrics"]["accuracy"] == pytest.approx(0.678, abs=0.002)
    assert bad["metrics"]["roc_auc"] == pytest.approx(0.976, abs=0.002)
    assert "0.678" in bad["message"] and "0.9" in bad["message"] and "roc_auc" not in bad["message"]
    verdicts = {gate["seen"]["metric"]: gate["verdict"] for gate in registration(bench, bad["run_id"]).gates}
    assert verdicts == {"accuracy": "refused", "roc_auc": "passed"}

    other = mlops.json(*job, "-p", "C", "1", "-p", "seed", "8")
    assert (other["state"], other["model_version"]) == ("succeeded", "2"), other["message"]
    assert other["metrics"]["accuracy"] == pytest.approx(0.972, abs=0.002)
    assert "champion stays version 1" in other["message"]
    assert aliases(bench) == {"champion": "1", "candidate": "2"}

    listed = mlops.json("models", "registrations", "--model", MODEL)["items"]
    assert [row["state"] for row in listed] == ["kept", "refused", "promoted"]


@pytest.mark.drill
@pytest.mark.timeout(900)
def test_boosting_registers_in_spite_of_skops_and_is_promoted_and_rolled_back_by_hand(
    bench: Workbench,
) -> None:
    mlops = CommandLine(bench)
    first = bench.run("train.ipynb", register_model=MODEL, registration=gated())
    assert (first.state, first.model_version) == ("succeeded", "1"), first.message
    boosting = bench.run(
        "train.ipynb", parameters={"model": "boosting"}, register_model=MODEL, registration=gated()
    )
    assert (boosting.state, boosting.model_version) == ("succeeded", "2"), boosting.message
    assert boosting.metrics["accuracy"] == pytest.approx(0.965, abs=0.002)
    assert aliases(bench)["champion"] == "1"  # on the same rows: 0.965 is not better than 0.979

    moved = mlops.json("models", "promote", MODEL, "2", "-m", "Faster.")
    assert (moved["from_version"], moved["to_version"], moved["action"]) == ("1", "2", "by_hand")
    assert moved["actor"] and moved["reason"] == "Faster."
    assert aliases(bench) == {"champion": "2", "previous": "1"}
    back = mlops.json("models", "rollback", MODEL, "-m", "Slower after all.")
    assert (back["to_version"], back["action"]) == ("1", "rollback")
    assert aliases(bench) == {"champion": "1"}
    again = mlops.json("models", "rollback", MODEL, "-m", "Further.", code=2)
    assert again["field"] == "alias"

    again = mlops.json("models", "register", first.id, MODEL, "--alias", "champion", "--gate", "approval")
    assert (again["state"], again["version"]) == ("awaiting_approval", "3")
    approved = mlops.json("models", "approve", again["id"], "-m", "Seen.")
    assert (approved["state"], approved["comment"]) == ("promoted", "Seen.")
    assert aliases(bench) == {"champion": "3", "previous": "1"}
