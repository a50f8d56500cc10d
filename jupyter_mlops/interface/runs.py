"""The Python interface to runs: run notebooks as jobs, and follow them.

    run = jupyter_mlops.run("train.ipynb", {"C": 0.5}, register_model="breast-cancer")
    run.metrics["accuracy"], run.model_version
    run.cancel(), run.rerun(), run.resume(), run.delete()

The CLI and the magics are faces of the same functions.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jupyter_mlops.jobs.batches import submit_matrix
from jupyter_mlops.jobs.run_actions import RunActions
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.jobs.views import attempt_as_dict, duration_s, run_progress
from jupyter_mlops.notebooks.places import Scope, locate_notebook
from jupyter_mlops.runs.live.progress import Progress
from jupyter_mlops.runs.remote.output import RemoteOutput
from jupyter_mlops.runs.resume.submission import resume_run
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store.tables import Run
from jupyter_mlops.workspace import Workspace, follow_run, watch_run

__all__ = ["JobRun", "find_run", "follow", "list_runs", "run", "run_matrix"]


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

    def refresh(self) -> JobRun:
        """The run as it is now."""
        return JobRun.of(self._jobs.get_run(self.id))

    def wait(self) -> JobRun:
        """The run in its final state, once it is there."""
        return _ended(self._jobs, self._jobs.get_run(self.id))

    def cancel(self) -> JobRun:
        """Ask for its end; what it has done so far is kept, and one that has ended stays as it is."""
        return JobRun.of(self._jobs.cancel_run(self.id))

    def rerun(self, *, wait: bool = True) -> JobRun:
        """Run the same notebook again, as it was then, with the same parameters and policies.

        Raises:
            ConflictError: its job was deleted, or it had no notebook to run.
        """
        again = RunActions(self._jobs).rerun(self.id)
        return _ended(self._jobs, again) if wait else JobRun.of(again)

    def resume(self, *, wait: bool = True) -> JobRun:
        """Go on from the cell at which it failed, in its kept kernel, with the notebook as it now is.

        Raises:
            ConflictError: its kernel is gone, or a cell before the one that failed was changed.
        """
        resumed = resume_run(self._jobs, self.id)
        return _ended(self._jobs, resumed) if wait else JobRun.of(resumed)

    def delete(self) -> None:
        """Delete it with its executed notebook; what its cells recorded stays.

        Raises:
            ConflictError: it has not ended, or a model version came from it.
        """
        RunActions(self._jobs).delete(self.id)

    def attempts(self) -> list[dict[str, Any]]:
        """Each try, the first first, as `Attempt` in the REST schema."""
        return [attempt_as_dict(attempt) for attempt in self._jobs.list_attempts(self.id)]

    @property
    def _jobs(self) -> JobService:
        return Workspace().jobs(self.root)


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
    priority: int | None = None,
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
        priority: of this run, from -100 to 100; by default that of the policies.
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
        priority,
        idempotency_key=idempotency_key,
        preset=preset,
        registration=registration or {},
        environment=environment or {},
    )
    queued = jobs.submit(request)
    return _ended(jobs, queued) if wait else JobRun.of(queued)


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
            `registration`, `environment`, `policies`, `priority`, `preset`.

    Raises:
        MlopsError: the input is refused, or the store or the tracking server is not to be had.
    """
    place = locate_notebook(notebook, root)
    jobs = Workspace().jobs(place.root)
    request = RunRequest(place.notebook, parameters=parameters or {}, **options)
    runs = submit_matrix(jobs, request, matrix)
    return [_ended(jobs, queued) if wait else JobRun.of(queued) for queued in runs]


def _ended(jobs: JobService, run: Run) -> JobRun:
    for seen in follow_run(jobs, run.id):
        run = seen
    return JobRun.of(run)


def find_run(run_id: str) -> JobRun:
    """A run under any root, by its id or the start of it.

    Raises:
        NotFoundError: none, or more than one, starts so.
    """
    return JobRun.of(Workspace().find_run(run_id))


def list_runs(
    notebook: str | os.PathLike[str] | None = None,
    *,
    job: str | None = None,
    state: str | None = None,
    batch: str | None = None,
    search: str | None = None,
    root: str | os.PathLike[str] | None = None,
    all_roots: bool = False,
    limit: int = 25,
) -> list[JobRun]:
    """The newest runs, newest first: those of the current folder, of another root, or of all.

    Args:
        notebook: only its runs.
        job: only this job's: its id or name.
        state: only those in this state.
        batch: only those of one matrix.
        search: only those whose job, notebook or message has this in it, or whose id begins so.
        root: the folder that the jobs belong to, see `locate_notebook`.
        all_roots: those of every root.
        limit: how many at most, from 1 to 200.

    Raises:
        BadInputError: the limit is out of bounds, or there is no such state.
        NotFoundError: there is no such job or root.
    """
    workspace = Workspace()
    scope = Scope.of(notebook, root, all_roots)
    asked = {"job": job, "state": state, "batch_id": batch, "search": search}
    return [JobRun.of(run) for run in workspace.list_runs(scope, limit, **asked).items]


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
