"""What a caller asks for, and what the services answer: plain frozen data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
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
        policies: those that differ from the job's, for this run; for a new job they become its own.
        priority: of this run; by default that of the policies.
        idempotency_key: the same key with the same request is answered with its first run.
        preset: of the job: its parameters hold where `parameters` gives none.
        registration: how the model is registered, as `parse_plan` takes it.
        environment: variables of the kernel, as `check_environment` takes them; below it the job's own hold.
    """

    notebook: str
    name: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    kernel: str | None = None
    register_model: str | None = None
    policies: Mapping[str, Any] = field(default_factory=dict)
    priority: int | None = None
    idempotency_key: str | None = None
    preset: str | None = None
    registration: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, job: Job) -> RunRequest:
        """The request that runs a job as it is defined."""
        return cls(
            job.notebook,
            job.name,
            job.parameters,
            job.kernel,
            job.register_model,
            job.policies,
            registration=job.registration or {},
            environment=job.environment or {},
        )

    @property
    def fingerprint(self) -> str:
        """Tells this request from others under the same idempotency key."""
        asked = {**asdict(self), "idempotency_key": None}
        for name in ("registration", "environment"):  # as it was before there were such
            if not asked[name]:
                del asked[name]
        return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class JobChange:
    """What is to be changed of a job; what is None stays, and an empty text takes away.

    Args:
        name: another name.
        parameters: in place of all of the job's.
        policies: in place of all of the job's.
        kernel: another kernel; empty: the notebook's own.
        register_model: another registered model; empty: none.
        presets: named parameters, in place of all of the job's.
        registration: in place of the job's.
        environment: in place of the job's.
    """

    name: str | None = None
    parameters: Mapping[str, Any] | None = None
    policies: Mapping[str, Any] | None = None
    kernel: str | None = None
    register_model: str | None = None
    presets: Mapping[str, Mapping[str, Any]] | None = None
    registration: Mapping[str, Any] | None = None
    environment: Mapping[str, str] | None = None

    def applied_to(self, job: Job) -> RunRequest:
        """The request that the changed job would be: it is checked as one."""
        return RunRequest(
            job.notebook,
            job.name if self.name is None else self.name,
            job.parameters if self.parameters is None else self.parameters,
            job.kernel if self.kernel is None else self.kernel or None,
            job.register_model if self.register_model is None else self.register_model or None,
            policies=self.policies or {},
            registration=self._registration(job),
            environment=(job.environment or {}) if self.environment is None else self.environment,
        )

    def _registration(self, job: Job) -> Mapping[str, Any]:
        if self.registration is not None:
            return self.registration
        return {} if self.register_model == "" else job.registration or {}


@dataclass(frozen=True)
class ScheduleRequest:
    """When to run: a cron expression (5 fields, 6 with seconds, or `@daily`...) in an IANA time zone."""

    cron: str
    timezone: str
