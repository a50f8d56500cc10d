"""Sessions that nobody listens to any more: their server was killed."""

from __future__ import annotations

import os
import socket
from datetime import datetime
from typing import Any

import psutil
from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.capture.batch import note_changes
from jupyter_mlops.capture.listener.rows import LISTENER, end_session, is_ours
from jupyter_mlops.store.tables import CellExecution, KernelSession

SAME_START_S = 5.0
"""Process start times are worked out from the machine's, and may differ a little between two readings."""


def this_server() -> dict[str, Any]:
    """What tells this process from another that gets its number later."""
    return {"pid": os.getpid(), "started": psutil.Process().create_time()}


def close_lost_sessions(session: Session) -> int:
    """End the sessions of servers of this machine that are gone, and what they left running.

    An execution ends with the last that was heard of it, as nobody knows more; the kernel of a killed
    server dies with it, or runs on with nobody to hear it.

    Returns:
        the number of executions closed.
    """
    open_here = select(KernelSession).where(
        KernelSession.ended_at.is_(None), KernelSession.host == socket.gethostname()
    )
    closed = 0
    for row in session.scalars(open_here):
        if is_ours(row) and not _lives(row.facts.get("server") or {}):
            closed += _close(session, row)
    return closed


def _close(session: Session, row: KernelSession) -> int:
    left = session.scalars(
        select(CellExecution).where(CellExecution.session_id == row.id, CellExecution.status == "running")
    ).all()
    last = row.started_at
    for execution in left:
        heard = execution.facts.get("heard_at")
        execution.status = "kernel_died"
        execution.ended_at = datetime.fromisoformat(heard) if heard else execution.started_at
        execution.facts = {**execution.facts, "closed_by": LISTENER}
        last = max(last, execution.ended_at)
    end_session(session, row.id, last)
    note_changes(session, {(execution.root, execution.notebook) for execution in left})
    return len(left)


def _lives(server: dict[str, Any]) -> bool:
    try:
        process = psutil.Process(int(server["pid"]))
        return bool(abs(process.create_time() - float(server["started"])) < SAME_START_S)
    except (psutil.NoSuchProcess, KeyError, TypeError, ValueError):
        return False
    except psutil.Error:
        return True
