"""Job runs as cards and rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from jupyter_mlops.jobs.views import duration_s, run_progress
from jupyter_mlops.magics.card import Card, Code, Link, State, Text
from jupyter_mlops.readable import show_age, show_seconds, show_values
from jupyter_mlops.runs.states import RunState

if TYPE_CHECKING:
    from jupyter_mlops.config import Settings
    from jupyter_mlops.store.tables import Run

COLUMNS = ("Run", "State", "Queued", "Time", "Parameters", "Result", "Notebook")


def run_card(run: Run, settings: Settings, folder: Path) -> Card:
    """A run as it stands; `folder` is that of the notebook that shows it."""
    final = RunState(run.state).is_final
    notes: list[object] = []
    if not final:
        notes.append("What runs is the notebook as it was saved when this cell ran.")
        notes.append(f"To end it: jupyter mlops cancel {run.id}")
    return Card(
        f"Job {run.job.name}",
        [
            ("Run", Code(run.id)),
            ("State", State(_state(run))),
            ("Now", progress.describe() if (progress := run_progress(run)) is not None else None),
            ("Message", run.message),
            ("Parameters", show_values(run.parameters)),
            ("Time", show_seconds(duration_s(run))),
            ("Metrics", show_values(run.metrics)),
            ("Model", f"{run.register_model}, version {run.model_version}" if run.model_version else None),
            ("MLflow run", mlflow_link(settings.tracking_uri, run.mlflow_run_id, run.mlflow_experiment_id)),
            ("Executed notebook", output_link(run, folder)),
        ],
        notes=notes,
    )


def matrix_card(runs: Sequence[Run], folder: Path) -> Card:
    """The runs of a matrix as they stand."""
    left = sum(not RunState(run.state).is_final for run in runs)
    ended = f"{len(runs) - left} of {len(runs)} runs have ended"
    rows = [run_row(run, folder) for run in runs]
    return Card(f"Job {runs[0].job.name}: {ended}", columns=COLUMNS, rows=rows)


def run_row(run: Run, folder: Path) -> tuple[object, ...]:
    """A run as a row under `COLUMNS`."""
    model = f"{run.register_model} v{run.model_version}" if run.model_version else None
    return (
        Code(run.id),
        State(run.state),
        show_age(run.created_at),
        show_seconds(duration_s(run)),
        show_values(run.parameters),
        ", ".join(filter(None, (run.reason, model, show_values(run.metrics)))),
        output_link(run, folder, "open"),
    )


def output_link(run: Run, folder: Path, text: str | None = None) -> Text | None:
    """A link to the executed notebook, None before there is one.

    It is relative to the folder of the notebook that shows it, so that JupyterLab opens it in place, whatever
    its base URL is.
    """
    if not run.output_path or not Path(run.output_path).exists():
        return None
    path = Path(run.output_path)
    if not path.is_relative_to(run.root) or not folder.is_relative_to(run.root):
        return Code(run.output_path)
    relative = os.path.relpath(path, folder).replace(os.sep, "/")
    return Link(text or path.relative_to(run.root).as_posix(), quote(relative))


def mlflow_link(tracking_uri: str, run_id: str | None, experiment_id: str | None) -> Text | None:
    """An MLflow run: a link when the tracking server has a UI, else its id."""
    if run_id is None:
        return None
    if tracking_uri.startswith(("http://", "https://")) and "@" not in tracking_uri and experiment_id:
        return Link(run_id, f"{tracking_uri.rstrip('/')}/#/experiments/{experiment_id}/runs/{run_id}")
    return Text(f"{run_id} (jupyter mlops ui opens MLflow)")


def _state(run: Run) -> str:
    if run.state == RunState.RUNNING.value and run.cells_total:
        ending = ", being cancelled" if run.cancel_requested else ""
        return f"{run.state} ({run.cells_done} of {run.cells_total} cells{ending})"
    return f"{run.state} ({run.reason})" if run.reason and run.reason != run.state else run.state
