"""Models over REST: registered behind gates by a job, approved, promoted and rolled back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import Answered, Ask
from waiting import until

from jupyter_mlops.config import Settings

EXAMPLE = Path(__file__).parents[2] / "examples" / "breast-cancer" / "train.ipynb"
MODEL = "breast-cancer"
GATED: dict[str, Any] = {
    "alias": "champion",
    "gates": [
        {"kind": "metric", "metric": "accuracy", "min": 0.9},
        {"kind": "better_than_champion", "metric": "accuracy"},
    ],
}
ENDS_WITHIN_S = 240.0


@pytest.fixture
def example(settings: Settings, mlflow_template: Path, jp_root_dir: Path) -> None:
    shutil.copy(mlflow_template, settings.mlflow_dir / "mlflow.db")
    shutil.copy(EXAMPLE, jp_root_dir)


async def ended(ask: Ask, path: str, ended_at: str = "ended_at") -> Any:
    """What is at a path once it has ended."""

    async def look() -> Any:
        body = (await ask("get", path)).body
        return body if body[ended_at] else None

    return await until(look, ENDS_WITHIN_S, f"{path} ends")


async def in_state(ask: Ask, registration_id: str, state: str) -> Any:
    async def look() -> Any:
        body = (await ask("get", f"/registrations/{registration_id}")).body
        return body if body["state"] == state else None

    return await until(look, ENDS_WITHIN_S, f"{registration_id} is {state}")


async def run(ask: Ask, **parameters: Any) -> Any:
    request = {
        "notebook": "train.ipynb",
        "parameters": parameters,
        "register_model": MODEL,
        "registration": GATED,
    }
    queued = await ask("post", "/runs", request)
    assert queued.status == 201, queued.body
    return await ended(ask, f"/runs/{queued.body['id']}")


@pytest.mark.drill  # the UI tests walk the same way
@pytest.mark.timeout(900)
async def test_the_breast_cancer_scenario(ask: Ask, example: None) -> None:
    first = await run(ask, seed=7)
    assert (first["state"], first["model_version"]) == ("succeeded", "1"), first["message"]
    refused = await run(ask, seed=7, C=0.0001)
    assert (refused["state"], refused["reason"]) == ("failed", "refused_by_gate")
    kept = await run(ask, seed=8)
    assert (kept["state"], kept["model_version"]) == ("succeeded", "2")
    assert "champion stays version 1" in kept["message"]

    listed = (await ask("get", "/registrations", model=MODEL)).body["items"]
    assert [row["state"] for row in listed] == ["kept", "refused", "promoted"]
    assert listed[2]["run_id"] == first["id"] and listed[2]["plan"]["alias"] == "champion"

    moved = await ask("put", f"/models/{MODEL}/aliases/champion", {"version": "2", "reason": "Newer."})
    assert (moved.status, moved.body["from_version"], moved.body["to_version"]) == (200, "1", "2")
    assert moved.body["actor"] and moved.body["action"] == "by_hand"
    back = await ask("post", f"/models/{MODEL}/rollback", {"reason": "Worse."})
    assert (back.status, back.body["to_version"], back.body["reason"]) == (200, "1", "Worse.")
    gone = await ask("put", f"/models/{MODEL}/aliases/champion", {"version": "99", "reason": "?"})
    assert (gone.status, gone.code, gone.body["field"]) == (404, "not_found", "version")
    wrong = await ask("put", f"/models/{MODEL}/aliases/v3", {"version": "1", "reason": "?"})
    assert (wrong.status, wrong.body["field"]) == (422, "alias")

    waiting = {**GATED, "gates": [{"kind": "approval"}]}
    asked = await ask(
        "post", "/registrations", {"model": MODEL, "run_id": kept["id"], "registration": waiting}
    )
    assert (asked.status, asked.body["state"]) == (202, "queued")
    await in_state(ask, asked.body["id"], "awaiting_approval")
    decided = await ask(
        "post", f"/registrations/{asked.body['id']}/decision", {"approve": True, "comment": "Fair."}
    )
    assert (decided.status, decided.body["decision"], decided.body["comment"]) == (200, "approved", "Fair.")
    promoted = await in_state(ask, asked.body["id"], "promoted")
    assert promoted["version"] == "3" and promoted["decided_by"]
    second: Answered = await ask("post", f"/registrations/{asked.body['id']}/decision", {"approve": False})
    assert (second.status, second.code) == (409, "conflict")


SOUND = {"kind": "metric", "metric": "accuracy", "min": 1}
UNSOUND = {"kind": "metric", "metric": "accuracy", "min": "x"}


@pytest.mark.parametrize(
    ("registration", "field"),
    [
        ({"gates": [SOUND, UNSOUND]}, "registration.gates[1].min"),
        ({"gates": [{"kind": "no_such"}]}, "registration.gates[0].kind"),
        ({"gates": [{"kind": "approval"}]}, "registration.gates[0].before"),
        ({"alias": "v3"}, "registration.alias"),
    ],
)
async def test_a_registration_that_cannot_be_is_refused_by_its_field(
    ask: Ask, example: None, registration: dict[str, Any], field: str
) -> None:
    request = {"notebook": "train.ipynb", "register_model": MODEL, "registration": registration}
    said = await ask("post", "/runs", request)
    assert (said.status, said.body["field"]) == (422, field)
    of_nothing = {"model": MODEL, "run_id": "0" * 12, "registration": registration}
    assert (await ask("post", "/registrations", of_nothing)).body["field"] == field


async def test_a_plan_without_a_model_and_a_request_without_a_run_are_refused(
    ask: Ask, example: None
) -> None:
    nameless = await ask("post", "/runs", {"notebook": "train.ipynb", "registration": GATED})
    assert (nameless.status, nameless.body["field"]) == (422, "register_model")
    runless = await ask("post", "/registrations", {"model": MODEL})
    assert (runless.status, runless.body["field"]) == (422, "run_id")
    unknown = await ask("post", "/registrations", {"model": MODEL, "run_id": "0" * 12})
    assert (unknown.status, unknown.body["field"]) == (404, "run_id")
    nobody = await ask("get", "/registrations/000000000000")
    assert nobody.status == 404
    states = await ask("get", "/registrations", state="waiting")
    assert (states.status, states.body["field"]) == (422, "state")
