"""Whether what the cells of a session have made would come out of the notebook again. No effects."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from datetime import datetime

from jupyter_mlops.capture.cell_identity import hash_source
from jupyter_mlops.capture.judgement import PYTHON, Record, cell_keys, judge_records
from jupyter_mlops.capture.redaction import Redactor
from jupyter_mlops.errors import InvalidNotebookError
from jupyter_mlops.honesty import SessionState
from jupyter_mlops.notebooks.code_cells import CodeCell, read_code_cells


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
    judged = judge_run(records, cells, language=_language_of(document or b""))
    sentences = [reason.sentence for reason in judged.reasons]
    if _ran_unsaved(records, cells, saved_at):
        sentences.append("The notebook was saved last before some of its cells ran.")
    if skipped:
        sentences.append(
            "One cell was not recorded." if skipped == 1 else f"{skipped} cells were not recorded."
        )
    tags = {"mlops.clean": str(not sentences).lower()}
    return {**tags, "mlops.clean.reasons": " ".join(sentences)} if sentences else tags


def judge_run(
    records: Sequence[Record], cells: Sequence[CodeCell], *, language: str = PYTHON
) -> SessionState:
    """Judge a session as it stood when an MLflow run of it ended.

    What stands below the last cell that ran is left out: the run does not hang on it.
    """
    keys, ran = cell_keys(records, cells), {record["cell_key"] for record in records}
    count = max((number for number, key in enumerate(keys, 1) if key in ran), default=0)
    return judge_records(records, cells[:count], language=language)


def _language_of(document: bytes) -> str:
    """The language that a notebook says it is in; Python, if it does not."""
    metadata = json.loads(document).get("metadata") or {}
    said = (
        (metadata.get("language_info") or {}).get("name"),
        (metadata.get("kernelspec") or {}).get("language"),
    )
    return next((str(name) for name in said if name), PYTHON)


def _ran_unsaved(records: Sequence[Record], cells: Sequence[CodeCell], saved_at: float) -> bool:
    """Whether a text ran that is not in the notebook, which was saved before: it may be in the editor."""
    redact = Redactor(os.environ).source
    saved = {hash_source(redact(cell.source)) for cell in cells}
    return any(
        record["source_sha"] not in saved
        and datetime.fromisoformat(record["started_at"]).timestamp() > saved_at
        for record in records
    )
