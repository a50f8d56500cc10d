"""Moments and ages as people write them. Standard library only."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from jupyter_mlops.errors import BadInputError

_AGE = re.compile(r"(\d{1,6})\s*([mhdw])")
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def parse_moment(text: str, field: str, now: datetime | None = None) -> datetime:
    """A moment: a date or time in ISO 8601, or how long ago it was, as `90m`, `36h`, `30d` or `8w`.

    A time without a zone is this machine's local time.

    Raises:
        BadInputError: it is neither; `field` is named.
    """
    if _AGE.fullmatch(text.strip()):
        return _before(now or datetime.now(timezone.utc), parse_age(text, field), field)
    try:
        iso = re.sub(r"[zZ]$", "+00:00", text.strip())  # Python 3.10 does not read the letter
        return datetime.fromisoformat(iso).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise BadInputError(
            f"{text[:40]!r} is no moment.",
            field=field,
            hint="Write 2026-11-21, 2026-11-21T08:00:00+01:00, or an age such as 36h or 30d.",
        ) from None


def parse_age(text: str, field: str) -> timedelta:
    """A length of time, as `90m`, `36h`, `30d` or `8w`.

    Raises:
        BadInputError: it is none, or is nothing; `field` is named.
    """
    found = _AGE.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise BadInputError(
            f"{text[:40]!r} is no length of time.", field=field, hint="Write 90m, 36h, 30d or 8w."
        )
    return int(found[1]) * _UNITS[found[2]]


def _before(now: datetime, age: timedelta, field: str) -> datetime:
    try:
        return now - age
    except OverflowError:
        raise BadInputError(f"Nothing was recorded {age.days} days ago.", field=field) from None
