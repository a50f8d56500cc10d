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
        cells = read_code_cells(document or b"")
    except InvalidNotebookError as error:
        why = error.message if document else "The notebook's file is not known."
        return {"mlops.clean.reasons": why}
    sentences = [reason.sentence for reason in judge_run(records, cells).reasons]
    if _ran_unsaved(records, cells, saved_at):
        sentences.append("The notebook was saved last before some of its cells ran.")
    if skipped:
        sentences.append(
            "One cell was not recorded." if skipped == 1 else f"{skipped} cells were not recorded."
        )
    tags = {"mlops.clean": str(not sentences).lower()}
    return {**tags, "mlops.clean.reasons": " ".join(sentences)} if sentences else tags


def judge_run(records: Sequence[Record], cells: Sequence[CodeCell]) -> SessionState:
    """Judge a session as it stood when an MLflow run of it ended.

    What stands below the last cell that ran is left out: the run does not hang on it.
    """
    keys, ran = cell_keys(records, cells), {record["cell_key"] for record in records}
    count = max((number for number, key in enumerate(keys, 1) if key in ran), default=0)
    return judge_records(records, cells[:count])


def judge_records(records: Sequence[Record], cells: Sequence[CodeCell]) -> SessionState:
    """Judge a session, by its cell executions and the notebook's code cells as they are saved."""
    in_order = sorted(records, key=lambda record: record["seq"])
    redact = Redactor(os.environ).source
    document = [
        DocumentCell(key, hash_source(redact(cell.source)))
        for key, cell in zip(cell_keys(records, cells), cells, strict=True)
        if cell.source.strip()
    ]
    fresh = not in_order or in_order[0]["execution_count"] in (None, 1)
    return judge_session(document, map(_execution, in_order), fresh_kernel=fresh)


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


def _ran_unsaved(records: Sequence[Record], cells: Sequence[CodeCell], saved_at: float) -> bool:
    """Whether a text ran that is not in the notebook, which was saved before: it may be in the editor."""
    redact = Redactor(os.environ).source
    saved = {hash_source(redact(cell.source)) for cell in cells}
    return any(
        record["source_sha"] not in saved
        and datetime.fromisoformat(record["started_at"]).timestamp() > saved_at
        for record in records
    )


def _execution(record: Record) -> Execution:
    return Execution.of(
        analyse_cell(record["source"]),
        cell_key=record["cell_key"],
        seq=record["seq"],
        source_sha=record["source_sha"],
        status=record["status"],
    )
