"""What a kind of trigger is: it checks what a user writes, says it in English, and knows when it fires."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from jupyter_mlops.notebooks.parameters import ParameterSet
from jupyter_mlops.store import Store
from jupyter_mlops.tracking.gateway import Answer


@dataclass(frozen=True)
class Fire:
    """One fire: it makes one run, however many workers see it.

    Args:
        key: tells it from the trigger's other fires, in at most 100 characters; the same for all who see it.
        cause: what happened, as the run remembers it (JSON).
        scheduled_for: the moment it was due, for a kind that goes by the clock.
        parameters: values that it gives to the notebook's parameters, beside the job's own.
        skipped: why no run is to be made of it, as a sentence: it leaves a row that says so.
    """

    key: str
    cause: Mapping[str, Any]
    scheduled_for: datetime | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    skipped: str | None = None


@dataclass(frozen=True)
class Place:
    """Where a trigger is to be: what its spec is checked against.

    Args:
        session: a transaction that sees the jobs.
        root: the root of its job.
        now: the moment of the check.
        job_id: its job, None before there is one.
        parameters: those of the job's notebook, None where they are not known.
        before: the spec that is to be replaced: what a user does not write, as a token, is taken from it.
    """

    session: Session
    root: Path
    now: datetime
    job_id: str | None = None
    parameters: ParameterSet | None = None
    before: Mapping[str, Any] = field(default_factory=dict)


class TriggerKind(ABC):
    """A kind of trigger. Its objects hold no state: a trigger's is in its row."""

    name: ClassVar[str]
    has_token: ClassVar[bool] = False

    @abstractmethod
    def check(self, given: Mapping[str, Any], place: Place) -> dict[str, Any]:
        """The spec to be kept for what a user wrote.

        Args:
            given: what was written.
            place: where the trigger is to be.

        Raises:
            ScheduleError: it cannot be used; the field at fault is named.
        """

    @abstractmethod
    def describe(self, spec: Mapping[str, Any]) -> str | None:
        """When it fires, in English; None when it cannot be put in words."""

    def shown(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """The spec as users may see it: nothing secret."""
        return dict(spec)

    def written(self, spec: Mapping[str, Any], session: Session) -> dict[str, Any]:  # noqa: ARG002
        """The spec as a user would write it: `check` gives the same spec for it."""
        return self.shown(spec)


class TimedKind(TriggerKind):
    """A kind that goes by the clock."""

    @abstractmethod
    def next_after(self, spec: Mapping[str, Any], moment: datetime) -> datetime | None:
        """The first fire strictly after a moment, in UTC; None when there is none."""

    def cause(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """What a run that it makes remembers of it, beside the time."""
        return self.shown(spec)


@dataclass(frozen=True)
class Watch:
    """What a kind that watches something is given to look.

    Args:
        spec: the trigger's.
        seen: what the last look left, empty before the first.
        trigger_id: its own id.
        root: the root of its job.
        now: the moment of the look.
        since: what happened before does not count: when the trigger was made or last resumed.
        store: to look into.
        ask: asks the job's tracking server, in bounded time, from a process that holds MLflow.
    """

    spec: Mapping[str, Any]
    seen: Mapping[str, Any]
    trigger_id: str
    root: Path
    now: datetime
    since: datetime
    store: Store
    ask: Callable[..., Answer]


@dataclass(frozen=True)
class Sight:
    """What a look has found.

    Args:
        seen: how far was looked: given to the next look.
        fires: what happened since the last one, oldest first.
        problem: why nothing could be seen; the trigger stays active, and `seen` as it was.
    """

    seen: Mapping[str, Any]
    fires: Sequence[Fire] = ()
    problem: str | None = None


class WatchingKind(TriggerKind):
    """A kind that watches something: it looks again and again, and fires for what has changed."""

    def every_s(self, spec: Mapping[str, Any]) -> float:  # noqa: ARG002
        """Seconds from one look to the next."""
        return 1.0

    def baseline(self, spec: Mapping[str, Any], root: Path) -> dict[str, Any]:  # noqa: ARG002
        """How things are when the trigger starts, as `seen` has it; {}: `look` finds that out by itself.

        It must be quick, as whoever makes the trigger waits for it, and ask no server.

        Raises:
            ScheduleError: it could not be watched.
        """
        return {}

    @abstractmethod
    def look(self, watch: Watch) -> Sight:
        """What happened since the last look, or since the trigger started.

        It runs in a thread of its own and may take some seconds.

        Raises:
            MlopsError: it will never see anything again, so that the trigger is paused.
        """
