"""`interval`: every so many seconds, counted from an anchor, so that it does not drift."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from jupyter_mlops.jobs.triggers.kind import Place, TimedKind
from jupyter_mlops.jobs.triggers.spec_fields import check_names, read_moment, read_number

MAX_SECONDS = 366 * 24 * 3600
_UNITS = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}


class IntervalKind(TimedKind):
    """`{"seconds": 900, "anchor": "2026-11-21T06:00:00+00:00"}`; the anchor is now, by default."""

    name = "interval"

    def check(self, given: Mapping[str, Any], place: Place) -> dict[str, Any]:
        """Whole or broken seconds of at least one."""
        check_names(given, ("seconds", "anchor"))
        anchor = given.get("anchor") or place.before.get("anchor") or place.now.replace(microsecond=0)
        return {
            "seconds": read_number(given, "seconds", 1, MAX_SECONDS),
            "anchor": read_moment(anchor, "anchor").isoformat(),
        }

    def describe(self, spec: Mapping[str, Any]) -> str:
        """`Every 15 minutes`."""
        seconds = spec["seconds"]
        name, unit = next(
            ((name, unit) for name, unit in _UNITS.items() if seconds % unit == 0), ("second", 1)
        )
        count = seconds / unit
        return f"Every {name}" if count == 1 else f"Every {count:g} {name}s"

    def next_after(self, spec: Mapping[str, Any], moment: datetime) -> datetime | None:
        """The next whole number of intervals after the anchor."""
        anchor, seconds = read_moment(spec["anchor"], "anchor"), spec["seconds"]
        count = max(math.floor((moment - anchor).total_seconds() / seconds) + 1, 0)
        try:
            fire = anchor + timedelta(seconds=count * seconds)
            # A quotient of floats may be off by one interval either way.
            return fire if fire > moment else anchor + timedelta(seconds=(count + 1) * seconds)
        except OverflowError:
            return None
