"""When a schedule fires: zones, changes of clocks, and refusals that name the field."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_mlops.errors import ScheduleError
from jupyter_mlops.jobs.cron import parse_schedule

UTC = timezone.utc
BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"


def local_fires(cron: str, zone: str, start: str, count: int) -> list[str]:
    """The next fires in wall time with offset, from a local wall time on."""
    after = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone))
    fires = parse_schedule(cron, zone).next_fires(count, after)
    return [fire.astimezone(ZoneInfo(zone)).strftime("%m-%d %H:%M%z") for fire in fires]


@pytest.mark.parametrize(
    ("zone", "start", "cron", "expected"),
    [
        (NEW_YORK, "2026-03-07T12:00", "30 2 * * *", ["03-08 03:00-0400", "03-09 02:30-0400"]),
        (BERLIN, "2026-03-28T12:00", "30 2 * * *", ["03-29 03:00+0200", "03-30 02:30+0200"]),
        (NEW_YORK, "2026-03-07T12:00", "0 3 * * *", ["03-08 03:00-0400", "03-09 03:00-0400"]),
        (NEW_YORK, "2026-03-07T12:00", "15,45 2 * * *", ["03-08 03:00-0400", "03-09 02:15-0400"]),
        (NEW_YORK, "2026-03-07T12:00", "0 30 2 * * *", ["03-08 03:00-0400", "03-09 02:30-0400"]),
        (NEW_YORK, "2026-03-08T00:30", "0 * * * *", ["03-08 01:00-0500", "03-08 03:00-0400"]),
        (BERLIN, "2026-03-29T01:10", "*/30 * * * *", ["03-29 01:30+0100", "03-29 03:00+0200"]),
        (NEW_YORK, "2026-03-08T00:30", "0 */2 * * *", ["03-08 04:00-0400", "03-08 06:00-0400"]),
        (LORD_HOWE, "2026-10-03T12:00", "15 2 * * *", ["10-04 02:30+1100", "10-05 02:15+1100"]),
    ],
)
def test_when_clocks_go_forward_no_fire_is_lost_and_none_has_a_time_that_does_not_exist(
    zone: str, start: str, cron: str, expected: list[str]
) -> None:
    assert local_fires(cron, zone, start, 2) == expected


@pytest.mark.parametrize(
    ("zone", "start", "cron", "expected"),
    [
        (NEW_YORK, "2026-10-31T12:00", "30 1 * * *", ["11-01 01:30-0400", "11-02 01:30-0500"]),
        (BERLIN, "2026-10-24T12:00", "30 2 * * *", ["10-25 02:30+0200", "10-26 02:30+0100"]),
        (NEW_YORK, "2026-11-01T00:30", "0 * * * *", ["11-01 01:00-0400", "11-01 01:00-0500"]),
        (BERLIN, "2026-10-25T02:10", "*/30 * * * *", ["10-25 02:30+0200", "10-25 02:00+0100"]),
        (LORD_HOWE, "2026-04-04T12:00", "45 1 * * *", ["04-05 01:45+1100", "04-06 01:45+1030"]),
    ],
)
def test_when_clocks_go_back_a_daily_job_fires_once_and_an_hourly_one_by_elapsed_time(
    zone: str, start: str, cron: str, expected: list[str]
) -> None:
    assert local_fires(cron, zone, start, 2) == expected


@pytest.mark.parametrize("zone", [NEW_YORK, BERLIN, LORD_HOWE, "UTC", "America/Sao_Paulo"])
@pytest.mark.parametrize("cron", ["30 1 * * *", "30 2 * * *", "15,45 2 * * *", "0 * * * *", "*/20 * * * *"])
def test_asked_at_any_minute_of_a_change_the_next_fire_is_always_later(zone: str, cron: str) -> None:
    schedule = parse_schedule(cron, zone)
    for day in (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC)):
        for minute in range(0, 24 * 60, 5):
            moment = day + timedelta(minutes=minute)
            assert schedule.next_after(moment) > moment


@pytest.mark.parametrize("zone", [NEW_YORK, BERLIN])
def test_a_daily_job_fires_once_on_each_day_of_a_year(zone: str) -> None:
    fires = parse_schedule("30 2 * * *", zone).next_fires(365, datetime(2026, 1, 1, 12, tzinfo=UTC))
    days = [fire.astimezone(ZoneInfo(zone)).date() for fire in fires]
    assert days == [days[0] + timedelta(days=index) for index in range(365)]


def test_one_fire_after_the_other_is_the_same_as_all_at_once() -> None:
    schedule = parse_schedule("15,45 1-3 * * *", NEW_YORK)
    after = datetime(2026, 10, 31, 12, tzinfo=UTC)
    together = schedule.next_fires(20, after)
    moment, single = after, []
    for _ in together:
        moment = schedule.next_after(moment)
        single.append(moment)
    assert tuple(single) == together
    assert all(fire.tzinfo is UTC for fire in together)


@pytest.mark.parametrize(
    ("alias", "fields"),
    [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        (" @Annually ", "0 0 1 1 *"),
    ],
)
def test_a_name_of_a_schedule_means_its_fields(alias: str, fields: str) -> None:
    after = datetime(2026, 11, 21, 7, 54, tzinfo=UTC)
    named, spelled = parse_schedule(alias, BERLIN), parse_schedule(fields, BERLIN)
    assert named.next_fires(3, after) == spelled.next_fires(3, after)
    assert named.cron == alias.strip()


def test_white_space_around_fields_does_not_matter() -> None:
    schedule = parse_schedule("\t 30  6 * *   1-5\n", f" {BERLIN} ")
    assert (schedule.cron, schedule.timezone) == ("30 6 * * 1-5", BERLIN)
    assert schedule.describe() == "At 06:30 on Monday through Friday"


def test_seconds_come_first() -> None:
    fires = parse_schedule("*/20 * * * * *", "UTC").next_fires(3, datetime(2026, 1, 1, tzinfo=UTC))
    assert [fire.second for fire in fires] == [20, 40, 0]


def test_day_of_month_or_day_of_week_as_in_cron() -> None:
    fires = parse_schedule("0 0 13 * 5", "UTC").next_fires(2, datetime(2026, 11, 7, tzinfo=UTC))
    assert [fire.day for fire in fires] == [13, 20]


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("", "empty"),
        ("* * * *", "4 fields"),
        ("* * * * * * *", "7 fields"),
        ("61 * * * *", "minute field '61'"),
        ("61 * * * * *", "second field '61'"),
        ("0 24 * * *", "hour field '24'"),
        ("0 0 0 * *", "day-of-month field '0'"),
        ("0 0 * 13 *", "month field '13'"),
        ("0 0 * * 8", "day-of-week field '8'"),
        ("0 0 * * MOX", "day-of-week field 'MOX'"),
        ("*/0 * * * *", "minute field '*/0'"),
        ("5-1 * * * *", "minute field '5-1'"),
        ("0 0 30 2 *", "never fires"),
        ("0 0 31 4,6,9,11 *", "never fires"),
        ("0 0 * 2 MON#5,", "day-of-week field"),
        ("@reboot", "'@reboot'"),
        ("9" * 5000 + " * * * *", "longer"),
    ],
)
def test_a_cron_that_cannot_be_used_is_refused_with_the_field_at_fault(cron: str, said: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        parse_schedule(cron, "UTC")
    assert said in refused.value.message
    assert refused.value.field == "cron"


@pytest.mark.parametrize(
    ("zone", "hint"),
    [
        ("berlin", "Europe/Berlin"),
        ("Europe/Berln", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("Mars/Olympus", "Write a name such as"),
        ("America", None),
        ("../UTC", None),
        ("/etc/localtime", None),
        ("", "Write a name such as"),
        ("U\0TC", None),
    ],
)
def test_an_unknown_time_zone_is_refused_with_the_ones_like_it(zone: str, hint: str | None) -> None:
    with pytest.raises(ScheduleError) as refused:
        parse_schedule("@daily", zone)
    assert refused.value.field == "timezone"
    assert (hint or "") in (refused.value.hint or "")


def test_a_leap_day_is_rare_but_possible() -> None:
    schedule = parse_schedule("0 0 29 2 *", "UTC")
    assert schedule.next_after(datetime(2026, 11, 21, tzinfo=UTC)) == datetime(2028, 2, 29, tzinfo=UTC)


def test_a_moment_without_a_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="time zone"):
        parse_schedule("@daily", "UTC").next_after(datetime(2026, 1, 1))


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789*/-,#LW MONFEB@?\n", max_size=30), st.text(max_size=10))
def test_no_text_makes_anything_but_a_schedule_or_a_refusal(cron: str, zone: str) -> None:
    for written, place in ((cron, "UTC"), ("@daily", zone)):
        try:
            schedule = parse_schedule(written, place)
        except ScheduleError:
            continue
        moment = datetime(2026, 11, 21, tzinfo=UTC)
        assert schedule.next_after(moment) > moment
        assert schedule.describe() != ""
