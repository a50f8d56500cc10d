"""Executions of a job run whose kernel cannot record itself, by what the run's engine knows of them."""

from __future__ import annotations

import hashlib
import os
import socket
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.capture.batch import note_changes
from jupyter_mlops.capture.listener.cell_run import CellRun
from jupyter_mlops.capture.listener.messages import Heard, Moment
from jupyter_mlops.capture.listener.privacy import Privacy
from jupyter_mlops.capture.listener.rows import insert_run
from jupyter_mlops.store.tables import KernelSession, Run

ENGINE = "engine"
_PENDING = "pending"


def records_from_run(
    session: Session,
    run: Run,
    attempt_id: str,
    notebook: Any,
    *,
    kernel_died: bool,
    privacy: Privacy | None = None,
) -> int:
    """Write one execution for each code cell that an attempt executed, if its kernel recorded none.

    A kernel that records is left alone, as a cell that it left out may be one that is not to be recorded.

    Args:
        session: the caller's transaction.
        run: the job run.
        attempt_id: which attempt at it; the same attempt is written once.
        notebook: as executed by our papermill engine, with papermill's metadata.
        kernel_died: whether a cell without an end was running when its kernel died; else it was interrupted.
        privacy: what is left out; by default what this process's environment says.

    Returns:
        the number of executions written.
    """
    privacy = privacy or Privacy(os.environ)
    if session.scalars(select(KernelSession.id).where(KernelSession.attempt_id == attempt_id)).first():
        return 0
    runs = [_read_cell(cell, place, privacy, kernel_died) for place, cell in enumerate(notebook.cells)]
    executed = [found for found in runs if found is not None and privacy.wants(found)]
    if not executed:
        return 0
    row = _session_row(run, attempt_id, notebook, executed)
    session.add(row)
    session.flush()
    for seq, found in enumerate(executed, start=1):
        found.seq = seq
        written = insert_run(session, row, found, recorded_by=ENGINE, keeps_text=privacy.keeps_text)
        written.msg_id = None  # it was asked for by a request that nobody saw
    note_changes(session, [(run.root, run.notebook)])
    return len(executed)


def _session_row(run: Run, attempt_id: str, notebook: Any, executed: list[CellRun]) -> KernelSession:
    spec = notebook.metadata.get("kernelspec", {})
    started = [found.started.wall for found in executed if found.started is not None]
    ended = [found.ended.wall for found in executed if found.ended is not None]
    return KernelSession(
        id=hashlib.blake2b(attempt_id.encode(), digest_size=16).hexdigest(),
        root=run.root,
        notebook=run.notebook,
        run_id=run.id,
        attempt_id=attempt_id,
        runner="job",
        host=socket.gethostname(),
        started_at=min(started),
        ended_at=max(ended, default=None),
        facts={"recorded_by": ENGINE, "kernel_name": spec.get("name"), "language": spec.get("language")},
    )


def _read_cell(cell: Any, place: int, privacy: Privacy, kernel_died: bool) -> CellRun | None:
    """The execution of a cell; None when it has no code, or was not executed."""
    told = cell.metadata.get("papermill", {})
    is_executed = told.get("status", _PENDING) != _PENDING and told.get("start_time")
    if cell.cell_type != "code" or not cell.source.strip() or not is_executed:
        return None
    code = privacy.clean_heard(_heard("execute_input", {"code": cell.source})).content["code"]
    run = CellRun(
        msg_id=str(place),
        client=ENGINE,
        code=code,
        cell_id=cell.get("id"),
        tags=tuple(cell.metadata.get("tags", ())),
        execution_count=cell.get("execution_count"),
        started=_moment(told["start_time"]),
        status="running",
        seq=place + 1,
    )
    for output in cell.get("outputs", ()):
        heard = privacy.clean_heard(_heard(output.output_type, dict(output)))
        if heard.kind == "error":
            run.fail(heard.content)
        else:
            run.note(heard)
    ended = _moment(told.get("end_time"))
    if run.error_name is None and told["status"] != "completed":
        run.close("kernel_died" if kernel_died else "interrupted", ended)
    else:
        run.end(ended)
    return run


def _heard(kind: str, content: dict[str, Any]) -> Heard:
    return Heard(kind, "", ENGINE, content)


def _moment(text: str | None) -> Moment:
    """A time of papermill's (ISO 8601); now, when it has none."""
    wall = datetime.fromisoformat(text) if text else datetime.now(timezone.utc)
    wall = wall if wall.tzinfo else wall.replace(tzinfo=timezone.utc)
    return Moment(wall, wall.timestamp())
