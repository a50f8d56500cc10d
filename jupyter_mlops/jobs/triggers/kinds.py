"""The kinds of triggers that there are: ours, and those that other packages bring."""

from __future__ import annotations

from functools import lru_cache

from jupyter_mlops.errors import ScheduleError
from jupyter_mlops.jobs.triggers.after import AfterKind
from jupyter_mlops.jobs.triggers.cron import CronKind
from jupyter_mlops.jobs.triggers.file import FileKind
from jupyter_mlops.jobs.triggers.http import HttpKind
from jupyter_mlops.jobs.triggers.interval import IntervalKind
from jupyter_mlops.jobs.triggers.kind import TimedKind, TriggerKind, WatchingKind
from jupyter_mlops.jobs.triggers.once import OnceKind
from jupyter_mlops.jobs.triggers.registry import RegistryKind
from jupyter_mlops.plugins import with_plugins

ENTRY_POINTS = "jupyter_mlops.triggers"
_OURS = (CronKind, IntervalKind, OnceKind, FileKind, AfterKind, HttpKind, RegistryKind)


@lru_cache
def all_kinds() -> dict[str, TriggerKind]:
    """Every kind by its name. One that another package brings wrongly is left out; ours stay ours."""
    ours: dict[str, TriggerKind] = {kind.name: kind() for kind in _OURS}
    return with_plugins(ENTRY_POINTS, ours, (TimedKind, WatchingKind), "kind of trigger")


def kind_named(name: object) -> TriggerKind:
    """A kind by its name.

    Raises:
        ScheduleError: there is none.
    """
    kinds = all_kinds()
    if not isinstance(name, str) or name not in kinds:
        raise ScheduleError(
            f"There is no kind of trigger {str(name)[:40]!r}.",
            field="kind",
            hint=f"There are {', '.join(kinds)}.",
        )
    return kinds[name]


def fired_by_workers() -> list[str]:
    """The names of the kinds that fire only as long as a worker is alive: a call comes to a server."""
    return [*timed_kinds(), *watching_kinds()]


def timed_kinds() -> list[str]:
    """The names of the kinds that go by the clock."""
    return [name for name, kind in all_kinds().items() if isinstance(kind, TimedKind)]


def watching_kinds() -> list[str]:
    """The names of the kinds that watch something."""
    return [name for name, kind in all_kinds().items() if isinstance(kind, WatchingKind)]
