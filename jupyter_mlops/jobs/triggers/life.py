"""The life of a trigger's row: it starts, is paused, goes on, and comes to its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import update

from jupyter_mlops.errors import ConflictError, ScheduleError
from jupyter_mlops.jobs.triggers.kind import TimedKind, TriggerKind, WatchingKind
from jupyter_mlops.jobs.triggers.kinds import fired_by_workers, kind_named
from jupyter_mlops.jobs.triggers.spec_fields import read_moment
from jupyter_mlops.store import Store, changes
from jupyter_mlops.store.tables import Job, Trigger

State = Literal["active", "paused", "ended"]


def start(trigger: Trigger, now: datetime, root: Path) -> None:
    """Let a trigger fire from now on: not for what happened before, also when it was paused meanwhile.

    Args:
        trigger: new, or to go on.
        now: the moment.
        root: of its job.

    Raises:
        ScheduleError: it will never fire again, or what it is to watch cannot be watched.
    """
    kind = kind_named(trigger.kind)
    if isinstance(kind, TimedKind):
        trigger.next_fire_at = next_fire(kind, trigger, now)
        if trigger.next_fire_at is None:
            raise _never(trigger, now)
    elif trigger.ends_at is not None and trigger.ends_at <= now:
        raise _never(trigger, now)
    elif isinstance(kind, WatchingKind):
        trigger.seen = {"since": now.isoformat(), **kind.baseline(trigger.spec, root)}
        trigger.next_fire_at = now
    trigger.active, trigger.problem = True, None


def set_all_active(job: Job, active: bool, now: datetime) -> None:
    """Pause or resume all triggers of a job; those that never fire again stay as they are.

    Raises:
        ConflictError: it has none, or none that could go on.
    """
    if not job.triggers:
        raise ConflictError(f"The job {job.name!r} has no schedule.", field="active")
    if not active:
        for trigger in job.triggers:
            trigger.active = False
    elif not _start_all(job.triggers, now, Path(job.root)):
        raise ConflictError(f"No trigger of the job {job.name!r} will ever fire again.", field="active")


def restart_all(job: Job, now: datetime) -> None:
    """Let the active triggers of a job that was deleted fire from now on; one that never will has ended."""
    _start_all([trigger for trigger in job.triggers if trigger.active], now, Path(job.root))


def _start_all(triggers: Sequence[Trigger], now: datetime, root: Path) -> int:
    """Start triggers; answers with how many could."""
    started = 0
    for trigger in triggers:
        try:
            start(trigger, now, root)
            started += 1
        except ScheduleError as error:
            trigger.active, trigger.problem = False, trigger.problem or error.message
    return started


def next_fire(kind: TimedKind, trigger: Trigger, moment: datetime) -> datetime | None:
    """The first fire strictly after a moment that lies between the trigger's own start and end."""
    if trigger.starts_at is not None and trigger.starts_at > moment:
        moment = trigger.starts_at - timedelta(microseconds=1)
    fire = kind.next_after(trigger.spec, moment)
    if fire is None or (trigger.ends_at is not None and fire > trigger.ends_at):
        return None
    return fire


def state_of(trigger: Trigger, kind: TriggerKind | None) -> State:
    """Whether it can fire, was paused, or has nothing more to fire for."""
    if trigger.active:
        return "active"
    return "ended" if trigger.next_fire_at is None and isinstance(kind, TimedKind) else "paused"


def needs_worker(trigger: Trigger) -> bool:
    """Whether it fires only as long as a worker is alive."""
    return trigger.active and trigger.kind in fired_by_workers()


def watched_since(trigger: Trigger) -> datetime:
    """What happened before does not count for it."""
    since = trigger.seen.get("since")
    return read_moment(since, "since") if since else trigger.created_at


def pause_broken(store: Store, trigger: Trigger, error: Exception) -> None:
    """Pause a trigger that cannot fire, and say why."""
    with store.session() as session:
        session.execute(
            update(Trigger)
            .where(Trigger.id == trigger.id)
            .values(active=False, problem=f"Paused: it could not fire ({error}).")
        )
        changes.record(session, "job", trigger.job_id, root=trigger.job.root)


def _never(trigger: Trigger, now: datetime) -> ScheduleError:
    if trigger.ends_at is not None:
        what = "is past" if trigger.ends_at <= now else "comes before its first fire"
        return ScheduleError(
            f"The trigger never fires: its end, {trigger.ends_at:%Y-%m-%d %H:%M} UTC, {what}.",
            field="ends_at",
            hint="Give a later end, or none.",
        )
    return ScheduleError(
        "The trigger never fires again.",
        field="at" if trigger.kind == "once" else "kind",
        hint="Give it another time, or make a new one.",
    )
