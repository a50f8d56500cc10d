"""Which MLflow runs used some data, as far as their notebooks' cells were recorded."""

from __future__ import annotations

import json
import os
from typing import Any

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from jupyter_mlops.store.tables import CellExecution
from jupyter_mlops.tracking.data_uses import is_meant

MAX_EXECUTIONS = 2000


def runs_reading(session: Session, data: str) -> list[str]:
    """The MLflow runs of the sessions in which a cell read a file, or held a frame, that is meant by `data`.

    Args:
        session: of the store.
        data: a path or its end, or the beginning of a frame's hash.
    """
    # As the column's text has it; a path in it may go over `..`, so only the end of one is looked for.
    part = json.dumps(data.rstrip("/").rpartition("/")[2])[1:-1]
    facts = cast(CellExecution.facts, String)
    query = (
        select(CellExecution.session_id, CellExecution.facts)
        .where(facts.contains(part, autoescape=True))
        .order_by(CellExecution.started_at.desc())
        .limit(MAX_EXECUTIONS)
    )
    sessions = {of for of, said in session.execute(query) if any(map(_meant(data), _data_in(said)))}
    if not sessions:
        return []
    logged = select(CellExecution.facts).where(
        CellExecution.session_id.in_(sessions), facts.contains('"run_ids"')
    )
    found = {
        run_id: None
        for said in session.scalars(logged)
        for run_id in ((said or {}).get("mlflow") or {}).get("run_ids", ())
    }
    return list(found)


def _meant(data: str) -> Any:
    return lambda entry: is_meant(data, entry)


def _data_in(facts: dict[str, Any]) -> list[dict[str, Any]]:
    files = [
        {"name": os.path.normpath(file["path"])} for file in facts.get("files", ()) if file["mode"] != "w"
    ]
    frames = [
        {"digest": frame["content_hash"]} for frame in facts.get("frames", ()) if frame.get("content_hash")
    ]
    return [*files, *frames]
