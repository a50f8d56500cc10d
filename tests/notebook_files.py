"""Notebooks written for a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

PYTHON = {"name": "python3", "display_name": "Python 3", "language": "python"}
WriteNotebook = Callable[..., Path]


def notebook_writer(folder: Path) -> WriteNotebook:
    """Writes notebooks into a folder: a name, the sources of its cells, `parameters="C = 1.0"`."""

    def write(name: str, *sources: str, parameters: str | None = None, **metadata: Any) -> Path:
        cells = [new_code_cell(source, id=f"cell-{index}") for index, source in enumerate(sources)]
        if parameters is not None:
            tagged = new_code_cell(parameters, id="parameters", metadata={"tags": ["parameters"]})
            cells.insert(0, tagged)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(new_notebook(cells=cells, metadata=metadata or {"kernelspec": PYTHON}), path)
        return path

    return write
