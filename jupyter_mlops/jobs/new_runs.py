"""The rows of new runs: from a request found good, once for each idempotency key."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.errors import BadInputError, ConflictError
from jupyter_mlops.ids import new_id
from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.jobs.prepare import PreparedRun
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store.tables import Job, Run

MAX_KEY_CHARS = 200


def _priority(job: Job, prepared: PreparedRun) -> int:
    """What was asked for this run; without that, what holds for its job."""
    return prepared.priority if prepared.priority is not None else Policies.of(job.policies or {}).priority


def find_by_key(session: Session, root: Path, request: RunRequest) -> Run | None:
    """The run that this very request has made before, by its idempotency key.

    Raises:
        BadInputError: the key cannot be one.
        ConflictError: the key was used for another request.
    """
    if (key := request.idempotency_key) is None:
        return None
    if not 1 <= len(key) <= MAX_KEY_CHARS or not key.isprintable():
        raise BadInputError(
            f"{key[:40]!r} cannot be an idempotency key.",
            field="idempotency_key",
            hint=f"Give 1 to {MAX_KEY_CHARS} printable characters.",
        )
    run = session.scalars(select(Run).where(Run.root == str(root), Run.idempotency_key == key)).one_or_none()
    if run is not None and run.cause.get("fingerprint") != request.fingerprint:
        raise ConflictError(
            f"The idempotency key {key[:40]!r} was used for another request, of run {run.id}.",
            field="idempotency_key",
            hint="Use a new key for a new request.",
        )
    return run


def new_run(job: Job, prepared: PreparedRun, sha: str) -> Run:
    """A queued run of a job, not yet stored."""
    policies = {**(job.policies or {}), **prepared.policies}
    return Run(
        id=new_id(),
        root=prepared.root,
        job_id=job.id,
        job=job,
        snapshot_sha=sha,
        **prepared.columns_over(job),
        policies=policies,
        priority=_priority(job, prepared),
        executor=Policies.of(policies).executor,
        cause={"kind": "request"},
        state=RunState.QUEUED.value,
        created_at=datetime.now(timezone.utc),
        cells_done=0,
        metrics={},
        cancel_requested=False,
    )
