"""Jobs and runs as the REST schema has them; the CLI's `--json` and the magics show the same."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_mlops.jobs.policies import shown_policies
from jupyter_mlops.jobs.triggers.views import trigger_as_dict
from jupyter_mlops.runs.live.progress import Progress
from jupyter_mlops.runs.remote.output import RemoteOutput
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store.stored_json import BROKEN_MOMENT, broken_columns
from jupyter_mlops.store.tables import Attempt, Job, Run, Trigger

if TYPE_CHECKING:
    from jupyter_mlops.jobs.run_actions import ActionResult


def run_as_dict(run: Run) -> dict[str, Any]:
    """A run as `Run` in the OpenAPI file."""
    return {
        "id": run.id,
        "job_id": run.job_id,
        "job_name": run.job.name,
        "notebook": run.notebook,
        "state": run.state,
        "reason": run.reason,
        "message": run.message,
        "parameters": run.parameters,
        "kernel": run.kernel,
        "register_model": run.register_model,
        "registration": run.registration or {},
        "environment": run.environment or {},
        "scheduled_for": _moment(run.scheduled_for),
        "created_at": _moment(run.created_at),
        "started_at": _moment(run.started_at),
        "ended_at": _moment(run.ended_at),
        "duration_s": duration_s(run),
        "cells_total": run.cells_total,
        "cells_done": run.cells_done,
        "progress": None if (progress := run_progress(run)) is None else progress.as_dict(),
        "resumable_until": resumable_until(run),
        "findings": (run.progress or {}).get("findings", []),
        "failed_cell": run.failed_cell,
        "output_path": relative_to_root(run),
        "remote_output": None if (copy := RemoteOutput.of(run)) is None else copy.as_dict(),
        "snapshot_sha": run.snapshot_sha,
        "mlflow_run_id": run.mlflow_run_id,
        "mlflow_experiment_id": run.mlflow_experiment_id,
        "metrics": run.metrics,
        "model_name": run.register_model if run.model_version else None,
        "model_version": run.model_version,
        "cancel_requested": run.cancel_requested,
        "policies": shown_policies(run.policies or {}),
        "priority": run.priority,
        "not_before": _moment(run.not_before),
        "cause": {name: value for name, value in (run.cause or {}).items() if name != "fingerprint"},
        "batch_id": run.batch_id,
        "problem": _damage(run),
    }


def resumable_until(run: Run) -> str | None:
    """Until when a failed run's kernel is kept; None when it is not, or no longer."""
    until = (run.progress or {}).get("resumable_until")
    if run.state != RunState.FAILED.value or until is None:
        return None
    return str(until) if datetime.fromisoformat(until) > datetime.now(timezone.utc) else None


def run_progress(run: Run) -> Progress | None:
    """How far a run is while it goes on; None before, and after its end."""
    return Progress.of(run.progress or {}) if run.state == RunState.RUNNING.value else None


def job_as_dict(job: Job, last_run: Run | None) -> dict[str, Any]:
    """A job as `Job` in the OpenAPI file."""
    return {
        "id": job.id,
        "name": job.name,
        "notebook": job.notebook,
        "parameters": job.parameters,
        "kernel": job.kernel,
        "register_model": job.register_model,
        "registration": job.registration or {},
        "environment": job.environment or {},
        "policies": shown_policies(job.policies or {}),
        "presets": job.presets or {},
        "problem": _damage(job),
        "trigger": next((_schedule_as_dict(one) for one in job.triggers if one.kind == "cron"), None),
        "triggers": [trigger_as_dict(trigger) for trigger in job.triggers],
        "created_at": _moment(job.created_at),
        "updated_at": _moment(job.updated_at),
        "last_run": None if last_run is None else run_as_dict(last_run),
    }


def attempt_as_dict(attempt: Attempt) -> dict[str, Any]:
    """An attempt as `Attempt` in the OpenAPI file."""
    return {
        "id": attempt.id,
        "number": attempt.number,
        "state": attempt.state,
        "reason": attempt.reason,
        "message": attempt.message,
        "worker_id": attempt.worker_id,
        "started_at": _moment(attempt.started_at),
        "ended_at": _moment(attempt.ended_at),
        "mlflow_run_id": attempt.mlflow_run_id,
    }


def action_as_dict(result: ActionResult) -> dict[str, Any]:
    """What came of an action for one run, as `ActionResult` in the OpenAPI file."""
    return {
        "id": result.id,
        "run": None if result.run is None else run_as_dict(result.run),
        "problem": None if result.problem is None else result.problem.as_problem(),
    }


def _damage(row: Run | Job) -> str | None:
    """What of a damaged row cannot be read; None for a good one."""
    columns = broken_columns(row)
    return f"This row is damaged: {', '.join(columns)} cannot be read." if columns else None


def duration_s(run: Run) -> float | None:
    """Seconds from start to end, None for a run that has not both."""
    if run.started_at is None or run.ended_at is None or BROKEN_MOMENT in (run.started_at, run.ended_at):
        return None
    return (run.ended_at - run.started_at).total_seconds()


def relative_to_root(run: Run) -> str | None:
    """The executed notebook's path: relative to the root, with forward slashes, when it is under it."""
    if run.output_path is None:
        return None
    path = Path(run.output_path)
    return path.relative_to(run.root).as_posix() if path.is_relative_to(run.root) else str(path)


def _schedule_as_dict(trigger: Trigger) -> dict[str, Any]:
    return {
        "id": trigger.id,
        "cron": trigger.spec["cron"],
        "timezone": trigger.spec["timezone"],
        "active": trigger.active,
        "next_fire_at": _moment(trigger.next_fire_at) if trigger.active else None,
        "problem": trigger.problem,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None or moment == BROKEN_MOMENT else moment.isoformat()
