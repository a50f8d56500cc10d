"""The privacy page names every field that is kept: what is recorded and not listed there fails here."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from recorded_kernel import LOAD, StartKernel

from jupyter_mlops.capture import analysis
from jupyter_mlops.capture.journals import FACTS
from jupyter_mlops.capture.listener import rows
from jupyter_mlops.capture.options import SKIP_MAGIC, SKIP_TAG, VARIABLE, CaptureOptions
from jupyter_mlops.capture.redaction import REDACTED
from jupyter_mlops.capture.retention import RETENTION
from jupyter_mlops.interface.history import COLUMNS
from jupyter_mlops.store.tables import CellExecution, JournalOffset, KernelSession, Recording, Source

PAGE = Path(__file__).parents[2] / "docs" / "privacy.md"
EVERYTHING = """
import numpy as np, pandas as pd, warnings
np.random.seed(3)
frame = pd.DataFrame({"a": [1, 2]})
open("kept.txt", "w").write("x")
print("out"); display(frame)
"""


@pytest.fixture(scope="module")
def named() -> set[str]:
    """What the page has in backticks."""
    return set(re.findall(r"`([^`]+)`", PAGE.read_text("utf-8")))


@pytest.mark.parametrize("table", [KernelSession, CellExecution, Source, Recording, JournalOffset])
def test_every_column_is_on_the_page(named: set[str], table: Any) -> None:
    assert {column.name for column in table.__table__.columns} - named == set()


def test_every_field_of_an_answer_is_on_the_page(named: set[str]) -> None:
    assert set(COLUMNS) - named == set()


def test_every_fact_is_on_the_page(named: set[str]) -> None:
    of_text, of_the_listener = facts_of(analysis), facts_of(rows)
    assert "seeds" in of_text
    assert "closed_by" in of_the_listener
    assert {*FACTS, *of_text, *of_the_listener} - named == set()


def facts_of(module: Any) -> set[str]:
    """The names that a module gives to facts: `facts["name"] = …`, and the keys of dicts."""
    found = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "facts":
            found.add(ast.literal_eval(node.slice))
        elif isinstance(node, ast.Dict):
            found |= {key.value for key in node.keys if isinstance(key, ast.Constant)}
    return found - {"call", "seed"}  # the parts of a seed


def test_every_key_of_a_real_kernels_journal_is_on_the_page(
    start_kernel: StartKernel, named: set[str]
) -> None:
    kernel = start_kernel(JUPYTER_MLOPS_ROOT="/", JUPYTER_MLOPS_NOTEBOOK="/nb.ipynb")
    kernel.run(LOAD)
    assert kernel.run(EVERYTHING, cellId="one", tags=["t"]).reply["status"] == "ok"
    kernel.run("1 / 0", cellId="two")
    lines = kernel.lines()
    keys = {key for line in lines for key in line} | {key for line in lines for key in line.get("git") or ()}
    assert {"source", "frames", "files", "imports", "error", "traceback"} <= keys
    assert keys - named == set()


def test_every_way_to_switch_it_off_is_on_the_page(named: set[str]) -> None:
    assert {field.name for field in fields(CaptureOptions)} - named == set()
    text = PAGE.read_text("utf-8")
    for word in (SKIP_TAG, SKIP_MAGIC, f"{VARIABLE}=off", RETENTION, REDACTED, "%mlops off"):
        assert word in text
