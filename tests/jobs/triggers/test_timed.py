"""Kinds that go by the clock: when they fire, and what becomes of fires that nobody has seen in time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trigger_bench import START, TriggerBench

from jupyter_mlops.errors import ScheduleError
from jupyter_mlops.jobs.triggers.cron import CronKind
from jupyter_mlops.jobs.triggers.firing import jitter
from jupyter_mlops.jobs.triggers.interval import IntervalKind
from jupyter_mlops.jobs.triggers.missed import MAX_MADE_UP, newest_fires
from jupyter_mlops.jobs.triggers.request import TriggerRequest

HOURLY = {"cron": "0 * * * *", "timezone": "UTC"}
NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"


def end_all(bench: TriggerBench) -> None:
    for run in bench.runs():
        if run.state == "queued":
            bench.end(run)


def test_an_interval_is_counted_from_its_anchor_so_that_late_ticks_do_not_move_it(
    bench: TriggerBench,
) -> None:
    trigger = bench.made("interval", seconds=90)
    for late_s in (90, 97, 83, 105):
        bench.tick(seconds=late_s)
        end_all(bench)
    fires = [run.scheduled_for for run in bench.runs(trigger)]
    assert fires == [START + timedelta(seconds=90 * count) for count in (1, 2, 3, 4)]
    assert bench.again(trigger).next_fire_at == START + timedelta(seconds=450)


@settings(max_examples=300, deadline=None)
@given(
    seconds=st.floats(1, 366 * 86400) | st.integers(1, 86400),
    after_s=st.floats(-1e8, 1e9),
)
def test_the_next_fire_of_an_interval_is_the_first_multiple_after_any_moment(
    seconds: float, after_s: float
) -> None:
    spec = {"seconds": seconds, "anchor": START.isoformat()}
    moment = START + timedelta(seconds=after_s)
    fire = IntervalKind().next_after(spec, moment)
    assert fire is not None and fire > moment and fire >= START
    assert after_s < 0 or fire - moment <= timedelta(seconds=seconds + 1e-3)


def test_once_fires_at_its_moment_and_has_ended(bench: TriggerBench) -> None:
    trigger = bench.made("once", at="2026-11-21T14:00:00+01:00")
    assert bench.tick(minutes=59) == 0
    assert bench.tick(minutes=1) == 1
    assert bench.tick(days=30) == 0
    (run,) = bench.runs(trigger)
    assert run.scheduled_for == START + timedelta(hours=1)
    now = bench.again(trigger)
    assert (now.active, now.next_fire_at, now.problem) == (False, None, None)
    with pytest.raises(ScheduleError, match="never fires again"):
        bench.triggers.change(trigger.id, {"active": True})


@pytest.mark.parametrize(
    ("zone", "cron", "start", "wanted"),
    [
        (NEW_YORK, "30 2 * * *", "2026-03-07T12:00", ["03-08 03:00-0400", "03-09 02:30-0400"]),
        (BERLIN, "30 2 * * *", "2026-03-28T12:00", ["03-29 03:00+0200", "03-30 02:30+0200"]),
        (NEW_YORK, "30 1 * * *", "2026-10-31T12:00", ["11-01 01:30-0400", "11-02 01:30-0500"]),
        (BERLIN, "30 2 * * *", "2026-10-24T12:00", ["10-25 02:30+0200", "10-26 02:30+0100"]),
        (NEW_YORK, "0 * * * *", "2026-11-01T00:30", ["11-01 01:00-0400", "11-01 01:00-0500"]),
        (BERLIN, "0 * * * *", "2026-03-29T00:30", ["03-29 01:00+0100", "03-29 03:00+0200"]),
    ],
)
def test_a_worker_that_ticks_through_a_change_of_clocks_makes_each_run_once(
    bench: TriggerBench, zone: str, cron: str, start: str, wanted: list[str]
) -> None:
    bench.now = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone)).astimezone(timezone.utc)
    trigger = bench.made("cron", cron=cron, timezone=zone)
    last = datetime.strptime(f"2026-{wanted[-1]}", "%Y-%m-%d %H:%M%z")
    while bench.now < last:
        bench.tick(at=min(bench.again(trigger).next_fire_at, last))
        end_all(bench)
    told = [run.scheduled_for.astimezone(ZoneInfo(zone)) for run in bench.runs(trigger)]
    assert [moment.strftime("%m-%d %H:%M%z") for moment in told] == wanted


@pytest.mark.parametrize(
    ("missed", "made"),
    [
        ("latest", [("queued", 5)]),
        ("all", [("queued", 1), ("skipped", 2), ("skipped", 3), ("skipped", 4), ("skipped", 5)]),
        ("skip", [("skipped", 5)]),
    ],
)
def test_fires_missed_in_five_hours_without_a_worker(
    bench: TriggerBench, missed: str, made: list[tuple[str, int]]
) -> None:
    """With `all`, the overlap policy of the job decides about each of them; here the first is under way."""
    trigger = bench.made("cron", **HOURLY, missed=missed)
    bench.tick(hours=5, minutes=10)
    runs = bench.runs(trigger)
    told = [(run.state, round((run.scheduled_for - START) / timedelta(hours=1))) for run in runs]
    assert told == made
    assert bench.tick() == 0
    assert bench.again(trigger).next_fire_at == START + timedelta(hours=6)
    if missed == "skip":
        assert runs[0].reason == "missed" and "13:00:00 UTC to 2026-11-21 17:00:00" in runs[0].message
    if missed == "latest":
        assert runs[0].cause["missed_since"] == (START + timedelta(hours=1)).isoformat()


def test_all_missed_fires_are_made_up_for_to_a_bound_the_newest(bench: TriggerBench) -> None:
    trigger = bench.made("interval", seconds=60, missed="all")
    bench.tick(hours=2, seconds=40)
    fires = [run.scheduled_for for run in bench.runs(trigger)]
    assert len(fires) == MAX_MADE_UP
    assert fires[-1] == START + timedelta(hours=2)


@pytest.mark.parametrize("missed", ["latest", "all", "skip"])
def test_fires_of_a_tick_that_is_a_little_late_are_on_time_for_each_policy(
    bench: TriggerBench, missed: str
) -> None:
    trigger = bench.made("interval", seconds=1, missed=missed)
    assert bench.tick(seconds=3) == 3
    assert [run.reason for run in bench.runs(trigger)] == [None, "overlap", "overlap"]


def test_a_month_of_fires_each_second_is_not_counted_one_by_one() -> None:
    kind, spec = CronKind(), {"cron": "* * * * * *", "timezone": "UTC"}
    asked = 0

    def next_after(moment: datetime) -> datetime | None:
        nonlocal asked
        asked += 1
        return kind.next_after(spec, moment)

    now = START + timedelta(days=30)
    assert newest_fires(next_after, START, now)[-1] == now
    assert asked < 200


def test_a_clock_stepped_back_makes_no_fire_twice(bench: TriggerBench) -> None:
    trigger = bench.made("interval", seconds=60)
    bench.tick(seconds=60)
    end_all(bench)
    with bench.store.session() as session:  # as a worker with another clock would leave it
        session.merge(trigger).next_fire_at = START + timedelta(seconds=60)
    assert bench.tick(at=START + timedelta(seconds=70)) == 0
    assert len(bench.runs(trigger)) == 1


def test_start_and_end_bound_the_fires(bench: TriggerBench) -> None:
    trigger = bench.made(
        "cron", **HOURLY, starts_at="2026-11-21T15:00:00Z", ends_at="2026-11-21T16:00:00+00:00"
    )
    assert trigger.next_fire_at == START + timedelta(hours=3)
    assert [bench.tick(hours=1) for _ in range(6)] == [0, 0, 1, 1, 0, 0]
    assert not bench.again(trigger).active


def test_jitter_delays_the_run_by_a_time_that_is_the_same_for_all_who_ask(bench: TriggerBench) -> None:
    trigger = bench.made("cron", **HOURLY, jitter_s=600)
    bench.tick(hours=1)
    (run,) = bench.runs(trigger)
    wait = run.not_before - run.scheduled_for
    assert timedelta(0) < wait <= timedelta(seconds=600)
    assert wait == jitter(trigger.id, run.fire_key, 600)
    waits = {jitter(f"{number}", "fire", 600) for number in range(200)}
    assert len(waits) == 200 and max(waits) - min(waits) > timedelta(seconds=500)


def test_a_paused_trigger_goes_on_from_where_it_is_resumed(bench: TriggerBench) -> None:
    trigger = bench.made("cron", **HOURLY, missed="all")
    bench.triggers.change(trigger.id, {"active": False})
    assert bench.tick(hours=3, minutes=30) == 0
    bench.triggers.change(trigger.id, {"active": True})
    assert bench.tick() == 0
    assert bench.tick(minutes=30) == 1


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        ("cron", {"cron": "61 * * * *", "timezone": "UTC"}, "cron"),
        ("cron", {"cron": "@daily"}, "timezone"),
        ("cron", {"cron": "@daily", "timezone": "Mars"}, "timezone"),
        ("interval", {"seconds": 0.5}, "seconds"),
        ("interval", {"seconds": True}, "seconds"),
        ("interval", {"seconds": float("nan")}, "seconds"),
        ("interval", {"seconds": 60, "anchor": "2026-11-21"}, "anchor"),
        ("interval", {"second": 60}, "second"),
        ("once", {}, "at"),
        ("once", {"at": "2026-11-21T11:59:59Z"}, "at"),
        ("once", {"at": "tomorrow"}, "at"),
        ("once", {"at": "2026-12-01T06:00:00"}, "at"),
        ("once", {"at": "2026-12-01T06:00:00Z", "ends_at": "2026-11-30T00:00:00Z"}, "ends_at"),
        ("interval", {"seconds": 60, "missed": "some"}, "missed"),
        ("interval", {"seconds": 60, "jitter_s": -1}, "jitter_s"),
        ("interval", {"seconds": 60, "starts_at": 7}, "starts_at"),
        ("interval", {"seconds": 60, "active": "yes"}, "active"),
        ("interval", {"spec": {"seconds": 60}, "seconds": 60}, "seconds"),
        ("hourly", {}, "kind"),
        ("file", {"path": "a", "missed": "all"}, "missed"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_field_and_nothing_is_stored(
    bench: TriggerBench, kind: str, given: dict[str, object], field: str
) -> None:
    job = bench.job()
    with pytest.raises(ScheduleError) as refused:
        bench.triggers.add(job.id, TriggerRequest.parse({"kind": kind, **given}))
    assert refused.value.field == field
    assert bench.all_triggers() == []


@pytest.mark.parametrize(
    ("given", "description", "fires"),
    [
        (
            {"kind": "cron", "cron": "30 6 * * 1-5", "timezone": "Europe/Berlin"},
            "At 06:30 on Monday through Friday (Europe/Berlin)",
            5,
        ),
        ({"kind": "interval", "seconds": 900}, "Every 15 minutes", 5),
        ({"kind": "interval", "seconds": 1.5}, "Every 1.5 seconds", 5),
        ({"kind": "interval", "seconds": 86400}, "Every day", 5),
        ({"kind": "once", "at": "2026-12-01T06:00:00+01:00"}, "Once, at 2026-12-01 05:00 UTC", 1),
        ({"kind": "file", "path": "data/*.csv"}, "When a file of data/*.csv is made or changed", 0),
        ({"kind": "http"}, "When its address is called with its token", 0),
        ({"kind": "registry", "model": "churn"}, "When the model churn has a new version", 0),
    ],
)
def test_a_preview_says_in_english_what_it_is_and_the_next_five_fires(
    bench: TriggerBench, given: dict[str, object], description: str, fires: int
) -> None:
    told = bench.triggers.preview(given)
    assert told["description"] == description
    assert len(told["next_fires"]) == fires
    assert told["next_fires"] == sorted(told["next_fires"])
    assert all(datetime.fromisoformat(fire) > START for fire in told["next_fires"])


def test_a_bad_row_is_paused_with_its_problem_and_holds_up_no_other(bench: TriggerBench) -> None:
    bad, good = bench.made("interval", seconds=60), bench.made("interval", seconds=60)
    with bench.store.session() as session:
        session.merge(bad).spec = {"seconds": "often"}
    assert bench.tick(seconds=60) == 1
    assert [run.trigger_id for run in bench.runs()] == [good.id]
    assert not bench.again(bad).active and "Paused" in (bench.again(bad).problem or "")
