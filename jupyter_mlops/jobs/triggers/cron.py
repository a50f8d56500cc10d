"""`cron`: by a cron expression in a time zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from jupyter_mlops.errors import ScheduleError
from jupyter_mlops.jobs.cron import CronSchedule, parse_schedule
from jupyter_mlops.jobs.triggers.kind import Place, TimedKind
from jupyter_mlops.jobs.triggers.spec_fields import check_names, read_text


class CronKind(TimedKind):
    """`{"cron": "30 6 * * 1-5", "timezone": "Europe/Berlin"}`."""

    name = "cron"

    def check(self, given: Mapping[str, Any], place: Place) -> dict[str, Any]:  # noqa: ARG002
        """The expression with single spaces, and the zone."""
        check_names(given, ("cron", "timezone"))
        cron = read_text(given, "cron", "Write minute, hour, day of month, month and day of week.")
        schedule = parse_schedule(cron, read_text(given, "timezone", "Write a name such as Europe/Berlin."))
        return {"cron": schedule.cron, "timezone": schedule.timezone}

    def describe(self, spec: Mapping[str, Any]) -> str | None:
        """The expression in English, with its zone."""
        told = parse_schedule(**spec).describe()
        return told and f"{told} ({spec['timezone']})"

    def next_after(self, spec: Mapping[str, Any], moment: datetime) -> datetime | None:
        """The next time by the wall clock of the zone."""
        schedule = _parsed(spec["cron"], spec["timezone"])  # one that cannot be read raises: it is paused
        try:
            return schedule.next_after(moment)
        except ScheduleError:  # the calendar ends
            return None


@lru_cache(maxsize=4096)
def _parsed(cron: str, timezone: str) -> CronSchedule:
    return parse_schedule(cron, timezone)
