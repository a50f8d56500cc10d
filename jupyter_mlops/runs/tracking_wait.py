"""Waiting for a tracking server that is away when a run would start: for how long, and what is said of it.

The run waits in the queue, where it holds no slot; each time it is taken from there, its attempt looks
whether the server is back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from jupyter_mlops.errors import MlopsError, TrackingUnavailableError
from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.jobs.preflight.findings import PreflightError
from jupyter_mlops.readable import show_seconds
from jupyter_mlops.runs import queue
from jupyter_mlops.runs.queue import Outcome
from jupyter_mlops.store.tables import Run
from jupyter_mlops.tracking.client import is_away

FIRST_S, LONGEST_S = 15.0, 300.0
WAITED_S = "tracking_waited_s"
"""Where a row's `progress` keeps how long its run has waited."""


@dataclass(frozen=True)
class TrackingWait:
    """How long a run has waited for its tracking server, and may wait in all, in seconds.

    Only the waits themselves are counted: not the time that a machine slept, and no step of its clock.
    """

    waited_s: float
    at_most_s: float

    @classmethod
    def of(cls, run: Run) -> TrackingWait:
        """A run's, by its row."""
        policies = Policies.of(run.policies or {})
        return cls(float((run.progress or {}).get(WAITED_S, 0.0)), policies.tracking_wait_s)

    @property
    def next_s(self) -> float:
        """Seconds until it is looked again: 15, each time twice as many up to 5 min; 0: it is over."""
        return max(0.0, min(self.waited_s + FIRST_S, LONGEST_S, self.at_most_s - self.waited_s))


def tracking_away(error: BaseException | None) -> MlopsError | None:
    """The error that kept a run from starting, where it is only that its tracking server is away."""
    if isinstance(error, PreflightError):
        return error if all(finding.code == "tracking" for finding in error.findings) else None
    return error if isinstance(error, TrackingUnavailableError) and is_away(error) else None


def put_off(session: Session, run: Run, attempt_id: str, away: MlopsError, now: datetime) -> bool:
    """Have a run wait for its tracking server; False, and nothing written, where it is another attempt's.

    Args:
        session: a transaction.
        run: whose wait is not over.
        attempt_id: the attempt that has found the server away.
        away: what it has found.
        now: the moment.
    """
    wait = TrackingWait.of(run)
    message = f"Waits for its tracking server, {show_seconds(wait.at_most_s)} at most. {away.message}"
    return queue.put_off(
        session,
        attempt_id,
        now,
        now + timedelta(seconds=wait.next_s),
        reason=TrackingUnavailableError.code,
        message=f"{message} {away.hint}" if away.hint else message,
        progress={**(run.progress or {}), WAITED_S: wait.waited_s + wait.next_s},
    )


def without_wait(run: Run) -> dict[str, object]:
    """A run's `progress` when its server is back: should it go away again, the run waits as long again."""
    return {name: fact for name, fact in (run.progress or {}).items() if name != WAITED_S}


def told_with_wait(run: Run, outcome: Outcome) -> Outcome:
    """An outcome that says how long the run waited, where it did so in vain."""
    waited_s = TrackingWait.of(run).waited_s
    if outcome.reason != TrackingUnavailableError.code or not waited_s:
        return outcome
    waited = f"It waited {show_seconds(waited_s)} for its tracking server, in vain."
    return replace(outcome, message=f"{waited} {outcome.message}")
