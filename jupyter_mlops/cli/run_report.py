"""A run as the CLI tells it: a short table, or one object."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from jupyter_mlops.cli.output import print_facts
from jupyter_mlops.jobs.views import duration_s, resumable_until, run_as_dict
from jupyter_mlops.readable import show_moment, show_seconds, show_values
from jupyter_mlops.runs.remote.output import RemoteOutput
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store.tables import Run
from jupyter_mlops.workspace import Workspace


def run_outcome(run: Run, workspace: Workspace) -> dict[str, Any]:
    """What `run --json` writes: how a run ended, and where everything is."""
    return {
        "run_id": run.id,
        "state": run.state,
        "reason": run.reason,
        "message": run.message,
        "failed_cell": run.failed_cell,
        "output_path": run.output_path,
        "remote_output": None if (copy := RemoteOutput.of(run)) is None else copy.as_dict(),
        "mlflow_run_id": run.mlflow_run_id,
        "model_name": run.register_model if run.model_version else None,
        "model_version": run.model_version,
        "duration_s": duration_s(run),
        "metrics": run.metrics,
        "cells_total": run.cells_total,
        "cells_done": run.cells_done,
        "cells_recorded": workspace.count_recorded_cells(run.id),
        "job": run.job.name,
        "notebook": run.notebook,
        "root": run.root,
    }


def run_listed(run: Run) -> dict[str, Any]:
    """A run as `Run` in the REST schema, with its root, and the output's path absolute: for use anywhere."""
    return {**run_as_dict(run), "root": run.root, "output_path": run.output_path}


def print_run(run: Run, workspace: Workspace) -> None:
    """Write a run as a short table, and how to go on."""
    print_facts(_facts(run, workspace))
    print_facts([("", ""), *_next_steps(run)])


def _facts(run: Run, workspace: Workspace) -> Iterator[tuple[str, object]]:
    yield "Run", run.id
    yield "Job", run.job.name
    yield "Notebook", run.notebook
    yield "Parameters", show_values(run.parameters)
    yield "Environment", show_values(run.environment) if run.environment else None
    yield "State", run.state
    yield "Reason", run.reason
    yield "Message", run.message
    yield "Failed cell", _indented(run.failed_cell["source"]) if run.failed_cell else None
    yield "Attempts", _attempts(run, workspace)
    yield "Queued", show_moment(run.created_at) if run.started_at is None else None
    yield "Started", show_moment(run.started_at)
    yield "Time", show_seconds(duration_s(run))
    yield "Cells", _cells(run, workspace.count_recorded_cells(run.id))
    yield "Metrics", show_values(run.metrics)
    yield "MLflow run", run.mlflow_run_id
    yield "Model", f"{run.register_model}, version {run.model_version}" if run.model_version else None
    if run.output_path and Path(run.output_path).exists():
        yield "Executed notebook", run.output_path
    yield "Its copy", _copy(run)


def _attempts(run: Run, workspace: Workspace) -> str | None:
    """Each try of a run that had several, a line each."""
    attempts = workspace.jobs_of(run).list_attempts(run.id)
    if len(attempts) < 2:
        return None
    return "\n".join(
        f"{one.number}: {' '.join(filter(None, (one.state, one.reason)))}, {show_moment(one.started_at)}"
        for one in attempts
    )


def _copy(run: Run) -> str | None:
    if (copy := RemoteOutput.of(run)) is None:
        return None
    if copy.problem is not None:
        return f"not at {copy.address}: {copy.problem}"
    return f"{copy.address} (being written)" if copy.is_under_way else copy.address


def _cells(run: Run, recorded: int) -> str | None:
    if run.cells_total is None:
        return None
    return f"{run.cells_done} of {run.cells_total} executed, {recorded} recorded"


def _indented(source: str) -> str:
    return source.replace("\n", "\n  ")


def _next_steps(run: Run) -> Iterator[tuple[str, str]]:
    if not RunState(run.state).is_final:
        yield "To see it", f"jupyter mlops show {run.id}"
        yield "To end it", f"jupyter mlops cancel {run.id}"
        return
    if until := resumable_until(run):
        moment = show_moment(datetime.fromisoformat(until))
        yield (
            "To mend it and go on",
            f"jupyter mlops resume-run {run.id}  (its kernel is kept until {moment})",
        )
    if run.mlflow_run_id:
        yield "In MLflow", "jupyter mlops ui"
    yield "In JupyterLab", f"jupyter lab --notebook-dir={run.root}"
