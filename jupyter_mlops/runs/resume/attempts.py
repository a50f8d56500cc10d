"""What keeping and resuming kernels means for an attempt: which notebook client, and which MLflow run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from jupyter_mlops.config import Settings
from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.runs.attempt_tracking import AttemptTracking
from jupyter_mlops.runs.kernel_client import CellNotebookClient
from jupyter_mlops.runs.live.reporter import LiveReporter
from jupyter_mlops.runs.resume.clients import KeepingNotebookClient, ResumedNotebookClient
from jupyter_mlops.runs.resume.compare import executed_before_failure
from jupyter_mlops.runs.resume.hand_over import code_for
from jupyter_mlops.runs.resume.keeper import KEEPER, extend
from jupyter_mlops.runs.resume.offers import RESUMABLE_UNTIL, take_back, take_back_if_possible
from jupyter_mlops.runs.resume.records import KeptKernel, KeptKernels, kernel_gone
from jupyter_mlops.runs.resume.submission import resumes
from jupyter_mlops.runs.states import Reason
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Run
from jupyter_mlops.tracking.client import TrackedRun, Tracking
from jupyter_mlops.tracking.probe import check_tracking

ClientClass = Callable[..., Any]


def start_tracking(settings: Settings, store: Store, run: Run, attempt_id: str) -> AttemptTracking:
    """The attempt's MLflow run; a resumed run continues that of the run it resumes, as its kernel does.

    Raises:
        TrackingUnavailableError: the tracking server does not answer.
        ConflictError: the kernel of the resumed run is gone.
    """
    failed_id = resumes(run)
    if failed_id is None:
        return AttemptTracking.start(settings, run, attempt_id)
    kept = KeptKernels(settings).of_run(failed_id)
    with store.reading() as session:
        failed = session.get(Run, failed_id)
    if kept is None or failed is None or failed.mlflow_run_id is None:
        raise kernel_gone(failed_id)
    check_tracking(settings.tracking_uri)
    tracking = Tracking(settings.tracking_uri)
    tracked = TrackedRun(failed.mlflow_run_id, failed.mlflow_experiment_id or "0")
    tags = {
        "mlops.run_id": run.id,
        "mlops.job_id": run.job_id,
        "mlops.notebook": run.notebook,
        "mlops.snapshot_sha": run.snapshot_sha or "",
    }
    tracking.go_on(tracked, {**tags, "mlops.resumes": failed_id})
    return AttemptTracking(tracking, tracked, kept.attempt_id, tags)


def client_class(
    settings: Settings, store: Store, run: Run, attempt_id: str, number: int, live: LiveReporter
) -> ClientClass:
    """The notebook client for an attempt: one that keeps its kernel, one that goes on in a kept one, or ours.

    Raises:
        ConflictError: the kernel of the run that is to be resumed is gone.
    """
    policies = Policies.of(run.policies or {})
    keeps = policies.keep_kernel_s > 0 and not policies.retries(Reason.ERROR, number)
    failed_id = resumes(run)
    if failed_id is None and not keeps:
        return CellNotebookClient
    records = KeptKernels(settings)

    def tell(until: datetime | None) -> bool:
        if until is not None:
            live.note(**{RESUMABLE_UNTIL: until.isoformat()})
        return until is not None

    if failed_id is None:

        def keep(manager: Any, sockets: str | None) -> bool:
            gone = partial(take_back_if_possible, store)
            return tell(
                KEEPER.keep(settings, run.id, attempt_id, manager, sockets, policies.keep_kernel_s, gone)
            )

        return partial(KeepingNotebookClient, keep=keep)

    kept = records.of_run(failed_id)
    with store.reading() as session:
        failed = session.get(Run, failed_id)
    if kept is None or failed is None:
        raise kernel_gone(failed_id)
    take_back(store, failed_id)

    def keep_on(record: KeptKernel) -> bool:
        return keeps and tell(extend(records, record, run.id, policies.keep_kernel_s))

    return partial(
        ResumedNotebookClient,
        kept=kept,
        records=records,
        executed=executed_before_failure(failed),
        keep_on=keep_on,
        hand_over=code_for(run.id, attempt_id),
    )
