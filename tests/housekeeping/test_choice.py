"""Which runs go: never one that is needed, the oldest first, and no more than the limits say."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.housekeeping.choice import SETTLED, Candidate, choose_runs
from jupyter_mlops.housekeeping.limits import Limits, parse_size
from jupyter_mlops.runs.states import RunState

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=timezone.utc)
FAILED, SUCCEEDED = RunState.FAILED, RunState.SUCCEEDED


def run(days_old: float, state: RunState = FAILED, *, model: bool = False, name: str = "") -> Candidate:
    at = NOW - timedelta(days=days_old)
    return Candidate(name or f"{days_old}", state, at, at if state.is_final else None, model)


def chosen(runs: list[Candidate], limits: Limits, size: int = 10) -> list[str]:
    return [candidate.id for candidate, _ in choose_runs(runs, limits, NOW, lambda _: size)]


def test_by_age_what_ended_longer_ago_goes_the_oldest_first() -> None:
    assert chosen([run(1), run(31), run(40)], Limits(older_than=timedelta(days=30))) == ["40", "31"]


def test_by_count_all_but_the_newest_go_and_those_that_stay_anyway_are_counted() -> None:
    assert chosen([run(1), run(2), run(3), run(4)], Limits(keep=2)) == ["4", "3"]
    assert chosen([run(1, model=True), run(2), run(3)], Limits(keep=1)) == ["3", "2"]
    assert chosen([run(1), run(2)], Limits(keep=0)) == ["2", "1"]


def test_by_size_the_oldest_go_until_the_rest_fits() -> None:
    runs = [run(1), run(2), run(3), run(4)]
    assert chosen(runs, Limits(max_bytes=25)) == ["4", "3"]
    assert chosen(runs, Limits(max_bytes=40)) == []
    assert chosen(runs, Limits(max_bytes=0), size=0) == [], "what takes nothing frees nothing"


def test_what_one_limit_takes_the_others_do_not_count_again() -> None:
    runs = [run(1), run(2), run(40)]
    assert chosen(runs, Limits(older_than=timedelta(days=30), max_bytes=20)) == ["40"]


@pytest.mark.parametrize(
    "limits", [Limits(keep=0), Limits(older_than=timedelta(minutes=2)), Limits(max_bytes=0)]
)
def test_what_is_needed_stays(limits: Limits) -> None:
    needed = [
        run(9, RunState.QUEUED),
        run(9.5, RunState.RUNNING),
        run(5, SUCCEEDED, name="the last success"),
        run(30, FAILED, model=True, name="a model came from it"),
        run(SETTLED / timedelta(days=1) / 2, name="it has just ended"),
    ]
    assert chosen([*needed, run(6, SUCCEEDED), run(7)], limits) == ["7", "6"]


def test_the_last_fires_of_a_trigger_that_watches_stay_so_that_it_does_not_fire_for_them_again() -> None:
    def fire(days_old: float, trigger: str | None) -> Candidate:
        at = NOW - timedelta(days=days_old)
        return Candidate(f"{days_old}", FAILED, at, at, made_a_model=False, watched_by=trigger)

    runs = [fire(3, "a"), fire(3.01, "a"), fire(4, "a"), fire(1, None), fire(9, "b"), fire(10, "b")]
    assert chosen(runs, Limits(keep=0)) == ["10", "4", "1"]


@given(
    runs=st.lists(
        st.builds(
            run,
            st.floats(0, 100),
            st.sampled_from(RunState),
            model=st.booleans(),
            name=st.uuids().map(str),
        ),
        max_size=30,
    ),
    limits=st.builds(
        Limits,
        st.none() | st.timedeltas(timedelta(minutes=1), timedelta(days=99)),
        st.none() | st.integers(0, 30),
        st.none() | st.integers(0, 300),
    ),
)
def test_whatever_the_limits_nothing_needed_goes_and_they_hold_for_the_rest(
    runs: list[Candidate], limits: Limits
) -> None:
    gone = set(chosen(runs, limits))
    by_id = {candidate.id: candidate for candidate in runs}
    ended = sorted((c for c in runs if c.ended_at), key=lambda c: (c.created_at, c.id), reverse=True)
    last = next((c.id for c in ended if c.state is SUCCEEDED), None)
    for one in gone:
        assert by_id[one].state.is_final and not by_id[one].made_a_model and one != last
    stays = [
        c.id
        for c in ended
        if c.made_a_model or c.id == last or (c.ended_at is not None and c.ended_at >= NOW - SETTLED)
    ]
    left = [c.id for c in ended if c.id not in gone]
    if limits.keep is not None:
        assert all(one in stays for one in left[limits.keep :])
    if limits.max_bytes is not None and len(left) * 10 > limits.max_bytes:
        assert set(left) <= set(stays)
    assert set(chosen([c for c in runs if c.id not in gone], limits)) <= gone, "a second clean finds nothing"


def test_limits_are_read_as_people_write_them() -> None:
    text = "older_than=30d, keep=20, max_size=1.5GiB"
    expected = Limits(timedelta(days=30), 20, 1_610_612_736)
    assert Limits.parse_text(text, "X") == expected
    assert Limits.parse({"older_than": "30d", "keep": 20, "max_size": "1.5GiB"}) == expected
    assert not Limits.parse_text("off", "X") and not Limits.parse_text("", "X") and expected
    assert (parse_size("500MB", "x"), parse_size("2 kib", "x"), parse_size("7b", "x")) == (
        500_000_000,
        2048,
        7,
    )


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"keep": -1}, "policies.retention.keep"),
        ({"keep": True}, "policies.retention.keep"),
        ({"older_than": "soon"}, "policies.retention.older_than"),
        ({"max_size": "much"}, "policies.retention.max_size"),
        ({"max_age": "3d"}, "policies.retention"),
        ("30d", "policies.retention"),
    ],
)
def test_limits_that_cannot_be_are_refused_by_name(given: object, field: str) -> None:
    with pytest.raises(BadInputError) as refused:
        Limits.parse(given)
    assert refused.value.field == field
