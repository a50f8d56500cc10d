"""What is to be registered, as people name it: a variable, a run, a logged model, another version."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_mlops.config import Settings, hide_password
from jupyter_mlops.errors import NotFoundError
from jupyter_mlops.tracking import logged_models
from jupyter_mlops.tracking.live_models.flavours import find_flavour
from jupyter_mlops.tracking.probe import check_tracking
from jupyter_mlops.tracking.registry import NoModelLoggedError
from jupyter_mlops.workspace import Workspace

_MODEL_ID = re.compile(r"(?:models:/)?(m-[0-9a-f]{32})")
_VERSION = re.compile(r"(?:models:/)?([^/@:]+)(?:/(\d+)|@([\w\-]+))")
_RUN = re.compile(r"(?:runs:/)?([0-9a-f]{32})(?:/(.+))?")
_WAYS = (
    "a variable of this notebook that holds a model, an MLflow run's id, a job run's id, a logged model "
    "(m-...), or a version (NAME/3, NAME@champion)"
)


@dataclass(frozen=True)
class LoggedSource:
    """A model that was logged.

    Args:
        tracking_uri: where.
        mlflow_run_id: of the run that logged it.
        model_id: its own id; None: what the run logged last.
        name: under which the run logged it.
        run_id: of the job run, if one did.
    """

    tracking_uri: str
    mlflow_run_id: str | None = None
    model_id: str | None = None
    name: str | None = None
    run_id: str | None = None


@dataclass(frozen=True)
class LiveSource:
    """A model that is an object of this process.

    Args:
        variable: what it is bound to; None when it was given itself.
    """

    model: Any
    variable: str | None = None


def find_source(workspace: Workspace, text: str, names: Mapping[str, Any]) -> LiveSource | LoggedSource:
    """What a text names; a notebook's variable wins.

    Raises:
        NotFoundError: nothing is called so.
        TrackingUnavailableError: the tracking server does not answer.
    """
    text = text.strip()
    if text in names and text.isidentifier():
        return LiveSource(names[text], text)
    if "." in text and text.split(".", maxsplit=1)[0] in names:
        return LiveSource(_attribute(text, names), text)
    uri = chosen_uri(workspace.settings)
    if found := _MODEL_ID.fullmatch(text):
        check_tracking(uri)
        return LoggedSource(uri, logged_models.run_of_model(uri, found[1]), found[1])
    if found := _RUN.fullmatch(text):
        check_tracking(uri)
        if logged_models.has_run(uri, found[1]):
            return LoggedSource(uri, found[1], name=found[2])
        raise NotFoundError(
            f"{hide_password(uri)} has no MLflow run {found[1]!r}.",
            field="from",
            hint="%mlops runs lists this notebook's runs.",
        )
    if found := _VERSION.fullmatch(text):
        check_tracking(uri)
        version = found[2] or f"@{found[3]}"
        model_id, run_id = logged_models.model_of_version(uri, found[1], version)
        return LoggedSource(uri, run_id, model_id)
    return _job_run(workspace, text, names)


def last_logged(name: str, names: Mapping[str, Any]) -> LoggedSource:
    """The run that is active in this kernel, else the last that was, where its MLflow logs.

    Raises:
        NoModelLoggedError: there was none, or the model was logged outside of one.
    """
    mlflow = sys.modules.get("mlflow")
    run = (mlflow.active_run() or mlflow.last_active_run()) if mlflow else None
    if mlflow is not None and run is not None:
        return LoggedSource(str(mlflow.get_tracking_uri()), str(run.info.run_id))
    live = live_models(names)
    if live:
        which = " or ".join(f"--from {variable}" for variable in live[-3:])
        hint = f"To register a variable of this notebook: %mlops register {name} {which}."
    else:
        hint = (
            "Log it in a run:\n    with mlflow.start_run():\n"
            "        mlflow.sklearn.log_model(model, name='model')\n"
            f"or name {_WAYS}: %mlops register NAME --from ..."
        )
    outside = mlflow is not None and mlflow.last_logged_model() is not None
    raise NoModelLoggedError(
        "The model was logged outside an MLflow run, which its version would be linked to."
        if outside
        else f"This kernel logged no model to MLflow, so there is none to register as {name!r}.",
        field="register_model",
        hint=hint,
    )


def live_models(names: Mapping[str, Any]) -> list[str]:
    """The variables that hold models; functions, any of which could be one, are left out."""
    return [
        name
        for name, value in names.items()
        if name[:1] != "_" and not inspect.isroutine(value) and find_flavour(value) is not None
    ]


def chosen_uri(settings: Settings) -> str:
    """Where this kernel's MLflow was told to log; its default would be a new file right here."""
    mlflow = sys.modules.get("mlflow")
    if mlflow is not None and mlflow.is_tracking_uri_set():
        return str(mlflow.get_tracking_uri())
    return settings.tracking_uri


def _job_run(workspace: Workspace, text: str, names: Mapping[str, Any]) -> LoggedSource:
    try:
        run = workspace.find_run(text)
    except NotFoundError:
        run = None
    if run is None or run.mlflow_run_id is None:
        models = ", ".join(live_models(names)[-5:])
        here = f" Variables with models: {models}." if models else ""
        raise NotFoundError(
            f"There is no variable {text[:60]!r} in this notebook, and no run or model of that name.",
            field="from",
            hint=f"Give {_WAYS}.{here}",
        )
    uri = run.tracking_uri or workspace.settings.tracking_uri
    return LoggedSource(uri, run.mlflow_run_id, run_id=run.id)


def _attribute(text: str, names: Mapping[str, Any]) -> Any:
    """`search.best_estimator_`."""
    first, *rest = text.split(".")
    value = names[first]
    for part in rest:
        if not hasattr(value, part):
            raise NotFoundError(
                f"{first} has no {part!r}.", field="from", hint="Name a variable, or an attribute of one."
            )
        value = getattr(value, part)
    return value
