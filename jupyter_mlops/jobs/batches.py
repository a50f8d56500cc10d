"""A matrix of parameters as job runs of one job, all of them queued or none."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.ids import new_id
from jupyter_mlops.jobs.combinations import expand_matrix
from jupyter_mlops.jobs.new_runs import new_run
from jupyter_mlops.jobs.overlap import enqueue_under_policies
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.runs import queue
from jupyter_mlops.runs.workers import ensure_worker
from jupyter_mlops.store.tables import Run


def submit_matrix(jobs: JobService, request: RunRequest, matrix: Mapping[str, Sequence[Any]]) -> list[Run]:
    """Queue a run for each combination of a matrix's values; they share a `batch_id`.

    Args:
        jobs: the root's.
        request: what all runs have in common.
        matrix: for each parameter's name the values that it takes; see `expand_matrix`.

    Raises:
        BadInputError: a value or the matrix makes no sense, or a key is given; nothing was stored.
        ConflictError: a job of that name runs another notebook.
        TrackingUnavailableError: the tracking server does not answer.
    """
    if request.idempotency_key is not None:
        raise BadInputError("A matrix takes no idempotency key.", field="idempotency_key")
    request = jobs.with_preset(request)
    wanted = [
        dataclasses.replace(request, parameters=values)
        for values in expand_matrix(matrix, request.parameters)
    ]
    prepared = [jobs.prepare(one) for one in wanted]
    sha = prepared[0].keep_snapshot(jobs.settings)
    batch_id = new_id()
    with jobs.store.session() as session:
        job = jobs.job_named(session, prepared[0])
        runs = [new_run(job, one, sha) for one in prepared]
        for index, run in enumerate(runs):
            run.batch_id, run.tracking_uri = batch_id, jobs.settings.kept_tracking_uri
            run.cause = {"kind": "matrix", "of": len(runs)}
            if index == 0:  # what holds for other runs of the job is none of its siblings' concern
                enqueue_under_policies(session, run, datetime.now(timezone.utc), requested=True)
            else:
                queue.enqueue(session, run)
    ensure_worker(jobs.store, jobs.settings)
    return runs
