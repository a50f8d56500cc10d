"""Firing the triggers that go by the clock; those that watch something are `triggers/lookout.py`'s."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import select

from jupyter_mlops.config import Settings
from jupyter_mlops.jobs.triggers.firing import make_runs
from jupyter_mlops.jobs.triggers.kind import TimedKind
from jupyter_mlops.jobs.triggers.kinds import kind_named, timed_kinds
from jupyter_mlops.jobs.triggers.life import next_fire, pause_broken
from jupyter_mlops.jobs.triggers.missed import due_fires
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Job, Trigger

log = logging.getLogger(__name__)
MAX_FIRES = 100


def fire_due_triggers(store: Store, settings: Settings, now: datetime) -> int:
    """Make the runs of every trigger that is due by the clock; answers with how many were made.

    What becomes of fires that nobody has seen in time is each trigger's own policy. One bad trigger is
    paused with its problem, and holds up no other.
    """
    with store.reading() as session:
        due = session.scalars(
            select(Trigger)
            .join(Job)
            .where(
                Trigger.active,
                Trigger.next_fire_at <= now,
                Trigger.kind.in_(timed_kinds()),
                Job.deleted_at.is_(None),
            )
            .order_by(Trigger.next_fire_at)
            .limit(MAX_FIRES)
        ).all()
    made = 0
    for trigger in due:
        try:
            made += _fire(store, settings, trigger, now)
        except Exception as error:
            log.exception("trigger %s of job %s cannot fire", trigger.id, trigger.job.name)
            pause_broken(store, trigger, error)
    return made


def _fire(store: Store, settings: Settings, trigger: Trigger, now: datetime) -> int:
    kind = kind_named(trigger.kind)
    assert isinstance(kind, TimedKind) and trigger.next_fire_at is not None
    fires = due_fires(
        lambda moment: next_fire(kind, trigger, moment),
        trigger.next_fire_at,
        now,
        trigger.missed,  # type: ignore[arg-type] # checked when it was stored
        kind.cause(trigger.spec),
    )
    following = next_fire(kind, trigger, now)
    moved_on = {"next_fire_at": following, "active": following is not None}
    return len(make_runs(store, settings, trigger, fires, moved_on, now))
