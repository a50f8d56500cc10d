"""The kinds of gates on the command line."""

from __future__ import annotations

import json

import pytest

from jupyter_mlops.cli import main
from jupyter_mlops.models.gates.registry import gate_kinds


def test_the_kinds_are_listed_with_what_each_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "gates", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["items"]
    assert [kind["kind"] for kind in listed] == list(gate_kinds())
    assert main(["models", "gates"]) == 0
    assert "metric, min?, max?" in capsys.readouterr().out


def test_one_kind_is_told_in_full_and_a_slip_of_the_pen_understood(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["models", "gates", "latency"]) == 0
    assert "by default 50" in capsys.readouterr().out
    assert main(["models", "gates", "latncy"]) == 2
    assert "Did you mean latency?" in capsys.readouterr().err
