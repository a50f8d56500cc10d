"""`%mlops status`: what is recorded and where, the worker, and this notebook's last runs."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from jupyter_mlops.config import hide_password
from jupyter_mlops.errors import NotFoundError
from jupyter_mlops.magics.card import Card, Link, State, Text, show
from jupyter_mlops.magics.place import folder_of_output, this_notebook
from jupyter_mlops.magics.recording import current_recorder
from jupyter_mlops.magics.run_card import COLUMNS, run_row
from jupyter_mlops.notebooks.places import Scope
from jupyter_mlops.readable import show_age
from jupyter_mlops.runs.workers import live_workers
from jupyter_mlops.tracking.active import active_run
from jupyter_mlops.tracking.tellings import FOLDER, waiting
from jupyter_mlops.workspace import Workspace

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_mlops.capture.options import CaptureOptions
    from jupyter_mlops.notebooks.places import NotebookPlace
    from jupyter_mlops.store.tables import Run

LAST_RUNS = 5


def status(ip: InteractiveShell, arguments: Namespace) -> None:
    """Show it."""
    workspace = Workspace()
    notes: list[object] = []
    place: NotebookPlace | None = None
    runs: list[Run] = []
    try:
        place = this_notebook(ip, workspace, arguments.notebook)
        runs = list(workspace.list_runs(Scope(place.root, place.notebook), LAST_RUNS).items)
    except NotFoundError as error:
        notes.append(error.message)
    facts = [
        *_recording(),
        ("Notebook", None if place is None else place.notebook),
        ("Under", None if place is None else str(place.root)),
        ("Store", workspace.store.address),
        ("MLflow run", _active_run()),
        ("MLflow", _tracking(workspace.settings.tracking_uri)),
        ("Worker", _worker(workspace)),
    ]
    elsewhere = _other_tracking_uri(workspace.settings.tracking_uri)
    if elsewhere:
        notes.append(f"MLflow in this kernel logs to {hide_password(elsewhere)}; jobs log to the one above.")
    if waiting(workspace.settings.journals / FOLDER):
        notes.append("What MLflow missed of runs that ended is told when its tracking server is back.")
    folder = folder_of_output(ip, workspace)
    rows = [run_row(run, folder) for run in runs]
    show(Card("jupyter_mlops", facts, COLUMNS, rows, notes))


def _recording() -> Iterator[tuple[str, object]]:
    recorder = current_recorder()
    if recorder is not None and recorder.problem:
        yield "Recording", State(f"error: {recorder.problem}")
        return
    if recorder is None or not recorder.recording or not recorder.options.enabled:
        yield "Recording", "off (%mlops on records from then on)"
        return
    failed = f", {recorder.errors} of ours failed" if recorder.errors else ""
    yield "Recording", f"on, {recorder.recorded} cell executions of this kernel{failed}"
    yield "Captured", _captured(recorder.options)
    yield "Journal", recorder.journal


def _captured(options: CaptureOptions) -> str:
    """By the names that `%mlops config` explains and changes."""
    choices = {name: value for name, value in asdict(options).items() if name != "enabled"}
    left_out = [name for name, value in choices.items() if value in (False, "off")]
    kept = [
        name if value is True else f"{name} ({value})"
        for name, value in choices.items()
        if name not in left_out
    ]
    but = f"; not {', '.join(left_out)}" if left_out else ""
    return f"of each cell its id, times and status, and {', '.join(kept)}{but} (%mlops config)"


def _active_run() -> str | None:
    active = active_run()
    return None if active is None else f"{active['name']} ({active['run_id']}), until %mlops stop"


def _tracking(uri: str) -> Text:
    shown = hide_password(uri)
    if uri.startswith(("http://", "https://")) and shown == uri:
        return Link(shown, uri)
    return Text(f"{shown} (jupyter mlops ui opens it)")


def _other_tracking_uri(uri: str) -> str | None:
    """The tracking URI of this kernel's MLflow, if it is imported and another."""
    mlflow = sys.modules.get("mlflow")
    used = mlflow.get_tracking_uri() if mlflow else os.environ.get("MLFLOW_TRACKING_URI")
    return None if used is None or used == uri else str(used)


def _worker(workspace: Workspace) -> str:
    alive = live_workers(workspace.store, datetime.now(timezone.utc))
    if not alive:
        return "none; one starts with the next run"
    return ", ".join(
        f"pid {worker.pid} on {worker.host}, heartbeat {show_age(worker.heartbeat_at)}" for worker in alive
    )
