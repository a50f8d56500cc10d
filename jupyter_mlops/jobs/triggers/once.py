"""`once`: at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jupyter_mlops.errors import ScheduleError
from jupyter_mlops.jobs.triggers.kind import Place, TimedKind
from jupyter_mlops.jobs.triggers.spec_fields import check_names, read_moment


class OnceKind(TimedKind):
    """`{"at": "2026-12-01T06:00:00+01:00"}`."""

    name = "once"

    def check(self, given: Mapping[str, Any], place: Place) -> dict[str, Any]:
        """A moment to come; one that is past is left as it is where it was set before."""
        check_names(given, ("at",))
        if "at" not in given:
            raise ScheduleError("at is missing.", field="at", hint="Write 2026-12-01T06:00:00+01:00.")
        at = read_moment(given["at"], "at")
        spec = {"at": at.isoformat()}
        if at <= place.now and spec != place.before:
            raise ScheduleError(
                f"{at.isoformat()} is past.", field="at", hint="Give a moment to come, or run the job now."
            )
        return spec

    def describe(self, spec: Mapping[str, Any]) -> str:
        """`Once, at 2026-12-01 05:00 UTC`."""
        return f"Once, at {read_moment(spec['at'], 'at'):%Y-%m-%d %H:%M:%S} UTC".replace(":00 UTC", " UTC")

    def next_after(self, spec: Mapping[str, Any], moment: datetime) -> datetime | None:
        """The moment, until it has come."""
        at = read_moment(spec["at"], "at")
        return at if at > moment else None
