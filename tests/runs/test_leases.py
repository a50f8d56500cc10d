"""Which leases nobody renews is told by a clock that only goes forward, and by no other."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from jupyter_mlops.runs.leases import LeaseWatch
from jupyter_mlops.runs.queue import Lease

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)
STEP_S = 3.0


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def look(watch: LeaseWatch, clock: Clock, *leases: Lease, dead: tuple[str, ...] = ()) -> list[str]:
    clock.now += STEP_S
    return [lease.attempt_id for lease in watch.run_out(leases, dead)]


def lease(attempt: str, renewed_s: float = 0, worker: str = "w") -> Lease:
    return Lease(attempt, worker, NOW + timedelta(seconds=renewed_s))


def test_a_lease_runs_out_when_it_was_not_renewed_for_as_long_as_it_lasts() -> None:
    clock = Clock()
    watch = LeaseWatch(clock, lease_s=15)
    looks = [look(watch, clock, lease("gone"), lease("alive", beat)) for beat in range(7)]
    assert looks == [[], [], [], [], [], ["gone"], ["gone"]]


def test_a_lease_far_in_the_past_or_in_the_future_counts_like_any_other() -> None:
    """As after the clock was set forward or back by hours: nothing that is renewed is taken away."""
    clock = Clock()
    watch = LeaseWatch(clock, lease_s=15)
    for beat in range(10):
        past, future = lease("past", beat - 9e5), lease("future", beat + 9e5)
        assert look(watch, clock, past, future) == []
    for _ in range(4):
        assert look(watch, clock, past, future) == []
    assert look(watch, clock, past, future) == ["past", "future"]


def test_the_lease_of_a_worker_known_to_be_dead_runs_out_sooner() -> None:
    clock = Clock()
    watch = LeaseWatch(clock, lease_s=15)
    looks = [look(watch, clock, lease("a", worker="dead"), lease("b"), dead=("dead",)) for _ in range(3)]
    assert looks == [[], [], ["a"]]


def test_who_slept_takes_nothing_away_before_it_has_looked_long_enough_anew() -> None:
    clock = Clock()
    watch = LeaseWatch(clock, lease_s=15)
    look(watch, clock, lease("a"))
    clock.now += 3600
    looks = [look(watch, clock, lease("a")) for _ in range(6)]
    assert looks == [[], [], [], [], [], ["a"]]
