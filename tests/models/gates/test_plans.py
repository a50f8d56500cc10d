"""Plans as people write them: found good, or refused with the field that is at fault."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_mlops import plugins
from jupyter_mlops.errors import BadInputError
from jupyter_mlops.models.gates import registry
from jupyter_mlops.models.gates.registry import gate_kinds, parse_gate_text, parse_plan
from jupyter_mlops.models.plan import GateSpec, RegistrationPlan


def test_an_empty_plan_is_the_plan_of_defaults() -> None:
    assert parse_plan({}) == RegistrationPlan()


def test_a_plan_comes_back_from_what_is_stored_of_it() -> None:
    plan = parse_plan(
        {
            "logged_model": "forest",
            "alias": "champion",
            "candidate": None,
            "gates": [
                {"kind": "metric", "metric": "accuracy", "min": 0.9},
                {"kind": "metric", "metric": "loss", "max": 1, "before": "promote"},
                "approval",
            ],
        }
    )
    assert [gate.before for gate in plan.gates] == ["register", "promote", "promote"]
    assert parse_plan(plan.as_dict()) == plan


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"alais": "champion"}, "registration.alais"),
        ({"alias": "latest"}, "registration.alias"),
        ({"alias": "v3"}, "registration.alias"),
        ({"alias": "the best"}, "registration.alias"),
        ({"alias": "previous"}, "registration.alias"),
        ({"logged_model": " "}, "registration.logged_model"),
        ({"gates": "approval"}, "registration.gates"),
        ({"gates": [3]}, "registration.gates[0].kind"),
        ({"gates": [{"kind": "metrics"}]}, "registration.gates[0].kind"),
        ({"gates": [{"kind": "metric"}]}, "registration.gates[0].metric"),
        ({"gates": [{"kind": "metric", "metric": "a"}]}, "registration.gates[0].min"),
        ({"gates": [{"kind": "metric", "metric": "a", "min": "x"}]}, "registration.gates[0].min"),
        ({"gates": [{"kind": "metric", "metric": "a", "min": True}]}, "registration.gates[0].min"),
        ({"gates": [{"kind": "metric", "metric": "a", "min": float("nan")}]}, "registration.gates[0].min"),
        ({"gates": [{"kind": "metric", "metric": "a", "mim": 1}]}, "registration.gates[0].mim"),
        ({"gates": [{"kind": "metric", "metric": "a", "min": 2, "max": 1}]}, "registration.gates[0].max"),
        (
            {"gates": [{"kind": "metric", "metric": "a", "min": 1, "before": "x"}]},
            "registration.gates[0].before",
        ),
        (
            {"alias": "champion", "gates": ["metric:a>=1", {"kind": "approval", "before": "register"}]},
            "registration.gates[1].before",
        ),
        ({"gates": ["approval"]}, "registration.gates[0].before"),
        ({"gates": ["metric:a>0.9"]}, "registration.gates[0].gate"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInputError) as refused:
        parse_plan(given)
    assert refused.value.field == field


def test_a_slip_of_the_pen_is_understood() -> None:
    with pytest.raises(BadInputError) as refused:
        parse_plan({"gates": [{"kind": "metrik"}]})
    assert refused.value.hint == "Did you mean metric?"


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("metric:accuracy>=0.9", {"metric": "accuracy", "min": 0.9}),
        ("metric: val loss <= 3e-1", {"metric": "val loss", "max": 0.3}),
        ("metric:accuracy=0.5..0.99", {"metric": "accuracy", "min": 0.5, "max": 0.99}),
        ("metric:metric=accuracy,min=0.9", {"metric": "accuracy", "min": 0.9}),
        ('{"kind": "metric", "metric": "a,b", "min": 1}', {"metric": "a,b", "min": 1}),
    ],
)
def test_a_gate_is_written_in_one_word(text: str, options: dict[str, Any]) -> None:
    assert parse_gate_text(text) == GateSpec("metric", "register", options)


def test_what_it_is_before_is_an_option_of_the_word() -> None:
    assert parse_gate_text("metric:accuracy>=0.9,before=promote").before == "promote"


@given(st.text(max_size=40))
def test_any_text_is_a_gate_or_is_refused(text: str) -> None:
    try:
        assert parse_gate_text(text).kind in gate_kinds()
    except BadInputError as refused:
        assert refused.field


class LuckyGate:
    """A kind of another package's: it inherits nothing of ours."""

    kind = "lucky"
    summary = "Passes whatever it is shown."
    before = "register"
    steps = ("register", "promote")
    options = {"type": "object"}

    def check(self, options: dict[str, Any]) -> dict[str, Any]:
        return dict(options)

    def judge(self, case: Any) -> Any:
        return "passed"


class NoGate:
    kind = "no_gate"


def test_other_packages_bring_kinds_and_a_broken_one_spoils_none(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        EntryPoint("lucky", f"{__name__}:LuckyGate", registry.ENTRY_POINTS),
        EntryPoint("no_gate", f"{__name__}:NoGate", registry.ENTRY_POINTS),
        EntryPoint("gone", "no.such.module:Gate", registry.ENTRY_POINTS),
        EntryPoint("metric", f"{__name__}:LuckyGate", registry.ENTRY_POINTS),
    ]
    monkeypatch.setattr(plugins, "entry_points", lambda group: points)
    gate_kinds.cache_clear()
    try:
        assert parse_gate_text("lucky:odds=7") == GateSpec("lucky", "register", {"odds": 7})
        assert not {"no_gate", "gone"} & set(gate_kinds())
        assert gate_kinds()["metric"].summary != LuckyGate.summary
    finally:
        gate_kinds.cache_clear()
