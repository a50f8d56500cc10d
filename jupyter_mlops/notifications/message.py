"""What is said about a run: a title, and a few lines of plain text."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timezone

from jupyter_mlops.capture.redaction import Redactor
from jupyter_mlops.notifications.rules import Event
from jupyter_mlops.readable import show_seconds
from jupyter_mlops.store.tables import Run

MAX_CHARS = 2000
_TITLES = {
    Event.STARTED: "{job} has started",
    Event.SUCCEEDED: "{job} succeeded",
    Event.FAILED: "{job} failed",
    Event.RECOVERED: "{job} succeeds again",
    Event.LONGER_THAN_USUAL: "{job} is taking longer than usual",
}


@dataclass(frozen=True)
class Message:
    """What a channel is given to tell.

    Args:
        event: an `Event`'s value, or `test`, or `undelivered`.
        title: one line.
        body: plain text of a few lines.
    """

    event: str
    title: str
    body: str


def message_about(run: Run, event: Event) -> Message:
    """What is told of a run. Values of secrets are taken out of what its notebook said."""
    lines = [
        run.message if event is Event.FAILED else None,
        f"{run.state.replace('_', ' ')}, {run.reason.replace('_', ' ')}" if run.reason else None,
        _so_far(run),
        f"Notebook: {run.notebook}",
        f"Folder: {run.root}",
        f"Run: {run.id}  (jupyter mlops show {run.id})",
    ]
    body = "\n".join(line for line in lines if line)
    return Message(
        event.value,
        _TITLES[event].format(job=" ".join(run.job.name.split())),
        Redactor(os.environ).source(body)[:MAX_CHARS],
    )


def _so_far(run: Run) -> str | None:
    if run.started_at is None:
        return None
    end = run.ended_at or datetime.now(timezone.utc)
    return f"Time: {show_seconds(max(0.0, (end - run.started_at).total_seconds()))}"
