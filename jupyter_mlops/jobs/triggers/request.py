"""What a caller writes for a trigger, whatever its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast, get_args

from jupyter_mlops.errors import ScheduleError
from jupyter_mlops.jobs.policies import Missed
from jupyter_mlops.jobs.triggers.kind import TimedKind
from jupyter_mlops.jobs.triggers.kinds import kind_named
from jupyter_mlops.jobs.triggers.spec_fields import (
    check_names,
    read_choice,
    read_flag,
    read_moment,
    read_number,
)

COMMON = ("kind", "active", "starts_at", "ends_at", "missed", "jitter_s")
MAX_JITTER_S = 24 * 3600


@dataclass(frozen=True)
class TriggerRequest:
    """A trigger as it is asked for.

    Args:
        kind: a kind's name.
        spec: what the kind wants to know, as its module says.
        active: whether it fires at once, or is made paused.
        starts_at: it does not fire before.
        ends_at: it does not fire after.
        missed: what becomes of fires that nobody has seen in time; for kinds that go by the clock.
        jitter_s: runs wait up to so many seconds, so that not all start at once.
    """

    kind: str
    spec: Mapping[str, Any]
    active: bool = True
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    missed: Missed = "latest"
    jitter_s: float = 0.0

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> TriggerRequest:
        """From REST or a file.

        Args:
            given: the common fields, and either `spec` or the kind's own fields beside them.

        Raises:
            ScheduleError: a common field cannot be used; the kind checks its own later.
        """
        kind = kind_named(given.get("kind"))
        own = {name: value for name, value in given.items() if name not in COMMON}
        if "spec" in own:
            check_names(given, (*COMMON, "spec"))
            own = own["spec"]
            if not isinstance(own, Mapping):
                raise ScheduleError("spec is no mapping.", field="spec")
        if given.get("missed") is not None and not isinstance(kind, TimedKind):
            raise ScheduleError(
                f"missed means nothing for the kind {kind.name}: it makes up for all that it finds.",
                field="missed",
                hint="Leave it out.",
            )
        starts_at, ends_at = _moment(given, "starts_at"), _moment(given, "ends_at")
        if starts_at and ends_at and starts_at >= ends_at:
            raise ScheduleError(
                "It ends before it starts.", field="ends_at", hint="Give a later end, or none."
            )
        missed = {"missed": given["missed"]} if given.get("missed") is not None else {}
        return cls(
            kind=kind.name,
            spec=own,
            active=read_flag(given, "active", True),
            starts_at=starts_at,
            ends_at=ends_at,
            missed=cast(Missed, read_choice(missed, "missed", get_args(Missed), "latest")),
            jitter_s=float(read_number(given, "jitter_s", 0, MAX_JITTER_S, 0)),
        )


def _moment(given: Mapping[str, Any], name: str) -> datetime | None:
    return None if given.get(name) is None else read_moment(given[name], name)
