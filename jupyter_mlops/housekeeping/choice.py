"""Which runs of a job go, by its limits: a plain function of what is known of the runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from jupyter_mlops.housekeeping.limits import Limits
from jupyter_mlops.runs.states import RunState

SETTLED = timedelta(minutes=1)
"""So long after its end a run is left alone: its last files and messages may still be under way."""

PROVES = timedelta(hours=1)
"""A trigger that watches something looks so far back at most, and knows by its runs what it has fired for."""

Why = Literal["older_than", "keep", "max_size"]


@dataclass(frozen=True)
class Candidate:
    """A run, as far as it matters here."""

    id: str
    state: RunState
    created_at: datetime
    ended_at: datetime | None
    made_a_model: bool
    watched_by: str | None = None
    """The trigger that made it, if that watches something and not the clock."""


def choose_runs(
    runs: Sequence[Candidate], limits: Limits, now: datetime, size_of: Callable[[Candidate], int]
) -> list[tuple[Candidate, Why]]:
    """The runs that go, the oldest first, each with the first limit that says so.

    None goes that is queued or running, that is the job's last success, that a model version came from, that
    ended within the last minute, or that keeps its trigger from firing for the same thing again.

    Args:
        runs: all of one job.
        limits: what is kept.
        now: the moment.
        size_of: how many bytes a run's outputs take; asked only where `max_bytes` is set.
    """
    ended = sorted(
        (run for run in runs if run.ended_at), key=lambda run: (run.created_at, run.id), reverse=True
    )
    successes = [run.id for run in ended if run.state is RunState.SUCCEEDED]
    newest_fires = _newest_fires(runs)
    free = [
        run for run in ended if _is_free(run, successes[:1], now) and not _proves_a_fire(run, newest_fires)
    ]
    going: dict[str, Why] = {}
    for run in free:
        if limits.older_than is not None and run.ended_at and run.ended_at < now - limits.older_than:
            going[run.id] = "older_than"
    if limits.keep is not None:
        too_many = {run.id for run in ended[limits.keep :]}
        going.update({run.id: "keep" for run in free if run.id in too_many and run.id not in going})
    if limits.max_bytes is not None:
        going.update(_too_large(ended, free, going, limits.max_bytes, size_of))
    return [(run, going[run.id]) for run in reversed(free) if run.id in going]


def _is_free(run: Candidate, last_success: Sequence[str], now: datetime) -> bool:
    return (
        run.state.is_final
        and run.ended_at is not None
        and run.ended_at < now - SETTLED
        and not run.made_a_model
        and run.id not in last_success
    )


def _newest_fires(runs: Sequence[Candidate]) -> dict[str, datetime]:
    newest: dict[str, datetime] = {}
    for run in runs:
        if run.watched_by is not None:
            newest[run.watched_by] = max(run.created_at, newest.get(run.watched_by, run.created_at))
    return newest


def _proves_a_fire(run: Candidate, newest_fires: dict[str, datetime]) -> bool:
    return run.watched_by is not None and run.created_at >= newest_fires[run.watched_by] - PROVES


def _too_large(
    ended: Sequence[Candidate],
    free: Sequence[Candidate],
    going: dict[str, Why],
    max_bytes: int,
    size_of: Callable[[Candidate], int],
) -> dict[str, Why]:
    sizes = {run.id: size_of(run) for run in ended if run.id not in going}
    total = sum(sizes.values())
    chosen: dict[str, Why] = {}
    for run in reversed(free):
        if total <= max_bytes:
            break
        if sizes.get(run.id):
            chosen[run.id] = "max_size"
            total -= sizes[run.id]
    return chosen
