"""An attempt's MLflow run: started before its kernel, closed at its end, its model registered."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from jupyter_mlops import __version__
from jupyter_mlops.capture.run_verdict import verdict_tags
from jupyter_mlops.config import Settings
from jupyter_mlops.runs.attempt_registration import register_model_of
from jupyter_mlops.runs.queue import Outcome
from jupyter_mlops.runs.resume.records import KeptKernels
from jupyter_mlops.runs.resume.submission import resumes
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store import Store
from jupyter_mlops.store.executions import records_of_kernel
from jupyter_mlops.store.tables import Run
from jupyter_mlops.tracking.client import TrackedRun, Tracking, newest_metrics, tracking_failures
from jupyter_mlops.tracking.origin import SNAPSHOT_VARIABLE, commit_tags
from jupyter_mlops.tracking.probe import check_tracking
from jupyter_mlops.tracking.telling import Telling
from jupyter_mlops.tracking.tellings import Tellings

log = logging.getLogger(__name__)
_MLFLOW_STATUS = {RunState.SUCCEEDED: "FINISHED", RunState.CANCELLED: "KILLED"}


class AttemptTracking:
    """The MLflow run of one attempt.

    Args:
        tracking: the tracking server.
        run: the MLflow run, already started.
        tags: what is said of the attempt on its MLflow run and on a model version it gives.
    """

    def __init__(self, tracking: Tracking, run: TrackedRun, attempt_id: str, tags: dict[str, str]) -> None:
        self.tracking = tracking
        self.run = run
        self.attempt_id = attempt_id
        self.tags = tags

    @classmethod
    def start(cls, settings: Settings, run: Run, attempt_id: str) -> AttemptTracking:
        """Start the attempt's MLflow run, in an experiment named after its job.

        Raises:
            TrackingUnavailableError: the tracking server does not answer.
        """
        check_tracking(settings.tracking_uri)
        tracking = Tracking(settings.tracking_uri)
        tags = {
            "mlops.run_id": run.id,
            "mlops.job_id": run.job_id,
            "mlops.notebook": run.notebook,
            "mlops.snapshot_sha": run.snapshot_sha or "",
        }
        source = {
            "mlflow.source.type": "NOTEBOOK",
            "mlflow.source.name": str(Path(run.root) / run.notebook),
            "mlops.attempt_id": attempt_id,
            "mlops.version": __version__,
            **{name: value for name, value in commit_tags(run.root, run.notebook).items() if value},
        }
        started = tracking.start_run(run.job.name, f"{run.job.name} {run.id}", {**tags, **source})
        return cls(tracking, started, attempt_id, tags)

    def kernel_environment(self) -> dict[str, str]:
        """What makes the notebook's first `mlflow.start_run()` continue this MLflow run."""
        return {
            "MLFLOW_RUN_ID": self.run.run_id,
            "JUPYTER_MLOPS_MLFLOW_RUN_ID": self.run.run_id,
            "MLFLOW_EXPERIMENT_ID": self.run.experiment_id,
            SNAPSHOT_VARIABLE: self.tags["mlops.snapshot_sha"],
        }

    def finish(
        self, run: Run, outcome: Outcome, store: Store, settings: Settings, stopped: Callable[[], bool]
    ) -> Outcome:
        """Close the MLflow run and register the model; answers with the outcome as it then is.

        A tracking server that fails here does not change how the notebook ended: it is told later.

        Args:
            run: the job run.
            outcome: how its notebook ended.
            store: where its cells are recorded, and its registration is kept.
            settings: whose tracking server it is.
            stopped: whether the run was cancelled meanwhile.
        """
        tellings = Tellings(settings)
        mlflow_runs: list[Any] = []
        try:
            if self._upload(run, store, tellings):
                mlflow_runs = self.tracking.runs_of_attempt(self.run, self.attempt_id)
                outcome = replace(outcome, metrics=newest_metrics(mlflow_runs))
        except tracking_failures():
            log.exception("the MLflow run %s could not be completed", self.run.run_id)
        if outcome.state is RunState.SUCCEEDED and run.register_model:
            ids = [one.info.run_id for one in mlflow_runs] or [self.run.run_id]
            outcome = register_model_of(run, outcome, store, settings, self.tags, ids, stopped)
        kept = KeptKernels(settings).of_kernel(self.attempt_id)
        self._close(run, outcome, tellings, self.attempt_id if kept is None else None)
        return outcome

    def _upload(self, run: Run, store: Store, tellings: Tellings) -> bool:
        executed: bytes | None = None
        files: list[tuple[str, str]] = []
        if run.output_path and Path(run.output_path).exists():
            files = [(run.output_path, "notebook")]
            executed = Path(run.output_path).read_bytes()
        with store.reading() as session:
            records = _records(session, run)
        return self._tell(tellings, tags=verdict_tags(records, executed), records=records, files=files)

    def _close(self, run: Run, outcome: Outcome, tellings: Tellings, gone: str | None) -> None:
        """End the MLflow run, and those that the kernel of the attempt `gone` has left running."""
        tags = {"mlops.state": outcome.state.value}
        if outcome.reason:
            tags["mlops.reason"] = outcome.reason
        status = _MLFLOW_STATUS.get(outcome.state, "FAILED")
        try:
            self._tell(tellings, status=status, params=run.parameters, tags=tags, attempt_id=gone)
        except Exception:  # the run's own end must not hang on its tracking
            log.exception("the MLflow run %s could not be closed", self.run.run_id)

    def _tell(self, tellings: Tellings, **what: Any) -> bool:
        heard = tellings.tell(Telling(self.run.run_id, self.tracking.uri, **what))
        if not heard:
            log.warning("the MLflow run %s is told when its tracking server is back", self.run.run_id)
        return heard


def _records(session: Session, run: Run) -> list[dict[str, Any]]:
    """What the attempt's kernel executed: for a run that was resumed, and by hand, before its own."""
    before = session.get(Run, failed_id) if (failed_id := resumes(run)) else None
    records = _records(session, before) if before is not None else []
    last = max((record["seq"] for record in records), default=0)
    own = records_of_kernel(session, run.id)
    return records + [{**record, "seq": last + record["seq"]} for record in own]
