"""`%mlops run`: this notebook as a job, or a matrix of them, followed below the cell."""

from __future__ import annotations

import contextvars
import os
import threading
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.display import DisplayHandle

from jupyter_mlops.magics.card import Card, show
from jupyter_mlops.magics.place import folder_of_output, this_notebook
from jupyter_mlops.magics.run_card import matrix_card, run_card
from jupyter_mlops.store.paging import MAX_LIMIT, PageRequest
from jupyter_mlops.workspace import Workspace, follow_run

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_mlops.jobs.service import JobService
    from jupyter_mlops.store.tables import Run

LOOK_EVERY_S = 0.3


def run(ip: InteractiveShell, arguments: Namespace) -> None:
    """Queue what is asked for and show it; what is shown stays true until its end, in this same place."""
    from jupyter_mlops.cli.in_kernel import parse_run

    if os.environ.get("JUPYTER_MLOPS_RUN_ID"):
        show(Card("This is a job run itself, so that %mlops run starts no other."))
        return
    said = parse_run(arguments.words)
    if said is None:
        return
    workspace = Workspace()
    place = this_notebook(ip, workspace, said.notebook)
    jobs = workspace.jobs(place.root)
    live = _LiveRuns(jobs, said.asked.submit(jobs, place), folder_of_output(ip, workspace))
    live.display()
    if not said.wait:
        live.follow_in_background()
        return
    try:
        live.follow()
    except KeyboardInterrupt:
        live.follow_in_background()


class _LiveRuns:
    """The card of a run, or of those of a matrix, kept true in place."""

    def __init__(self, jobs: JobService, runs: Sequence[Run], folder: Path) -> None:
        self._jobs = jobs
        self._runs = runs
        self._folder = folder
        self._handle = DisplayHandle()
        self._shown: Card | None = None

    def display(self) -> None:
        self._shown = self._card()
        self._handle.display(self._shown.as_mimebundle(), raw=True)

    def follow(self) -> None:
        for seen in self._looks():
            self._runs = seen
            card = self._card()
            if card != self._shown:
                self._shown = card
                self._handle.update(card.as_mimebundle(), raw=True)

    def follow_in_background(self) -> None:
        # In this cell's context, so that what is published answers this cell, and no later one.
        context = contextvars.copy_context()
        threading.Thread(
            target=context.run, args=(self.follow,), name=f"mlops-run-{self._runs[0].id}", daemon=True
        ).start()

    def _looks(self) -> Iterator[Sequence[Run]]:
        for run in self._runs:
            for seen in follow_run(self._jobs, run.id, LOOK_EVERY_S):
                yield [seen] if seen.batch_id is None else self._siblings(seen.batch_id)

    def _siblings(self, batch_id: str) -> Sequence[Run]:
        page = self._jobs.list_runs(PageRequest(limit=MAX_LIMIT), batch_id=batch_id)
        found = {run.id: run for run in page.items}
        return [found.get(run.id, run) for run in self._runs]

    def _card(self) -> Card:
        if self._runs[0].batch_id is not None:
            return matrix_card(self._runs, self._folder)
        return run_card(self._runs[0], self._jobs.settings, self._folder)
