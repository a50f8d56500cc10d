"""The page on gates: every example in it is one that is understood, and it leaves no kind or option out."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from jupyter_mlops.jobs.definitions.definition import read_definitions
from jupyter_mlops.models.gates.registry import gate_kinds, parse_gate, parse_gate_text

PAGE = (Path(__file__).parents[3] / "docs" / "gates.md").read_text("utf-8")


def examples() -> list[Any]:
    """The gates of the indented blocks that are YAML lists."""
    blocks = re.findall(r"(?:^    .*\n(?:^\n)?)+", PAGE, re.MULTILINE)
    parts = [part for block in blocks for part in textwrap.dedent(block).split("\n\n")]
    return [gate for part in parts if part.startswith("- kind:") for gate in yaml.safe_load(part)]


@pytest.mark.parametrize("gate", examples(), ids=lambda gate: str(gate["kind"]))
def test_each_example_is_understood(gate: dict[str, Any]) -> None:
    parse_gate(gate)


def test_each_kind_has_an_example_and_a_row_with_all_its_options() -> None:
    assert {gate["kind"] for gate in examples()} == set(gate_kinds())
    for name, kind in gate_kinds().items():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| [`{name}`]"))
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[1] == f"`{kind.before}`"
        assert re.findall(r"`(\w+)`", cells[3]) == list(kind.options["properties"]), name
        assert f"### {name}\n" in PAGE


def test_each_short_text_is_understood() -> None:
    texts = set(re.findall(r"`(metric:[^`]+)`", PAGE)) | set(re.findall(r"--gate '?([^'\s]+)", PAGE))
    assert len(texts) >= 5
    for text in texts:
        parse_gate_text(text)


def test_the_file_of_jobs_is_read() -> None:
    block = next(part for part in re.findall(r"(?:^    .*\n)+", PAGE, re.MULTILINE) if "# jobs.yaml" in part)
    read_definitions(textwrap.dedent(block).encode(), "docs/gates.md")
