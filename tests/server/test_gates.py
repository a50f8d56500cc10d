"""The kinds of gates, for the form that plans a registration."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

from jupyter_mlops.models.gates.registry import parse_gate

GIVEN: dict[str, dict[str, Any]] = {
    "metric": {"metric": "accuracy", "min": 0.9},
    "better_than_champion": {"metric": "accuracy"},
    "no_slice_regression": {"metric": "accuracy", "columns": ["island"]},
    "latency": {"p95_ms": 50},
    "size": {"max_mb": 100},
    "data": {"columns": {"sex": "text"}},
    "python": {"callable": "checks.py:is_fair", "arguments": {"gap": 0.1}},
}


async def test_each_kind_comes_with_a_schema_of_what_it_takes(ask) -> None:
    said = await ask("get", "/gates")
    kinds = {kind["kind"]: kind for kind in said.body["items"]}
    assert set(GIVEN) | {"signature", "smoke", "clean", "approval"} == set(kinds)
    for kind, described in kinds.items():
        Draft202012Validator.check_schema(described["options"])
        options = GIVEN.get(kind, {})
        assert Draft202012Validator(described["options"]).is_valid(options)
        assert parse_gate({"kind": kind, **options}).options == options
        assert not Draft202012Validator(described["options"]).is_valid({"nonsense": 1})
