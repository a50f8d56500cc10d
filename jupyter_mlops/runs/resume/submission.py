"""Asking for a failed run to go on: a new run in the kept kernel, with the notebook as it is now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from jupyter_mlops.errors import ConflictError
from jupyter_mlops.jobs.new_runs import new_run
from jupyter_mlops.jobs.preflight.runs import FINDINGS
from jupyter_mlops.jobs.prepare import prepare_run
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.notebooks.read import read_notebook
from jupyter_mlops.runs import queue
from jupyter_mlops.runs.resume.compare import executed_before_failure, refuse_if_changed
from jupyter_mlops.runs.resume.records import KeptKernel, KeptKernels, kernel_gone
from jupyter_mlops.runs.states import Reason, RunState
from jupyter_mlops.runs.workers import ensure_worker
from jupyter_mlops.store.tables import Job, Run
from jupyter_mlops.store.turns import take_turns

if TYPE_CHECKING:
    from jupyter_mlops.jobs.service import JobService

RESUME = "resume"
"""The kind of such a run's cause."""


def resume_run(jobs: JobService, run_id: str) -> Run:
    """Queue a run that goes on from the cell at which another one failed, in the kernel of that one.

    Args:
        jobs: of the root that the run is under.
        run_id: the failed run, by its id or the start of it.

    Raises:
        NotFoundError: there is no such run.
        ConflictError: it did not fail by a cell; its kernel is gone (`kernel_gone`); a cell before the failed
            one was changed since (`cell_changed`); or it is being resumed already.
        BadInputError: the notebook can no longer be run.
    """
    failed = jobs.get_run(run_id)
    if failed.state != RunState.FAILED.value or failed.reason != Reason.ERROR or not failed.failed_cell:
        raise ConflictError(
            f"Run {failed.id} is {failed.state}; only one that failed by a cell can be resumed.",
            field="run",
        )
    kept = KeptKernels(jobs.settings).of_run(failed.id)
    if kept is None:
        raise kernel_gone(failed.id)
    request = RunRequest(
        failed.notebook,
        failed.job.name,
        failed.parameters,
        failed.kernel,
        failed.register_model,
        registration=failed.registration or {},
        environment=failed.environment or {},
    )
    prepared = prepare_run(request, jobs.root)
    refuse_if_changed(executed_before_failure(failed), read_notebook(prepared.content).node.cells)
    sha = prepared.keep_snapshot(jobs.settings)
    with jobs.store.session() as session:
        take_turns(session, "claim")
        for other in session.scalars(select(Run).where(Run.job_id == failed.job_id, Run.ended_at.is_(None))):
            if resumes(other) == failed.id:
                raise ConflictError(f"Run {other.id} resumes run {failed.id} already.", field="run")
        run = new_run(session.get_one(Job, failed.job_id), prepared, sha)
        run.policies, run.priority, run.executor = failed.policies, failed.priority, failed.executor
        run.environment = failed.environment
        run.tracking_uri = failed.tracking_uri
        run.cause = {"kind": RESUME, "run_id": failed.id, **({"worked_in": True} if kept.worked_in else {})}
        run.progress = {FINDINGS: []}  # its kernel has the modules, and what it read
        queue.enqueue(session, run)
    ensure_worker(jobs.store, jobs.settings)
    return run


def open_kernel(jobs: JobService, run_id: str) -> KeptKernel:
    """The kernel of a failed run, to be worked in by hand; the run that resumes in it will say so.

    Raises:
        NotFoundError: there is no such run.
        ConflictError: its kernel is gone, or another run goes on in it.
    """
    failed = jobs.get_run(run_id)
    records = KeptKernels(jobs.settings)
    kept = records.of_run(failed.id)
    if kept is None or records.claimed_by(kept.attempt_id) is not None:
        raise kernel_gone(failed.id)
    kept = replace(kept, worked_in=True)
    records.write(kept)
    return kept


def resumes(run: Run) -> str | None:
    """The run that this one resumes; None for every other run."""
    cause = run.cause or {}
    return cause.get("run_id") if cause.get("kind") == RESUME else None
