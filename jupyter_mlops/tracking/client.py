"""Attempts and their MLflow runs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from filelock import FileLock
from sqlalchemy import make_url

from jupyter_mlops.errors import TrackingUnavailableError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

CELLS_ARTIFACT = "mlops/cells.jsonl"
MAX_PARAM_CHARS = 6000  # MLflow's own bound for a param's value


@dataclass(frozen=True)
class TrackedRun:
    """An MLflow run and the experiment that it is in."""

    run_id: str
    experiment_id: str


class Tracking:
    """One tracking server, spoken to through MLflow's client.

    Args:
        uri: the tracking URI; the registry is the same server's.
        patient: leave this process's MLflow its own patience, which a notebook's calls have as well.
    """

    def __init__(self, uri: str, *, patient: bool = False) -> None:
        if not patient:  # MLflow waits for minutes by default: some retries of 120 s each
            os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
            os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
            os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        self.uri = uri
        self.client = make_client(uri)

    def start_run(self, experiment: str, name: str, tags: Mapping[str, str]) -> TrackedRun:
        """Start an MLflow run for an attempt, in an experiment that is made if there is none of that name.

        Raises:
            TrackingUnavailableError: the tracking server refuses or does not answer.
        """
        from mlflow.exceptions import MlflowException

        try:
            experiment_id = ensure_experiment(self.client, experiment)
            run = self.client.create_run(experiment_id, run_name=name, tags=dict(tags))
        except (MlflowException, OSError) as error:
            raise TrackingUnavailableError(
                f"MLflow could not start a run: {_first_line(error)}",
                field="tracking_uri",
                hint="See `jupyter mlops doctor` for the tracking server in use.",
            ) from error
        return TrackedRun(run.info.run_id, experiment_id)

    def end_run(self, run_id: str, status: str, params: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        """End an attempt's MLflow run with what the runner knows.

        A param that the notebook logged itself is left as it is: MLflow refuses to change one.
        """
        from mlflow.entities import Param, RunTag

        logged = self.client.get_run(run_id).data.params
        new = [Param(name, _as_param(value)) for name, value in params.items() if name not in logged]
        self.client.log_batch(run_id, params=new, tags=[RunTag(*tag) for tag in tags.items()])
        self.client.set_terminated(run_id, status=status)

    def log_file(self, run_id: str, path: Path, folder: str) -> None:
        """Copy a file to the MLflow run's artifacts, under `folder`."""
        self.client.log_artifact(run_id, str(path), folder)

    def describe_run(
        self, run_id: str, tags: Mapping[str, str], records: Iterable[Mapping[str, Any]]
    ) -> None:
        """Tell a run of its notebook: tags, and its cell executions as `mlops/cells.jsonl`."""
        from mlflow.entities import RunTag

        self.client.log_batch(run_id, tags=[RunTag(*tag) for tag in tags.items()])
        self.client.log_text(run_id, "".join(json.dumps(record) + "\n" for record in records), CELLS_ARTIFACT)

    def runs_of_attempt(self, attempt_run: TrackedRun, attempt_id: str) -> list[Run]:
        """The attempt's own MLflow run, then those that its notebook started besides, oldest first."""
        own = self.client.get_run(attempt_run.run_id)
        experiments = [experiment.experiment_id for experiment in self.client.search_experiments()]
        others = self.client.search_runs(
            experiments,
            filter_string=f"tags.`mlops.attempt_id` = '{attempt_id}'",
            order_by=["attributes.start_time ASC"],
        )
        return [own, *(run for run in others if run.info.run_id != attempt_run.run_id)]


def make_client(uri: str) -> MlflowClient:
    """MLflow's client to a tracking server and its registry; an SQLite database is made at its first."""
    from mlflow import MlflowClient

    with _one_at_a_time(uri):
        return MlflowClient(tracking_uri=uri, registry_uri=uri)


def ensure_experiment(client: MlflowClient, name: str) -> str:
    """The id of the experiment of that name: made if there is none, restored if it was deleted."""
    from mlflow.entities import LifecycleStage
    from mlflow.exceptions import MlflowException

    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        try:
            return str(client.create_experiment(name))
        except MlflowException:  # another process made it in the meantime
            experiment = client.get_experiment_by_name(name)
            if experiment is None:
                raise
    if experiment.lifecycle_stage != LifecycleStage.ACTIVE:
        client.restore_experiment(experiment.experiment_id)
    return str(experiment.experiment_id)


def _one_at_a_time(uri: str) -> AbstractContextManager[object]:
    """MLflow makes and migrates an SQLite database where it opens it; two processes at that break it."""
    database = make_url(uri).database if urlsplit(uri).scheme == "sqlite" else None
    return FileLock(f"{database}.lock", mode=0o600) if database else nullcontext()


def tracking_failures() -> tuple[type[Exception], ...]:
    """What is raised when a tracking server refuses or does not answer."""
    from mlflow.exceptions import MlflowException

    return MlflowException, OSError


def newest_metrics(runs: Iterable[Run]) -> dict[str, float]:
    """The metrics of several MLflow runs together, the last value of each; NaN and infinities left out."""
    metrics: dict[str, float] = {}
    for run in runs:
        metrics.update({name: value for name, value in run.data.metrics.items() if value - value == 0})
    return metrics


def _as_param(value: Any) -> str:
    text = json.dumps(value) if isinstance(value, (list, dict)) else str(value)
    return text[:MAX_PARAM_CHARS]


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
