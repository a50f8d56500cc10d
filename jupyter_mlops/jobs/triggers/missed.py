"""Which fires of a kind that goes by the clock are made, after time in which nobody looked."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from jupyter_mlops.jobs.policies import Missed
from jupyter_mlops.jobs.triggers.kind import Fire

ON_TIME = timedelta(seconds=30)
"""A fire that nobody has seen for so long is missed: a worker that was killed has been replaced before."""
MAX_MADE_UP = 25

NextAfter = Callable[[datetime], "datetime | None"]


def due_fires(
    next_after: NextAfter, first: datetime, now: datetime, missed: Missed, cause: dict[str, Any]
) -> list[Fire]:
    """The fires to be made of those from `first` to `now`, oldest first.

    Those on time are all made. Of those missed, `latest` makes one, for the newest, if none is on time;
    `all` makes the newest 25; `skip` leaves one row that says so.
    """
    due = newest_fires(next_after, first, now)
    on_time = [_fire(moment, cause) for moment in due if now - moment <= ON_TIME]
    late = [_fire(moment, cause) for moment in due if now - moment > ON_TIME]
    if not late:
        return on_time
    if missed == "all":
        return late + on_time
    if missed == "skip":
        told = f"Skipped: nobody was there to fire from {_told(first)} to {_told(late[-1].scheduled_for)}."
        return [replace(late[-1], skipped=told), *on_time]
    if on_time:
        return on_time
    since = {"missed_since": first.isoformat()} if first != late[-1].scheduled_for else {}
    return [replace(late[-1], cause={**late[-1].cause, **since})]


def newest_fires(next_after: NextAfter, first: datetime, now: datetime) -> list[datetime]:
    """The newest 25 of the fires from `first`, which is one, to `now`.

    Looks back twice as far each time, so that a job that fires each second has not all its seconds of a
    month counted.
    """
    window = timedelta(minutes=1)
    while now - window > first:
        found = deque(_fires(next_after, now - window, now), maxlen=MAX_MADE_UP)
        if len(found) == MAX_MADE_UP:
            return list(found)
        window *= 2
    return list(deque([first, *_fires(next_after, first, now)], maxlen=MAX_MADE_UP))


def _fires(next_after: NextAfter, after: datetime, until: datetime) -> Iterator[datetime]:
    moment = next_after(after)
    while moment is not None and moment <= until:
        yield moment
        moment = next_after(moment)


def _fire(moment: datetime, cause: dict[str, Any]) -> Fire:
    return Fire(moment.isoformat(), cause, scheduled_for=moment)


def _told(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"
