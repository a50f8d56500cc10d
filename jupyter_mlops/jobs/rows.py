"""Finding the rows of jobs and runs of one root, and telling that they changed."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.errors import NotFoundError
from jupyter_mlops.store import changes
from jupyter_mlops.store.tables import Job, Run


def live_job(session: Session, root: str, name: str) -> Job | None:
    """The job of a name, None when there is none that is not deleted."""
    return session.scalars(
        select(Job).where(Job.root == root, Job.name == name, Job.deleted_at.is_(None))
    ).one_or_none()


def job_of_root(session: Session, root: Path, job_id: str) -> Job:
    """A job of a root that is not deleted.

    Raises:
        NotFoundError: there is none of that id.
    """
    job = session.get(Job, job_id)
    if job is None or job.root != str(root) or job.deleted_at is not None:
        raise no_job(job_id)
    return job


def run_of_root(session: Session, root: Path, run_id: str) -> Run:
    """A run of a root, by its id or the start of it.

    Raises:
        NotFoundError: none, or more than one, starts so.
    """
    query = select(Run).where(Run.root == str(root), Run.id.startswith(run_id, autoescape=True)).limit(2)
    found = list(session.scalars(query)) if run_id else []
    if len(found) != 1:
        what = "More than one run's id starts" if found else "There is no run whose id starts"
        raise NotFoundError(
            f"{what} with {run_id!r} under {root}.", field="run", hint="`jupyter mlops runs` lists them."
        )
    return found[0]


def no_job(job_id: str) -> NotFoundError:
    """What is said where there is no such job."""
    return NotFoundError(f"There is no job {job_id!r}.", field="job", hint="`jupyter mlops jobs` lists them.")


def tell(session: Session, job: Job) -> None:
    """Note that a job has changed."""
    changes.record(session, "job", job.id, root=job.root, notebook=job.notebook)
