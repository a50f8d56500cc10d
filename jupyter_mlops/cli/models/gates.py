"""`jupyter mlops models gates`: the kinds of gates there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from jupyter_mlops.cli.options import json_option
from jupyter_mlops.cli.output import echo_json, print_facts, print_table


@click.command("gates")
@click.argument("kind", required=False)
@json_option
def gates_command(kind: str | None, as_json: bool) -> None:
    """List the kinds of gates; or say what one KIND takes.

    They are given by `--gate`, as 'metric:accuracy>=0.9', latency:p95_ms=50,rows=10 or approval.
    """
    from jupyter_mlops.models.gates.registry import describe_kinds, gate_named

    kinds = describe_kinds()
    if kind is not None:
        name = gate_named(kind).kind
        kinds = [one for one in kinds if one["kind"] == name]
    if as_json:
        echo_json({"items": kinds} if kind is None else kinds[0])
        return
    if kind is not None:
        print_facts(_in_full(kinds[0]))
        return
    print_table(
        ("Gate", "Before", "What it asks", "Options"),
        ((one["kind"], one["before"], one["summary"], _options(one["options"])) for one in kinds),
        "There are no gates.",
    )


def _options(schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    return ", ".join(f"{name}{'' if name in required else '?'}" for name in schema.get("properties", {}))


def _in_full(kind: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    yield "Gate", kind["kind"]
    yield "What it asks", kind["summary"]
    yield "Before", " or ".join(kind["steps"])
    required = kind["options"].get("required", ())
    for name, option in kind["options"].get("properties", {}).items():
        needed = "required" if name in required else "optional"
        default = f"; by default {option['default']}" if "default" in option else ""
        yield name, f"{needed}: {option.get('description', '')}{default}"
