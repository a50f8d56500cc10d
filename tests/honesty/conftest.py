"""The code cells of a folder of real notebooks, when there is one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def real_cells() -> list[str]:
    """The sources of the code cells of the real notebooks, of all languages and formats."""
    beside = Path(__file__).parents[3] / "shared" / "notebooks"
    folder = Path(os.environ.get("JUPYTER_MLOPS_NOTEBOOKS", beside))
    if not (folder / "index.tsv").is_file():
        pytest.skip("no folder of real notebooks (set JUPYTER_MLOPS_NOTEBOOKS)")
    return [source for path in sorted(folder.rglob("*.ipynb")) for source in _code(path)]


def _code(path: Path) -> list[str]:
    try:
        notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return []
    sheets = [notebook, *notebook.get("worksheets", [])]
    cells = [cell for sheet in sheets for cell in sheet.get("cells", []) if cell["cell_type"] == "code"]
    return ["".join(cell.get("source", cell.get("input", ""))) for cell in cells]
