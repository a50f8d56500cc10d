"""`%mlops register`: what this kernel logged to MLflow, as a new version of a registered model."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from jupyter_mlops.config import hide_password
from jupyter_mlops.errors import MlopsError, NotFoundError
from jupyter_mlops.magics.card import Card, Code, Link, Text
from jupyter_mlops.magics.mlops import show
from jupyter_mlops.magics.place import this_notebook
from jupyter_mlops.magics.run_card import mlflow_link
from jupyter_mlops.store import changes
from jupyter_mlops.tracking.client import Tracking, tracking_failures
from jupyter_mlops.tracking.probe import check_tracking
from jupyter_mlops.tracking.registry import NoModelLoggedError, check_model_name, register_logged_model
from jupyter_mlops.workspace import Workspace

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell
    from mlflow.entities import Run

    from jupyter_mlops.workspace import NotebookPlace

MLFLOW_RUN_ID_CHARS = 32


def register(ip: InteractiveShell, arguments: Namespace) -> None:
    """Make the version, and show it."""
    name = check_model_name(arguments.name)
    workspace = Workspace()
    place = None
    with suppress(NotFoundError):
        place = this_notebook(ip, workspace, None)
    tracking, run = _named_run(workspace, arguments.run) if arguments.run else _last_run_of_this_kernel(name)
    made = register_logged_model(tracking.client, [run], name, _tags(place))
    _tell(workspace, name, place)
    facts = [
        ("Model", _model_link(tracking.uri, made.name, made.version)),
        ("Version", made.version),
        ("MLflow run", mlflow_link(tracking.uri, run.info.run_id, run.info.experiment_id)),
        ("Load it", Code(f'mlflow.pyfunc.load_model("models:/{made.name}/{made.version}")')),
    ]
    show(Card(f"Registered {made.name}, version {made.version}", facts))


def _last_run_of_this_kernel(name: str) -> tuple[Tracking, Run]:
    """The run that is active, else the last that was, where this kernel's MLflow logs."""
    mlflow = sys.modules.get("mlflow")
    run = (mlflow.active_run() or mlflow.last_active_run()) if mlflow else None
    if mlflow is None or run is None:
        outside = mlflow is not None and mlflow.last_logged_model() is not None
        raise NoModelLoggedError(
            "The model was logged outside an MLflow run, which its version would be linked to."
            if outside
            else f"This kernel logged no model to MLflow, so there is none to register as {name!r}.",
            field="register_model",
            hint="Log it in a run:\n    with mlflow.start_run():\n"
            "        mlflow.sklearn.log_model(model, name='model')\n"
            "or name a run that did: %mlops register NAME --run RUN",
        )
    return _tracking(mlflow.get_tracking_uri()), run


def _named_run(workspace: Workspace, given: str) -> tuple[Tracking, Run]:
    """An MLflow run by its id, or by the id of the job run that owns it."""
    mlflow_run_id: str | None = given
    uri = workspace.settings.tracking_uri
    if len(given) != MLFLOW_RUN_ID_CHARS:
        mlflow_run_id = workspace.find_run(given).mlflow_run_id
    else:
        uri = _chosen_uri() or uri
    tracking = _tracking(uri)
    try:
        if mlflow_run_id is not None:
            return tracking, tracking.client.get_run(mlflow_run_id)
    except tracking_failures():
        pass
    raise NotFoundError(
        f"{hide_password(uri)} has no MLflow run {given!r}.",
        field="run",
        hint="%mlops runs lists this notebook's runs.",
    )


def _chosen_uri() -> str | None:
    """The tracking URI that this kernel's MLflow was given; its default would be a new file right here."""
    mlflow = sys.modules.get("mlflow")
    return str(mlflow.get_tracking_uri()) if mlflow and mlflow.is_tracking_uri_set() else None


def _tracking(uri: str) -> Tracking:
    check_tracking(uri)
    return Tracking(uri, patient=True)


def _tags(place: NotebookPlace | None) -> dict[str, str]:
    tags = {
        "mlops.notebook": None if place is None else place.notebook,
        "mlops.run_id": os.environ.get("JUPYTER_MLOPS_RUN_ID"),
    }
    return {name: value for name, value in tags.items() if value}


def _tell(workspace: Workspace, name: str, place: NotebookPlace | None) -> None:
    """Tell the views; the version is there, whatever becomes of this."""
    root, notebook = (None, None) if place is None else (str(place.root), place.notebook)
    with suppress(MlopsError, SQLAlchemyError), workspace.store.session() as session:
        changes.record(session, "model", name, root=root, notebook=notebook)


def _model_link(uri: str, name: str, version: str) -> Text:
    if uri.startswith(("http://", "https://")) and "@" not in uri:
        return Link(name, f"{uri.rstrip('/')}/#/models/{name}/versions/{version}")
    return Text(f"{name} (jupyter mlops ui opens MLflow)")
