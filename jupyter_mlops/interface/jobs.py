"""The Python interface to jobs that there are: run, change, pause, resume and delete them.

job = jupyter_mlops.find_job("nightly")
job.change(parameters={"C": 0.5}, presets={"quick": {"n": 10}})
job.run(preset="quick").succeeded
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_mlops.interface.runs import JobRun, list_runs
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.spec import JobChange
from jupyter_mlops.jobs.triggers.service import TriggerService
from jupyter_mlops.jobs.triggers.views import trigger_as_dict
from jupyter_mlops.notebooks.places import Scope, check_root
from jupyter_mlops.store.tables import Job
from jupyter_mlops.workspace import Workspace

__all__ = ["DefinedJob", "find_job", "list_jobs"]


@dataclass(frozen=True)
class DefinedJob:
    """A job as it stood when it was looked at.

    Attributes:
        name: unique under its root.
        parameters: values that differ from the notebook's defaults.
        policies: those that differ from the defaults, see `Policies`.
        presets: named parameters.
        triggers: when it runs by itself, each as `JobTrigger` in the REST schema.
    """

    id: str
    name: str
    notebook: str
    root: Path
    parameters: dict[str, Any]
    kernel: str | None
    register_model: str | None
    registration: dict[str, Any]
    environment: dict[str, str]
    policies: dict[str, Any]
    presets: dict[str, dict[str, Any]]
    triggers: list[dict[str, Any]]

    @classmethod
    def of(cls, job: Job) -> DefinedJob:
        """The view of a job's row."""
        return cls(
            id=job.id,
            name=job.name,
            notebook=job.notebook,
            root=Path(job.root),
            parameters=job.parameters,
            kernel=job.kernel,
            register_model=job.register_model,
            registration=job.registration or {},
            environment=job.environment or {},
            policies=job.policies or {},
            presets=job.presets or {},
            triggers=[trigger_as_dict(trigger) for trigger in job.triggers],
        )

    def refresh(self) -> DefinedJob:
        """The job as it is now."""
        return DefinedJob.of(self._jobs.get_job(self.id))

    def run(
        self, preset: str | None = None, *, idempotency_key: str | None = None, wait: bool = True
    ) -> JobRun:
        """Run it now, with its own parameters and policies.

        Args:
            preset: its parameters hold over the job's own.
            idempotency_key: with the key of an earlier call, the run that it made instead of another.
            wait: whether to return at its end.

        Raises:
            MlopsError: there is no such preset, or its notebook is gone or no longer fits its parameters.
        """
        queued = JobRun.of(self._jobs.run_job_once(self.id, idempotency_key, preset)[0])
        return queued.wait() if wait else queued

    def runs(self, **asked: Any) -> list[JobRun]:
        """Its newest runs, newest first; `asked` as `list_runs` has it."""
        return list_runs(job=self.id, root=self.root, **asked)

    def change(self, **changes: Any) -> DefinedJob:
        """Change what it runs and how; runs that are queued stay as they are.

        Args:
            **changes: fields of `JobChange`: `name`, `parameters`, `policies`, `kernel`, `register_model`,
                `presets`, `registration`, `environment`, each in place of all that there was.

        Raises:
            BadInputError: something in the change is wrong; nothing was stored.
            ConflictError: another job has the name.
            TypeError: a job has no such field.
        """
        return DefinedJob.of(self._jobs.change_job(self.id, JobChange(**changes)))

    def pause(self) -> DefinedJob:
        """Let none of its triggers fire for now.

        Raises:
            ConflictError: it has none.
        """
        return DefinedJob.of(self._jobs.set_active(self.id, False))

    def resume(self) -> DefinedJob:
        """Let all of its triggers fire again, from now on.

        Raises:
            ConflictError: it has none.
        """
        return DefinedJob.of(self._jobs.set_active(self.id, True))

    def change_trigger(self, trigger_id: str, **changes: Any) -> str | None:
        """Change one trigger; `changes` as `TriggerChange` in the REST schema, such as `active=False`.

        Returns:
            The new token, where one was asked for by `token=True`.

        Raises:
            MlopsError: there is no such trigger, or something in the change is wrong.
        """
        return self._triggers.change(trigger_id, changes).token

    def delete_trigger(self, trigger_id: str) -> None:
        """Delete one trigger; the runs that it made stay.

        Raises:
            NotFoundError: there is no such trigger.
        """
        self._triggers.delete(trigger_id)

    def delete(self) -> None:
        """Delete it with its triggers; its runs and their files stay."""
        self._jobs.delete_job(self.id)

    @property
    def _jobs(self) -> JobService:
        return Workspace().jobs(self.root)

    @property
    def _triggers(self) -> TriggerService:
        jobs = self._jobs
        return TriggerService(jobs.store, jobs.settings, jobs.root)


def find_job(job: str, *, root: str | os.PathLike[str] | None = None) -> DefinedJob:
    """A job by its id, or by its name under a root (by default the current folder).

    Raises:
        NotFoundError: there is none.
    """
    return DefinedJob.of(Workspace().find_job(job, check_root(root or ".")))


def list_jobs(
    notebook: str | os.PathLike[str] | None = None,
    *,
    search: str | None = None,
    root: str | os.PathLike[str] | None = None,
    all_roots: bool = False,
    limit: int = 25,
) -> list[DefinedJob]:
    """The newest jobs, newest first: those of the current folder, of another root, or of all.

    Args:
        notebook: only its jobs.
        search: only those whose name or notebook has this in it, or whose id begins so.
        root: the folder that the jobs belong to, see `locate_notebook`.
        all_roots: those of every root.
        limit: how many at most, from 1 to 200.

    Raises:
        BadInputError: the limit is out of bounds, or nothing can be searched for by that.
        NotFoundError: there is no such root.
    """
    page = Workspace().list_jobs(Scope.of(notebook, root, all_roots), limit, search=search)
    return [DefinedJob.of(job) for job in page.items]
