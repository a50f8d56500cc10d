"""Which logged model and which MLflow run a registered version, or an id, stands for."""

from __future__ import annotations

from jupyter_mlops.config import hide_password
from jupyter_mlops.errors import NotFoundError
from jupyter_mlops.tracking.client import Tracking, tracking_failures
from jupyter_mlops.tracking.model_facts import find_version, logged_model_id


def has_run(uri: str, run_id: str) -> bool:
    """Whether a tracking server has an MLflow run."""
    try:
        Tracking(uri, patient=True).client.get_run(run_id)
    except tracking_failures():
        return False
    return True


def run_of_model(uri: str, model_id: str) -> str | None:
    """The MLflow run that logged a model, None for one that was logged outside of runs.

    Raises:
        NotFoundError: there is no such model.
    """
    try:
        run_id: str | None = Tracking(uri, patient=True).client.get_logged_model(model_id).source_run_id
    except tracking_failures() as error:
        raise _missing(uri, f"logged model {model_id!r}") from error
    return run_id


def model_of_version(uri: str, name: str, version: str) -> tuple[str, str | None]:
    """The logged model of a version, and the MLflow run that logged it.

    Args:
        uri: of the tracking server.
        name: of the registered model.
        version: its number, or `@` and an alias.

    Raises:
        NotFoundError: there is no such version, or it has no logged model.
    """
    found = find_version(Tracking(uri, patient=True).client, name, version)
    model_id = logged_model_id(found)
    if model_id is None:
        raise NotFoundError(
            f"Version {found.version} of {name!r} was made by an MLflow without logged models.",
            field="from",
            hint="Name the MLflow run that logged it.",
        )
    return model_id, found.run_id or None


def _missing(uri: str, what: str) -> NotFoundError:
    return NotFoundError(
        f"{hide_password(uri)} has no {what}.",
        field="from",
        hint="`jupyter mlops ui` opens MLflow; the sidebar lists the registered models.",
    )
