"""What can be done with runs that there are: run them again, delete them, and both with many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Literal

from jupyter_mlops.errors import ConflictError, MlopsError
from jupyter_mlops.housekeeping.clean import delete_run
from jupyter_mlops.housekeeping.snapshots import UnusedSnapshots
from jupyter_mlops.ids import new_id
from jupyter_mlops.jobs.overlap import enqueue_under_policies
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.notebooks.snapshots import SnapshotStore
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.runs.workers import ensure_worker
from jupyter_mlops.store.tables import Run

Action = Literal["cancel", "delete", "rerun"]
MAX_AT_ONCE = 200


@dataclass(frozen=True)
class ActionResult:
    """What came of an action for one run.

    Attributes:
        run: as it is now, the new one for `rerun`; None when it was deleted or refused.
        problem: why it was refused.
    """

    id: str
    run: Run | None = None
    problem: MlopsError | None = None


class RunActions:
    """Actions on the runs of one root.

    Args:
        jobs: the root's jobs.
    """

    def __init__(self, jobs: JobService) -> None:
        self._jobs = jobs

    def rerun(self, run_id: str) -> Run:
        """Queue a run of the very same notebook, parameters and policies as one that has been.

        It executes the snapshot of that run, whatever has become of the notebook.

        Raises:
            NotFoundError: no such run.
            ConflictError: its job was deleted, or it had no notebook to run.
        """
        run = self._jobs.get_run(run_id)
        if run.snapshot_sha is None:
            raise ConflictError(
                f"Run {run.id} had no notebook to run.", field="run", hint="Run its job instead."
            )
        if run.job.deleted_at is not None:
            raise ConflictError(
                f"The job {run.job.name!r} of run {run.id} was deleted.",
                field="run",
                hint="Bring the job back, or run its notebook anew.",
            )
        SnapshotStore(self._jobs.settings.snapshots).read(run.snapshot_sha)
        again = _same_again(run)
        with self._jobs.store.session() as session:
            enqueue_under_policies(session, again, again.created_at, requested=True)
        ensure_worker(self._jobs.store, self._jobs.settings)
        return self._jobs.get_run(again.id)

    def delete(self, run_id: str) -> None:
        """Delete a run that has ended, with its executed notebook; what its cells recorded stays.

        Raises:
            NotFoundError: no such run.
            ConflictError: it has not ended, or a model version came from it.
            OutsideRootError: its outputs are not where ours are.
        """
        run = self._jobs.get_run(run_id)
        snapshots = SnapshotStore(self._jobs.settings.snapshots)
        try:
            deleted = delete_run(self._jobs.store, UnusedSnapshots(self._jobs.store, snapshots), run.id)
        except OSError as error:
            raise ConflictError(
                f"The outputs of run {run.id} cannot be deleted: {error.strerror or error}.", field="run"
            ) from error
        if not deleted:
            version = f"version {run.model_version} of {run.register_model} came from it"
            why = version if run.model_version else "it has not ended"
            raise ConflictError(f"Run {run.id} is kept: {why}.", field="run")

    def apply(self, action: Action, run_ids: Sequence[str]) -> list[ActionResult]:
        """Do the same with many runs; what is refused for one holds up no other."""
        do: dict[Action, Callable[[str], Run | None]] = {
            "cancel": self._jobs.cancel_run,
            "delete": self.delete,
            "rerun": self.rerun,
        }
        return [_attempt(do[action], run_id) for run_id in dict.fromkeys(run_ids)]


def _attempt(do: Callable[[str], Run | None], run_id: str) -> ActionResult:
    try:
        return ActionResult(run_id, run=do(run_id))
    except MlopsError as error:
        return ActionResult(run_id, problem=error)


def _same_again(run: Run) -> Run:
    return Run(
        id=new_id(),
        root=run.root,
        job_id=run.job_id,
        notebook=run.notebook,
        snapshot_sha=run.snapshot_sha,
        parameters=run.parameters,
        kernel=run.kernel,
        register_model=run.register_model,
        registration=run.registration,
        environment=run.environment,
        tracking_uri=run.tracking_uri,
        policies=run.policies,
        priority=run.priority,
        executor=run.executor,
        cause={"kind": "rerun", "run": run.id},
        state=RunState.QUEUED.value,
        created_at=datetime.now(timezone.utc),
        cells_done=0,
        metrics={},
        cancel_requested=False,
    )
