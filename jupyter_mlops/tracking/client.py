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
from jupyter_mlops.readable import with_full_stop

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

    from jupyter_mlops.tracking.telling import Telling

CELLS_ARTIFACT = "mlops/cells.jsonl"
MAX_PARAM_CHARS = 6000  # MLflow's own bound for a param's value
TOO_MANY_REQUESTS = 429
_REFUSALS = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "INVALID_STATE"}


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
        try:
            experiment_id = ensure_experiment(self.client, experiment)
            run = self.client.create_run(experiment_id, run_name=name, tags=dict(tags))
        except tracking_failures() as error:
            raise _not_started(error) from error
        return TrackedRun(run.info.run_id, experiment_id)

    def go_on(self, run: TrackedRun, tags: Mapping[str, str]) -> None:
        """Have an MLflow run that has ended go on, with tags of who goes on in it.

        Raises:
            TrackingUnavailableError: the tracking server refuses or does not answer.
        """
        try:
            self.client.update_run(run.run_id, status="RUNNING")
            for name, value in tags.items():
                self.client.set_tag(run.run_id, name, value)
        except tracking_failures() as error:
            raise _not_started(error) from error

    def tell(self, telling: Telling, *, is_late: bool = False) -> None:
        """Tell an MLflow run of its end; twice is the same as once.

        A param that the notebook logged itself is left as it is: MLflow refuses to change one.

        Args:
            telling: what.
            is_late: it may have been overtaken: of a run that ended again since, nothing is told.
        """
        from mlflow.entities import Param, RunTag

        if telling.attempt_id is not None and telling.status is not None:
            for left in self._search(telling.attempt_id, " and attributes.status = 'RUNNING'"):
                if left.info.run_id != telling.run_id:
                    self.client.set_terminated(left.info.run_id, telling.status, telling.at_ms)
        run = self.client.get_run(telling.run_id)
        if is_late and (run.info.end_time or 0) > telling.at_ms:
            return
        for path, folder in telling.files:
            if Path(path).exists():
                self.client.log_artifact(telling.run_id, path, folder)
        logged = run.data.params
        params = [
            Param(name, _as_param(value)) for name, value in telling.params.items() if name not in logged
        ]
        self.client.log_batch(
            telling.run_id, params=params, tags=[RunTag(*tag) for tag in telling.tags.items()]
        )
        if telling.records is not None:
            lines = "".join(json.dumps(record) + "\n" for record in telling.records)
            self.client.log_text(telling.run_id, lines, CELLS_ARTIFACT)
        if telling.status is not None:
            self.client.set_terminated(telling.run_id, telling.status, telling.at_ms)

    def runs_of_attempt(self, attempt_run: TrackedRun, attempt_id: str) -> list[Run]:
        """The attempt's own MLflow run, then those that its notebook started besides, oldest first."""
        own = self.client.get_run(attempt_run.run_id)
        others = self._search(attempt_id)
        return [own, *(run for run in others if run.info.run_id != attempt_run.run_id)]

    def _search(self, attempt_id: str, besides: str = "") -> list[Run]:
        """The MLflow runs that carry an attempt's tag, oldest first."""
        experiments = [experiment.experiment_id for experiment in self.client.search_experiments()]
        return list(
            self.client.search_runs(
                experiments,
                filter_string=f"tags.`mlops.attempt_id` = '{attempt_id}'{besides}",
                order_by=["attributes.start_time ASC"],
            )
        )


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


def is_refusal(error: Exception) -> bool:
    """Whether the tracking server will never take what it refused, as of a run that was deleted."""
    return getattr(error, "error_code", None) in _REFUSALS


def is_away(error: TrackingUnavailableError) -> bool:
    """Whether the tracking server may take later what it did not take: it was not there, or not well."""
    status_of = getattr(error.__cause__, "get_http_status_code", None)
    status = 503 if status_of is None else status_of()
    return bool(status >= 500 or status == TOO_MANY_REQUESTS)


def newest_metrics(runs: Iterable[Run]) -> dict[str, float]:
    """The metrics of several MLflow runs together, the last value of each; NaN and infinities left out."""
    metrics: dict[str, float] = {}
    for run in runs:
        metrics.update({name: value for name, value in run.data.metrics.items() if value - value == 0})
    return metrics


def _not_started(error: Exception) -> TrackingUnavailableError:
    return TrackingUnavailableError(
        with_full_stop(f"MLflow could not start a run: {_first_line(error)}"),
        field="tracking_uri",
        hint="See `jupyter mlops doctor` for the tracking server in use.",
    )


def _as_param(value: Any) -> str:
    text = json.dumps(value) if isinstance(value, (list, dict)) else str(value)
    return text[:MAX_PARAM_CHARS]


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
