"""`jupyter mlops follow`, and how every command follows a run: a live line, and what its cells put out."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import click

from jupyter_mlops.cli.options import json_option, output_option
from jupyter_mlops.cli.output import echo_json
from jupyter_mlops.cli.progress import QuietProgress, open_progress

if TYPE_CHECKING:
    from jupyter_mlops.jobs.service import JobService
    from jupyter_mlops.runs.live.feed import LiveEvent
    from jupyter_mlops.store.tables import Run

MAX_LINE_CHARS = 16_000


@click.command("follow")
@click.argument("run")
@output_option
@json_option
def follow_command(run: str, output: bool, as_json: bool) -> int:
    """Follow RUN (an id, or the start of one) to its end. Ctrl-C leaves it running."""
    from jupyter_mlops.cli.run_report import print_run, run_outcome
    from jupyter_mlops.runs.states import RunState
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    found = workspace.find_run(run)
    with open_progress(quiet=as_json) as progress:
        found = follow(workspace.jobs_of(found), found, progress, output=output, cancels=False)
    if as_json:
        echo_json(run_outcome(found, workspace))
    else:
        print_run(found, workspace)
    return 0 if not RunState(found.state).is_final or found.state == RunState.SUCCEEDED.value else 1


def follow(jobs: JobService, run: Run, progress: QuietProgress, *, output: bool, cancels: bool) -> Run:
    """Follow a run to its end; answers with it as it was seen last.

    Args:
        output: whether to write what its cells put out.
        cancels: whether the first Ctrl-C cancels it, and the second leaves; else the first one leaves.
    """
    from jupyter_mlops.workspace import watch_run

    asked = 0
    lines = _OutputLines(progress)
    with _counted_interrupts() as interrupts:
        for seen, events in watch_run(jobs, run.id):
            progress.show(seen)
            if output:
                lines.write(events)
            if len(interrupts) > (1 if cancels else 0):
                progress.say("Left while it was ending." if cancels else "Left; the run goes on.")
                break
            if len(interrupts) > asked:
                asked = len(interrupts)
                progress.say("Cancelling the run; Ctrl-C again leaves without waiting for its end.")
                jobs.cancel_run(run.id)
    lines.end()
    return seen


class _OutputLines:
    """What cells put out, line by line: a line that is not whole yet waits for the rest of its cell."""

    def __init__(self, progress: QuietProgress) -> None:
        self._progress = progress
        self._begun = ""
        self._cell: int | None = None

    def write(self, events: list[LiveEvent]) -> None:
        for event in events:
            if event.kind != "output":
                continue
            if event.facts["index"] != self._cell:
                self.end()
                self._cell = event.facts["index"]
            if dropped := event.facts.get("dropped"):
                self.end()
                self._progress.say(f"({dropped} characters left out)")
            *whole, self._begun = (self._begun + event.facts["text"]).split("\n")
            for line in whole:
                self._progress.say(line.rpartition("\r")[2] or line.strip("\r"))
            if len(self._begun) > MAX_LINE_CHARS:
                self.end()

    def end(self) -> None:
        if self._begun:
            self._progress.say(self._begun.rpartition("\r")[2])
        self._begun = ""


@contextmanager
def _counted_interrupts() -> Iterator[list[int]]:
    """Note each Ctrl-C instead of raising, which would be in the middle of a query as likely as not."""
    noted: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        noted.append(number)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)
