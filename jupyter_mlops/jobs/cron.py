"""Cron expressions with a time zone, by the rules of Debian's cron (cronsim).

Over a change of clocks, a job at a fixed time fires once a day: a time that the clock skips fires when the
clock has jumped, one that comes twice fires the first time. A job every hour or every few minutes fires by
elapsed time, so that it neither pauses nor doubles. Expressions with seconds follow the wall clock as it
is, save those at second 0, which are the same as without.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from jupyter_mlops.errors import ScheduleError

_ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_FIELDS = {
    "second": "0-59",
    "minute": "0-59",
    "hour": "0-23",
    "day-of-month": "1-31, L (the last day) or LW (the last weekday)",
    "month": "1-12 or JAN-DEC",
    "day-of-week": "0-7 (0 and 7 are Sunday), SUN-SAT, MON#2 (the second Monday) or 5L (the last Friday)",
}
_MAX_LENGTH = 200
_ANY_MOMENT = datetime(2000, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class CronSchedule:
    """When a job fires.

    Attributes:
        cron: as the user wrote it, with single spaces.
        timezone: an IANA name.
        expression: what it means in cron's own fields: aliases (`@daily`) and second 0 are replaced.
    """

    cron: str
    timezone: str
    expression: str

    def next_after(self, moment: datetime) -> datetime:
        """The first fire strictly after a moment, in UTC.

        Raises:
            ValueError: the moment names no time zone.
            ScheduleError: it never fires again.
        """
        fire = next(self._fires(moment), None)
        if fire is None:
            raise ScheduleError(f"The schedule '{self.cron}' never fires.", field="cron")
        return fire

    def next_fires(self, count: int, after: datetime) -> tuple[datetime, ...]:
        """The next `count` fires strictly after a moment, in UTC; fewer when the calendar ends before."""
        return tuple(itertools.islice(self._fires(after), count))

    def describe(self) -> str | None:
        """The expression in English, or None when it cannot be put in words."""
        try:
            return str(CronSim(self.expression, _ANY_MOMENT).explain())
        except (CronSimError, ValueError, LookupError):
            return None

    def _fires(self, after: datetime) -> Iterator[datetime]:
        """Fires in UTC, each later than the one before.

        cronsim counts in local wall time for fixed times of day. In the hour that comes twice that is
        ambiguous, and it may answer with a fire before `after`; two times in the hour that is skipped
        both become the moment of the jump. Such answers are left out.
        """
        if after.tzinfo is None:
            raise ValueError("The moment names no time zone.")
        last = after.astimezone(timezone.utc)
        try:
            for local in CronSim(self.expression, last.astimezone(ZoneInfo(self.timezone))):
                fire = local.astimezone(timezone.utc)
                if fire > last:
                    last = fire
                    yield fire
        except OverflowError:  # the year 10000
            return


def parse_schedule(cron: str, timezone: str) -> CronSchedule:
    """Check a cron expression and a time zone.

    Args:
        cron: five fields, six with seconds first, or an alias such as `@daily`.
        timezone: an IANA name such as `Europe/Berlin`.

    Raises:
        ScheduleError: the field at fault is `cron` or `timezone`.
    """
    written = " ".join(cron.split())
    expression = _ALIASES.get(written.lower(), written)
    _check_cron(written, expression)
    if expression.startswith("0 ") and expression.count(" ") == 5:
        expression = expression[2:]
    schedule = CronSchedule(written, _check_timezone(timezone.strip()), expression)
    if not schedule.next_fires(1, _ANY_MOMENT):
        raise _never(written)
    return schedule


def _check_cron(written: str, expression: str) -> None:
    hint = "Write minute, hour, day of month, month and day of week, such as '30 6 * * 1-5'."
    if not written:
        raise ScheduleError("The cron expression is empty.", field="cron", hint=hint)
    if expression.startswith("@"):
        names = ", ".join(_ALIASES)
        raise ScheduleError(
            f"'{written[:40]}' is no known name of a schedule.", field="cron", hint=f"Known are {names}."
        )
    parts = expression.split(" ")
    if len(parts) not in (5, 6):
        raise ScheduleError(
            f"The cron expression has {len(parts)} fields; it takes 5, or 6 with seconds first.",
            field="cron",
            hint=hint,
        )
    if len(expression) > _MAX_LENGTH:
        raise ScheduleError(f"The cron expression is longer than {_MAX_LENGTH} characters.", field="cron")
    for name, part in zip(list(_FIELDS)[-len(parts) :], parts, strict=True):
        _check_field(name, part)
    try:
        CronSim(expression, _ANY_MOMENT)
    except (CronSimError, ValueError) as error:  # each field is right, so it is their combination
        raise _never(written) from error


def _check_field(name: str, part: str) -> None:
    """Try the field alone, every other being `*`, so that the message can name it."""
    fields = [part if field == name else "*" for field in _FIELDS]
    try:
        CronSim(" ".join(fields), _ANY_MOMENT)
    except (CronSimError, ValueError) as error:
        raise ScheduleError(
            f"The {name} field '{part[:40]}' is not valid.",
            field="cron",
            hint=f"It takes {_FIELDS[name]}, *, ranges (1-5), lists (1,3) and steps (*/10).",
        ) from error


def _never(written: str) -> ScheduleError:
    return ScheduleError(
        f"The schedule '{written}' never fires: no month has such a day.",
        field="cron",
        hint="Write L as the day of month for the last day.",
    )


def _check_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:  # a folder, a path, an unknown name
        close = _close_timezones(name)
        raise ScheduleError(
            f"There is no time zone '{name[:80]}'." if name else "No time zone is given.",
            field="timezone",
            hint=f"Did you mean {' or '.join(close)}?"
            if close
            else "Write a name such as Europe/Berlin or UTC.",
        ) from error
    return name


def _close_timezones(name: str) -> list[str]:
    """Zones whose name, or city, is close to what was written."""
    wanted = name[:80].casefold().replace(" ", "_")
    by_word: dict[str, str] = {}
    for zone in sorted(available_timezones()):
        by_word.setdefault(zone.casefold(), zone)
        by_word.setdefault(zone.rpartition("/")[2].casefold(), zone)
    words = difflib.get_close_matches(wanted, by_word, 4, cutoff=0.75)
    return list(dict.fromkeys(by_word[word] for word in words))[:2]
