"""The MLflow run of this very process: started and ended by MLflow's own functions, so that plain
`mlflow` calls in the notebook and ours see the same one.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_mlops.config import Settings, hide_password
from jupyter_mlops.errors import ConflictError, TrackingUnavailableError
from jupyter_mlops.tracking.client import ensure_experiment, make_client, tracking_failures
from jupyter_mlops.tracking.probe import check_tracking, is_server

if TYPE_CHECKING:
    from mlflow.entities import Run


class LoggedValues(Protocol):
    """Values by what becomes of them; artifacts by their file names."""

    metrics: dict[str, float]
    params: dict[str, str]
    texts: dict[str, str]
    figures: dict[str, Any]
    images: dict[str, Any]
    tables: dict[str, dict[str, list[Any]]]
    files: dict[str, Path]


_CHOSEN_EXPERIMENT = ("MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID")


@dataclass(frozen=True)
class StartedRun:
    """An MLflow run of this process.

    Attributes:
        experiment: the experiment's name.
        url: its page in MLflow's UI, None when the tracking server has none of its own.
    """

    run_id: str
    name: str
    experiment: str
    url: str | None


def use_tracking(settings: Settings) -> str:
    """Have this process's MLflow log where it was told to, else where the settings say; returns the URI.

    Raises:
        TrackingUnavailableError: the tracking server does not answer.
    """
    import mlflow

    if not mlflow.is_tracking_uri_set():
        for name, value in settings.process_environment().items():
            if name == "_MLFLOW_SERVER_ARTIFACT_ROOT":
                os.environ.setdefault(name, value)
        settings.make_folders()
        mlflow.set_tracking_uri(settings.tracking_uri)
    uri = str(mlflow.get_tracking_uri())
    check_tracking(uri)
    return uri


def start(
    uri: str, experiment: str | None, name: str | None, tags: Mapping[str, str], *, nested: bool = False
) -> StartedRun:
    """Start a run, in the experiment named, which is made if there is none of that name.

    Args:
        uri: of the tracking server, as `use_tracking` gave it.
        experiment: None for the one that the notebook chose in MLflow, else MLflow's default.
        name: None for one of MLflow's own making.
        tags: of the user's.
        nested: inside the active run.

    Raises:
        TrackingUnavailableError: the tracking server refuses or does not answer.
    """
    import mlflow

    try:
        client = make_client(uri)
        chosen = None if experiment is None else ensure_experiment(client, experiment)
        run = mlflow.start_run(experiment_id=chosen, run_name=name, nested=nested, tags=dict(tags))
        found = client.get_experiment(run.info.experiment_id)
    except tracking_failures() as error:
        raise _unavailable(uri, "start a run", error) from error
    run_id, experiment_id = str(run.info.run_id), str(run.info.experiment_id)
    return StartedRun(run_id, str(run.info.run_name), str(found.name), run_url(uri, run_id, experiment_id))


def has_chosen_experiment() -> bool:
    """Whether the notebook, or who started its kernel, has chosen an experiment in MLflow."""
    fluent = sys.modules.get("mlflow.tracking.fluent")
    chosen = getattr(fluent, "_active_experiment_id", None)
    return chosen is not None or any(os.environ.get(name) for name in _CHOSEN_EXPERIMENT)


def describe(run: Run) -> StartedRun:
    """An active run, by what its tracking server says of its experiment.

    Raises:
        TrackingUnavailableError: the tracking server refuses or does not answer.
    """
    import mlflow

    uri, info = str(mlflow.get_tracking_uri()), run.info
    check_tracking(uri)
    try:
        experiment = make_client(uri).get_experiment(info.experiment_id)
    except tracking_failures() as error:
        raise _unavailable(uri, "tell about the run", error) from error
    url = run_url(uri, info.run_id, info.experiment_id)
    return StartedRun(info.run_id, str(info.run_name), str(experiment.name), url)


def end(status: str) -> None:
    """End the active run of this thread.

    Raises:
        TrackingUnavailableError: the tracking server did not hear of it; for this process it has ended.
    """
    import mlflow

    if mlflow.active_run() is None:
        raise ConflictError(
            "The MLflow run was started in another thread of this kernel, which alone can end it.",
            hint="End it where it was started, or restart the kernel.",
        )
    try:
        mlflow.end_run(status)
    except tracking_failures() as error:
        uri = str(mlflow.get_tracking_uri())
        raise _unavailable(uri, "end the run, which stays RUNNING there", error) from error


def log(run_id: str, values: LoggedValues, step: int) -> None:
    """Log to a run what `experiments.values` has sorted.

    Raises:
        ConflictError: MLflow refuses, as it does when a param would change.
        TrackingUnavailableError: the tracking server does not answer.
    """
    import mlflow
    from mlflow.entities import Metric, Param

    uri, now_ms = str(mlflow.get_tracking_uri()), time.time_ns() // 10**6
    check_tracking(uri)
    client = make_client(uri)
    try:
        client.log_batch(
            run_id,
            metrics=[Metric(name, value, now_ms, step) for name, value in values.metrics.items()],
            params=[Param(name, value) for name, value in values.params.items()],
        )
        for name, text in values.texts.items():
            client.log_text(run_id, text, name)
        for name, figure in values.figures.items():
            client.log_figure(run_id, figure, name)
        for name, image in values.images.items():
            client.log_image(run_id, image, name)
        for name, table in values.tables.items():
            client.log_table(run_id, table, name)
        for path in values.files.values():
            log_path = client.log_artifacts if path.is_dir() else client.log_artifact
            log_path(run_id, str(path), path.name if path.is_dir() else None)
    except tracking_failures() as error:
        raise ConflictError(
            f"MLflow refuses: {_first_line(error)}",
            hint="A param keeps its value in its run: log what changes as a number, or start another run.",
        ) from error


def set_tag(run_id: str, name: str, value: str) -> None:
    """Set a tag of a run.

    Raises:
        ConflictError: MLflow refuses.
        TrackingUnavailableError: the tracking server does not answer.
    """
    import mlflow

    uri = str(mlflow.get_tracking_uri())
    check_tracking(uri)
    try:
        make_client(uri).set_tag(run_id, name, value)
    except tracking_failures() as error:
        raise ConflictError(f"MLflow refuses: {_first_line(error)}") from error


def autolog(uri: str, experiment: str | None, *, disable: bool, **options: Any) -> None:
    """Switch MLflow's autologging, with an experiment for the runs that it makes.

    Raises:
        TrackingUnavailableError: the tracking server refuses or does not answer.
    """
    import mlflow

    try:
        if experiment is not None:
            mlflow.set_experiment(experiment_id=ensure_experiment(make_client(uri), experiment))
        mlflow.autolog(disable=disable, **options)
    except tracking_failures() as error:
        raise _unavailable(uri, "choose the experiment", error) from error


def status_of(run_id: str) -> str:
    """How a run stands, by its tracking server.

    Raises:
        TrackingUnavailableError: the tracking server refuses or does not answer.
    """
    import mlflow

    uri = str(mlflow.get_tracking_uri())
    try:
        return str(make_client(uri).get_run(run_id).info.status)
    except tracking_failures() as error:
        raise _unavailable(uri, "tell about the run", error) from error


def run_url(uri: str, run_id: str, experiment_id: str) -> str | None:
    """A run's page on an HTTP tracking server; None elsewhere, and where it would show a password."""
    if not is_server(uri) or "@" in uri:
        return None
    return f"{uri.rstrip('/')}/#/experiments/{experiment_id}/runs/{run_id}"


def _unavailable(uri: str, what: str, error: Exception) -> TrackingUnavailableError:
    return TrackingUnavailableError(
        f"MLflow at {hide_password(uri)} could not {what}: {_first_line(error)}",
        field="tracking_uri",
        hint="%mlops status shows the tracking server in use; MLFLOW_TRACKING_URI chooses another.",
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
