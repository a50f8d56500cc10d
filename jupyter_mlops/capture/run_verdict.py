"""Whether what the cells of a session have made would come out of the notebook again. No effects."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from jupyter_mlops.capture.facts import PARAMETERS_TAG, hash_source
from jupyter_mlops.capture.redaction import Redactor
from jupyter_mlops.errors import InvalidNotebookError
from jupyter_mlops.honesty import DocumentCell, Execution, SessionState, analyse_cell, judge_session
from jupyter_mlops.notebooks.code_cells import CodeCell, read_code_cells

Record = dict[str, Any]
"""A cell execution, as `CellExecution` in the REST schema."""


def verdict_tags(
    records: Sequence[Record], document: bytes | None, saved_at: float = math.inf, *, skipped: int = 0
) -> dict[str, str]:
    """`mlops.clean` and `mlops.clean.reasons` of an MLflow run that has ended.

    Args:
        records: the cell executions of its session.
        document: the notebook as it is saved; None when nobody knows the file: then there are reasons only.
        saved_at: when that was, in seconds since the epoch.
        skipped: how many cells were not recorded, because somebody said so.
    """
    try:
        state = judge_records(records, read_code_cells(document or b""))
    except InvalidNotebookError as error:
        why = error.message if document else "The notebook's file is not known."
        return {"mlops.clean.reasons": why}
    sentences = [reason.sentence for reason in state.reasons]
    strays = any(reason.code in ("cell_deleted", "edited_after_run") for reason in state.reasons)
    if strays and any(_began_at(record) > saved_at for record in records):
        sentences.append("The notebook was saved last before some of its cells ran.")
    if skipped:
        sentences.append(f"Cells that were not recorded: {skipped}.")
    tags = {"mlops.clean": str(not sentences).lower()}
    return {**tags, "mlops.clean.reasons": " ".join(sentences)} if sentences else tags


def judge_records(records: Sequence[Record], cells: Sequence[CodeCell]) -> SessionState:
    """Judge a session as it stood when an MLflow run of it ended.

    Args:
        records: its cell executions.
        cells: the notebook's code cells as they are saved. What stands below the last cell that ran is left
            out: the run does not hang on it.
    """
    in_order = sorted(records, key=lambda record: record["seq"])
    document = _document(in_order, cells)
    ran = {record["cell_key"] for record in in_order}
    while document and document[-1].key not in ran:
        document.pop()
    fresh = not in_order or in_order[0]["execution_count"] in (None, 1)
    return judge_session(document, map(_execution, in_order), fresh_kernel=fresh)


def _document(records: Sequence[Record], cells: Sequence[CodeCell]) -> list[DocumentCell]:
    """The cells by the keys that their executions have: an id only where the kernel was told it."""
    redact = Redactor(os.environ).source
    ids = {record["cell_key"] for record in records if record["key_kind"] == "id"}
    shas = {record["cell_key"] for record in records if record["key_kind"] == "source"}
    document = []
    for cell in cells:
        if not cell.source.strip():
            continue
        sha = hash_source(redact(cell.source))
        key = cell.cell_id or sha
        if PARAMETERS_TAG in cell.tags:
            key = PARAMETERS_TAG
        elif key not in ids and sha in shas:
            key = sha
        document.append(DocumentCell(key, sha))
    return document


def _began_at(record: Record) -> float:
    return datetime.fromisoformat(record["started_at"]).timestamp()


def _execution(record: Record) -> Execution:
    return Execution.of(
        analyse_cell(record["source"]),
        cell_key=record["cell_key"],
        seq=record["seq"],
        source_sha=record["source_sha"],
        status=record["status"],
    )
