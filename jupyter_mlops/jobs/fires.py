"""Firing the triggers that go by the clock; those that watch something are `triggers/lookout.py`'s."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import contains_eager

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import StoreError
from jupyter_mlops.jobs.triggers.firing import Due, make_runs
from jupyter_mlops.jobs.triggers.kind import TimedKind
from jupyter_mlops.jobs.triggers.kinds import kind_named, timed_kinds
from jupyter_mlops.jobs.triggers.life import next_fire, pause_broken
from jupyter_mlops.jobs.triggers.missed import due_fires
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Job, Trigger

log = logging.getLogger(__name__)
Found = TypeVar("Found")
PASSING = (OperationalError, StoreError, OSError)
"""The store is locked, its disk is full, its server is gone: no trigger's fault."""
BATCH = 250
"""How many triggers fire in one transaction: few enough that no other writer waits for long."""
MOST_S = 2.0
"""For so long one call fires; what is still due then is the next one's."""


def fire_due_triggers(store: Store, settings: Settings, now: datetime) -> int:
    """Make the runs of every trigger that is due by the clock; answers with how many were made.

    What becomes of fires that nobody has seen in time is each trigger's own policy. One bad trigger is
    paused with its problem, and holds up no other.

    Raises:
        OperationalError, StoreError, OSError: the store refuses; what is due stays so.
    """
    began, made = time.monotonic(), 0
    while time.monotonic() - began < MOST_S:
        triggers = _due_triggers(store, now)
        made += _fire_all(store, settings, triggers, now)
        if len(triggers) < BATCH:
            break
    return made


def _due_triggers(store: Store, now: datetime) -> Sequence[Trigger]:
    """The next that are due, the longest due first."""
    query = (
        select(Trigger)
        .join(Trigger.job)
        .options(contains_eager(Trigger.job).lazyload(Job.triggers))
        .where(
            Trigger.active,
            Trigger.next_fire_at <= now,
            Trigger.kind.in_(timed_kinds()),
            Job.deleted_at.is_(None),
        )
        .order_by(Trigger.next_fire_at, Trigger.id)
        .limit(BATCH)
    )
    with store.reading() as session:
        return session.scalars(query).all()


def _fire_all(store: Store, settings: Settings, triggers: Sequence[Trigger], now: datetime) -> int:
    """Fire triggers together; if that fails, each by itself, so that the one at fault is found."""
    found = [_guarded(store, trigger, partial(_due, trigger, now)) for trigger in triggers]
    due = [one for one in found if one is not None]
    if not due:
        return 0
    try:
        return len(make_runs(store, settings, due, now))
    except PASSING:
        raise
    except Exception:
        log.exception("%d triggers cannot fire together; each is fired by itself", len(due))
    made = [_guarded(store, one.trigger, partial(make_runs, store, settings, [one], now)) for one in due]
    return sum(len(runs or ()) for runs in made)


def _guarded(store: Store, trigger: Trigger, work: Callable[[], Found]) -> Found | None:
    """What a trigger's work gives; None where the trigger itself is at fault, which pauses it."""
    try:
        return work()
    except PASSING:
        raise
    except Exception as error:
        log.exception("trigger %s of job %s cannot fire", trigger.id, trigger.job.name)
        pause_broken(store, trigger, error)
        return None


def _due(trigger: Trigger, now: datetime) -> Due:
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
    return Due(trigger, fires, {"next_fire_at": following, "active": following is not None})
