"""Notebooks to test with: small ones made here, and a folder of real ones when there is one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from jupyter_mlops.notebooks.read import Notebook, read_notebook

MakeNotebook = Callable[..., Notebook]

PYTHON = {"name": "python3", "display_name": "Python 3", "language": "python"}


@pytest.fixture(scope="session")
def make_notebook() -> MakeNotebook:
    """Make a notebook in memory: the cell tagged `parameters`, if any, then other sources."""

    def make(parameters: str | None = None, *sources: str, **metadata: Any) -> Notebook:
        cells = [new_code_cell(source) for source in sources]
        if parameters is not None:
            cells.insert(0, new_code_cell(parameters, metadata={"tags": ["parameters"]}))
        node = new_notebook(cells=cells)
        node.metadata = metadata or {"kernelspec": PYTHON}
        return read_notebook(json.dumps(node).encode())

    return make


@pytest.fixture(scope="session")
def real_notebooks() -> Path:
    """The folder of real notebooks, with its index.tsv."""
    beside = Path(__file__).parents[3] / "shared" / "notebooks"
    folder = Path(os.environ.get("JUPYTER_MLOPS_NOTEBOOKS", beside))
    if not (folder / "index.tsv").is_file():
        pytest.skip("no folder of real notebooks (set JUPYTER_MLOPS_NOTEBOOKS)")
    return folder
