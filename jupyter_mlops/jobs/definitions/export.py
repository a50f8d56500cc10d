"""A file of definitions from the jobs that there are: `plan` finds nothing to do in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.orm import Session

from jupyter_mlops.errors import ConflictError
from jupyter_mlops.jobs.triggers.kind import TimedKind
from jupyter_mlops.jobs.triggers.kinds import all_kinds
from jupyter_mlops.store.tables import Job, Trigger


def export_definitions(session: Session, jobs: Iterable[Job]) -> dict[str, Any]:
    """The jobs as `jobs.yaml` has them; a trigger of a kind that is not installed is left out."""
    return {"version": 1, "jobs": {job.name: _job(session, job) for job in jobs}}


def as_yaml(definitions: dict[str, Any]) -> str:
    """The text of the file."""
    return yaml.safe_dump(definitions, sort_keys=False, allow_unicode=True, width=100)


def write_definitions(definitions: dict[str, Any], file: Path) -> None:
    """Write the file.

    Raises:
        ConflictError: it is there already.
    """
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(as_yaml(definitions))
    except FileExistsError as error:
        raise ConflictError(f"{file} is there already.", field="file", hint="Name another file.") from error


def _job(session: Session, job: Job) -> dict[str, Any]:
    told: dict[str, Any] = {
        "notebook": job.notebook,
        "parameters": job.parameters,
        "kernel": job.kernel,
        "register": _register(job),
        "environment": job.environment,
        "policies": job.policies,
        "presets": job.presets,
        "triggers": [_trigger(session, one) for one in job.triggers if one.kind in all_kinds()],
    }
    return {name: value for name, value in told.items() if value}


def _register(job: Job) -> str | dict[str, Any] | None:
    return {"model": job.register_model, **job.registration} if job.registration else job.register_model


def _trigger(session: Session, trigger: Trigger) -> dict[str, Any]:
    kind = all_kinds()[trigger.kind]
    common: dict[str, Any] = {
        "starts_at": trigger.starts_at.isoformat() if trigger.starts_at else None,
        "ends_at": trigger.ends_at.isoformat() if trigger.ends_at else None,
        "missed": trigger.missed if isinstance(kind, TimedKind) and trigger.missed != "latest" else None,
        "jitter_s": trigger.jitter_s or None,
        "active": False if not trigger.active else None,
    }
    written = kind.written(trigger.spec, session)
    given = {name: value for name, value in {**written, **common}.items() if value not in (None, {})}
    return {"kind": trigger.kind, **given}
