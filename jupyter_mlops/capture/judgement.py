"""The one judge of a session: its cell executions, held against the notebook's code cells. No effects."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from jupyter_mlops.capture.cell_identity import PARAMETERS_TAG, hash_source
from jupyter_mlops.capture.redaction import Redactor
from jupyter_mlops.honesty import (
    CellNames,
    DocumentCell,
    Execution,
    SessionState,
    analyse_cell,
    judge_session,
)
from jupyter_mlops.notebooks.code_cells import CodeCell

Record = dict[str, Any]
"""A cell execution, as `CellExecution` in the REST schema."""

PYTHON = "python"


def judge_records(
    records: Sequence[Record], cells: Sequence[CodeCell], *, language: str = PYTHON
) -> SessionState:
    """Judge a session; the state's cells have the keys that `cell_keys` tells.

    Args:
        records: all its cell executions, in any order.
        cells: the notebook's code cells from the top; empty ones are passed over.
        language: of the kernel; of others than Python no names are known, only order and edits.
    """
    in_order = sorted(records, key=lambda record: record["seq"])
    redact = Redactor(os.environ).source
    document = [
        DocumentCell(key, hash_source(redact(cell.source)))
        for key, cell in zip(cell_keys(records, cells), cells, strict=True)
        if cell.source.strip()
    ]
    fresh = not in_order or in_order[0]["execution_count"] in (None, 1)
    return judge_session(document, _executions(in_order, language), fresh_kernel=fresh)


def cell_keys(records: Sequence[Record], cells: Sequence[CodeCell]) -> list[str]:
    """The keys that executions of the cells have: an id only where the kernel was told it."""
    redact = Redactor(os.environ).source
    ids = {record["cell_key"] for record in records if record["key_kind"] == "id"}
    shas = {record["cell_key"] for record in records if record["key_kind"] == "source"}
    keys = []
    for cell in cells:
        sha = hash_source(redact(cell.source))
        if PARAMETERS_TAG in cell.tags:
            keys.append(PARAMETERS_TAG)
        elif cell.cell_id is None or (cell.cell_id not in ids and sha in shas):
            keys.append(sha)
        else:
            keys.append(cell.cell_id)
    return keys


def _executions(records: Sequence[Record], language: str) -> list[Execution]:
    is_python = language.lower() == PYTHON
    texts = {record["source_sha"]: record["source"] or "" for record in records}
    names = {sha: analyse_cell(text) if is_python else CellNames(unknown=True) for sha, text in texts.items()}
    return [
        Execution.of(
            names[record["source_sha"]],
            cell_key=record["cell_key"],
            seq=record["seq"],
            source_sha=record["source_sha"],
            status=record["status"],
        )
        for record in records
    ]
