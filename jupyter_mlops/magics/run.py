"""`%mlops run`: this notebook as a job, followed below the cell."""

from __future__ import annotations

import contextvars
import os
import threading
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.display import DisplayHandle

from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.magics.card import Card
from jupyter_mlops.magics.mlops import show
from jupyter_mlops.magics.place import folder_of_output, this_notebook
from jupyter_mlops.magics.run_card import run_card
from jupyter_mlops.workspace import Workspace, follow_run

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_mlops.jobs.service import JobService
    from jupyter_mlops.store.tables import Run

LOOK_EVERY_S = 0.3


def run(ip: InteractiveShell, arguments: Namespace) -> None:
    """Queue a run and show it; what is shown stays true until its final state, in this same place."""
    if os.environ.get("JUPYTER_MLOPS_RUN_ID"):
        show(Card("This is a job run itself, so that %mlops run starts no other."))
        return
    workspace = Workspace()
    place = this_notebook(ip, workspace, arguments.notebook)
    values = place.parse_parameters(arguments.parameters)
    jobs = workspace.jobs(place.root)
    request = RunRequest(place.notebook, arguments.name, values, arguments.kernel, arguments.register)
    live = _LiveRun(jobs, jobs.submit(request), folder_of_output(ip, workspace))
    live.display()
    if not arguments.wait:
        live.follow_in_background()
        return
    try:
        live.follow()
    except KeyboardInterrupt:
        live.follow_in_background()


class _LiveRun:
    """A run's card, kept true in place."""

    def __init__(self, jobs: JobService, run: Run, folder: Path) -> None:
        self._jobs = jobs
        self._run = run
        self._folder = folder
        self._handle = DisplayHandle()
        self._shown: Card | None = None

    def display(self) -> None:
        self._shown = self._card()
        self._handle.display(self._shown.as_mimebundle(), raw=True)

    def follow(self) -> None:
        for seen in self._looks():
            self._run = seen
            card = self._card()
            if card != self._shown:
                self._shown = card
                self._handle.update(card.as_mimebundle(), raw=True)

    def follow_in_background(self) -> None:
        # In this cell's context, so that what is published answers this cell, and no later one.
        context = contextvars.copy_context()
        threading.Thread(
            target=context.run, args=(self.follow,), name=f"mlops-run-{self._run.id}", daemon=True
        ).start()

    def _looks(self) -> Iterator[Run]:
        return follow_run(self._jobs, self._run.id, LOOK_EVERY_S)

    def _card(self) -> Card:
        return run_card(self._run, self._jobs.settings, self._folder)
