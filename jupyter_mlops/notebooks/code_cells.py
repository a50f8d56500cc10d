"""The code cells of a notebook file, read without nbformat, whose import takes a kernel too long."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from jupyter_mlops.errors import InvalidNotebookError


@dataclass(frozen=True)
class CodeCell:
    """A code cell as it is saved; `cell_id` is None before nbformat 4.5."""

    cell_id: str | None
    source: str
    tags: tuple[str, ...] = ()


def read_code_cells(data: bytes) -> list[CodeCell]:
    """The code cells of a notebook of nbformat 4, from the top.

    Raises:
        InvalidNotebookError: the bytes are no such notebook.
    """
    try:
        cells = json.loads(data)["cells"]
        return [_code_cell(cell) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidNotebookError(
            "The saved notebook is not one of nbformat 4.", field="notebook"
        ) from error


def _code_cell(cell: dict[str, Any]) -> CodeCell:
    tags = cell.get("metadata", {}).get("tags") or ()
    return CodeCell(cell.get("id"), "".join(cell["source"]), tuple(map(str, tags)))
