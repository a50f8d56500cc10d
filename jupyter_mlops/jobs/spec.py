"""What a caller asks for, and what the services answer: plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_mlops.store.tables import Job


@dataclass(frozen=True)
class RunRequest:
    """A request for a job run.

    Args:
        notebook: path relative to the root (or absolute, under it).
        name: the job's name; by default the notebook's path without its ending.
        parameters: values that differ from the defaults, by name.
        kernel: a kernel's name; by default the notebook's own.
        register_model: the registered model that gets the run's model as a new version.
    """

    notebook: str
    name: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    kernel: str | None = None
    register_model: str | None = None

    @classmethod
    def of(cls, job: Job) -> RunRequest:
        """The request that runs a job as it is defined."""
        return cls(job.notebook, job.name, job.parameters, job.kernel, job.register_model)


@dataclass(frozen=True)
class ScheduleRequest:
    """When to run: a cron expression (5 fields, 6 with seconds, or `@daily`...) in an IANA time zone."""

    cron: str
    timezone: str
