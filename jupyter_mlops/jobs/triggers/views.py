"""Triggers as the REST schema has them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jupyter_mlops.errors import MlopsError
from jupyter_mlops.jobs.triggers.kind import TimedKind
from jupyter_mlops.jobs.triggers.kinds import all_kinds
from jupyter_mlops.jobs.triggers.life import state_of
from jupyter_mlops.store.tables import Trigger

HOOKS_PATH = "/jupyter-mlops/api/hooks"


def trigger_as_dict(trigger: Trigger) -> dict[str, Any]:
    """A trigger as `JobTrigger` in the OpenAPI file; one that cannot be read is shown with what is known."""
    kind = all_kinds().get(trigger.kind)
    problem, description = trigger.problem, None
    if kind is None:
        problem = f"The kind of trigger {trigger.kind!r} is not installed."
    else:
        try:
            description = kind.describe(trigger.spec)
        except (MlopsError, LookupError, TypeError, ValueError) as error:
            problem = problem or f"It cannot be read: {error}."
    return {
        "id": trigger.id,
        "job_id": trigger.job_id,
        "kind": trigger.kind,
        "spec": {} if kind is None else kind.shown(trigger.spec),
        "description": description,
        "state": state_of(trigger, kind),
        "active": trigger.active,
        "next_fire_at": _moment(shown_next_fire(trigger)),
        "starts_at": _moment(trigger.starts_at),
        "ends_at": _moment(trigger.ends_at),
        "missed": trigger.missed if isinstance(kind, TimedKind) else None,
        "jitter_s": trigger.jitter_s,
        "hook": f"{HOOKS_PATH}/{trigger.id}" if kind is not None and kind.has_token else None,
        "problem": problem,
        "created_at": _moment(trigger.created_at),
    }


def shown_next_fire(trigger: Trigger) -> datetime | None:
    """When it fires next, of a kind that knows beforehand."""
    timed = isinstance(all_kinds().get(trigger.kind), TimedKind)
    return trigger.next_fire_at if timed and trigger.active else None


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
