"""Rows to test with."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from jupyter_mlops.ids import new_id
from jupyter_mlops.runs import queue
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Attempt, Job, Run

ROOT = "/home/someone"


def add_job(store: Store, **columns: Any) -> Job:
    """A job, as `JobService` makes it."""
    now = datetime.now(timezone.utc)
    made = {
        "id": new_id(),
        "root": ROOT,
        "name": new_id(),
        "notebook": "train.ipynb",
        "parameters": {},
        "created_at": now,
        "updated_at": now,
    }
    job = Job(**{**made, **columns})
    with store.session() as session:
        session.add(job)
    return job


def queue_run(store: Store, job: Job, **columns: Any) -> Run:
    """A queued run of a job."""
    made = {
        "id": new_id(),
        "root": job.root,
        "job_id": job.id,
        "notebook": job.notebook,
        "snapshot_sha": "0" * 64,
        "parameters": job.parameters,
        "state": "queued",
        "created_at": datetime.now(timezone.utc),
        "cells_done": 0,
        "metrics": {},
        "cancel_requested": False,
    }
    run = Run(**{**made, **columns})
    with store.session() as session:
        queue.enqueue(session, run)
    return run


def claim(store: Store, now: datetime, worker_id: str = "worker") -> Attempt | None:
    with store.session() as session:
        return queue.claim_run(session, worker_id, now)


def run_now(store: Store, run: Run) -> Run:
    """The run as it is in the store now."""
    with store.reading() as session:
        return session.get_one(Run, run.id)


def attempt_now(store: Store, attempt: Attempt) -> Attempt:
    with store.reading() as session:
        return session.get_one(Attempt, attempt.id)
