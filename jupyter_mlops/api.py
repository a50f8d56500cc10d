"""The Python interface: run notebooks as jobs, follow them, and read what was recorded.

    run = jupyter_mlops.run("train.ipynb", {"C": 0.5}, register_model="breast-cancer")
    run.metrics["accuracy"], run.model_version

The CLI and the magics are faces of the same functions.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jupyter_mlops.jobs.batches import submit_matrix
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.jobs.views import duration_s, run_progress
from jupyter_mlops.runs.live.progress import Progress
from jupyter_mlops.runs.remote.output import RemoteOutput
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store.tables import Run
from jupyter_mlops.workspace import Workspace, follow_run, locate_notebook, watch_run

__all__ = ["JobRun", "follow", "history", "run", "run_matrix"]


@dataclass(frozen=True)
class JobRun:
    """A job run as it stood when it was looked at.

    Attributes:
        state: `queued`, `running`, `succeeded`, `failed`, `cancelled`, `timed_out`, `lost` or `skipped`.
        reason: why it did not succeed, as a code.
        message: the same as a sentence.
        failed_cell: the cell's `index`, `cell_id`, `source`, `error_name` and `error_message`.
        output_path: the executed notebook.
        remote_output: its copy, where the policies name an `output_url`: its address, or why it is not there.
        cells_total: code cells; None before it is known.
        progress: how far it is, while it is running.
        output: of a run that is followed: what its cells put out since the look before.
    """

    id: str
    job: str
    notebook: str
    root: Path
    state: str
    reason: str | None
    message: str | None
    failed_cell: dict[str, Any] | None
    parameters: dict[str, Any]
    metrics: dict[str, float]
    output_path: Path | None
    mlflow_run_id: str | None
    model_name: str | None
    model_version: str | None
    duration_s: float | None
    cells_total: int | None = None
    cells_done: int = 0
    progress: Progress | None = None
    output: str = ""
    remote_output: RemoteOutput | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the notebook ran to its end and its model, if one was asked for, is registered."""
        return self.state == RunState.SUCCEEDED.value

    @classmethod
    def of(cls, run: Run) -> JobRun:
        """The view of a run's row."""
        return cls(
            id=run.id,
            job=run.job.name,
            notebook=run.notebook,
            root=Path(run.root),
            state=run.state,
            reason=run.reason,
            message=run.message,
            failed_cell=run.failed_cell,
            parameters=run.parameters,
            metrics=run.metrics,
            output_path=Path(run.output_path) if run.output_path else None,
            mlflow_run_id=run.mlflow_run_id,
            model_name=run.register_model if run.model_version else None,
            model_version=run.model_version,
            duration_s=duration_s(run),
            cells_total=run.cells_total,
            cells_done=run.cells_done,
            progress=run_progress(run),
            remote_output=RemoteOutput.of(run),
        )

    def follow(self) -> Iterator[JobRun]:
        """See `follow`."""
        return follow(self.id)


def run(
    notebook: str | os.PathLike[str],
    parameters: Mapping[str, Any] | None = None,
    *,
    name: str | None = None,
    register_model: str | None = None,
    registration: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    kernel: str | None = None,
    root: str | os.PathLike[str] | None = None,
    policies: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
    preset: str | None = None,
    wait: bool = True,
) -> JobRun:
    """Run a notebook as a job, in a worker outside this process.

    Args:
        notebook: the file; it is not written.
        parameters: values that differ from the defaults of its `parameters` cell.
        name: the job's name; by default the notebook's path without its ending.
        register_model: the registered model that gets what the notebook logs as a new version.
        registration: behind which gates, and for which alias, such as
            `{"alias": "champion", "gates": ["metric:accuracy>=0.9"]}`; see `parse_plan`.
        environment: variables of the kernel; of a secret its name, `{"DB_PASSWORD": "secret://db-password"}`.
        kernel: a kernel's name; by default the notebook's own.
        root: the folder that the job belongs to, see `locate_notebook`.
        policies: for this run, such as `{"max_attempts": 3, "timeout_s": 600}`; see `Policies`.
        idempotency_key: with the key of an earlier call, the run that it made instead of another.
        preset: of the job: its parameters hold where `parameters` gives none.
        wait: whether to return at its end; a run that fails does not raise, see `JobRun.state`.

    Raises:
        MlopsError: the input is refused, or the store or the tracking server is not to be had.
    """
    place = locate_notebook(notebook, root)
    jobs = Workspace().jobs(place.root)
    request = RunRequest(
        place.notebook,
        name,
        parameters or {},
        kernel,
        register_model,
        policies or {},
        idempotency_key=idempotency_key,
        preset=preset,
        registration=registration or {},
        environment=environment or {},
    )
    queued = jobs.submit(request)
    if not wait:
        return JobRun.of(queued)
    for seen in follow_run(jobs, queued.id):
        queued = seen
    return JobRun.of(queued)


def run_matrix(
    notebook: str | os.PathLike[str],
    matrix: Mapping[str, Sequence[Any]],
    parameters: Mapping[str, Any] | None = None,
    *,
    wait: bool = True,
    root: str | os.PathLike[str] | None = None,
    **options: Any,
) -> list[JobRun]:
    """Run a notebook once for each combination of some parameters' values; all are queued, or none.

        runs = jupyter_mlops.run_matrix("train.ipynb", {"C": [0.1, 1, 10], "solver": ["lbfgs", "saga"]})
        best = max(runs, key=lambda run: run.metrics["accuracy"])

    Args:
        notebook: the file; it is not written.
        matrix: for each name its values; at most 100 combinations.
        parameters: what all runs have in common.
        wait: whether to return when all have ended.
        root: the folder that the job belongs to, see `locate_notebook`.
        **options: further fields of `RunRequest`: `name`, `kernel`, `register_model`,
            `registration`, `environment`, `policies`, `preset`.

    Raises:
        MlopsError: the input is refused, or the store or the tracking server is not to be had.
    """
    place = locate_notebook(notebook, root)
    jobs = Workspace().jobs(place.root)
    request = RunRequest(place.notebook, parameters=parameters or {}, **options)
    runs = submit_matrix(jobs, request, matrix)
    for index, queued in enumerate(runs if wait else ()):
        for seen in follow_run(jobs, queued.id):
            runs[index] = seen
    return [JobRun.of(run) for run in runs]


def follow(run_id: str) -> Iterator[JobRun]:
    """A run each time that something of it has changed, the last time in its final state.

        for seen in jupyter_mlops.follow(run.id):
            print(seen.cells_done, "of", seen.cells_total, seen.progress and seen.progress.cell, seen.output)

    Args:
        run_id: of a run under any root, or the start of its id.

    Raises:
        NotFoundError: none, or more than one, starts so.
    """
    workspace = Workspace()
    found = workspace.find_run(run_id)
    told: JobRun | None = None
    for run, events in watch_run(workspace.jobs_of(found), found.id):
        seen = JobRun.of(run)
        output = "".join(event.facts["text"] for event in events if event.kind == "output")
        if seen != told or output:
            told = seen
            yield replace(seen, output=output)


def history(
    notebook: str | os.PathLike[str], *, root: str | os.PathLike[str] | None = None, limit: int = 25
) -> list[dict[str, Any]]:
    """The newest cell executions of a notebook, newest first, as `CellExecution` in the REST schema.

    Raises:
        BadInputError: `limit` is not from 1 to 200.
        NotFoundError: nothing was recorded, and there is no such file either.
    """
    return Workspace().history(locate_notebook(notebook, root), limit)
