"""How far a run is: one live line on a terminal, a plain line for each change elsewhere."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.progress import Progress

    from jupyter_mlops.store.tables import Run


class QuietProgress(AbstractContextManager["QuietProgress"]):
    """Shows nothing; what must be said goes to standard error."""

    def show(self, run: Run) -> None:
        """Take note of a run as it stands."""

    def say(self, text: str) -> None:
        """Say a sentence."""
        click.echo(text, err=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind."""


class PlainProgress(QuietProgress):
    """A line of standard error for each change."""

    def __init__(self) -> None:
        self._shown = ""

    def show(self, run: Run) -> None:
        """Write a line when it differs from the last."""
        line = f"{run.id} {run.state}{_cells(run)}{_cell(run) or _waits(run)}"
        if line != self._shown:
            self._shown = line
            click.echo(line, err=True)


class LiveProgress(QuietProgress):
    """One line of the terminal, gone when the run has ended."""

    def __init__(self) -> None:
        from jupyter_mlops.cli.output import make_console

        self._progress = _make_bar(make_console(stderr=True))
        self._task = self._progress.add_task("", total=None, run="", cells="", now="")

    def __enter__(self) -> LiveProgress:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, run: Run) -> None:
        """Bring the line up to date."""
        what = "cancelling" if run.cancel_requested else _DOING.get(run.state, run.state)
        self._progress.update(
            self._task,
            description=what,
            total=run.cells_total,
            completed=run.cells_done,
            cells=_cells(run).strip(),
            run=run.id,
            now=_now(run) or (run.message if _waits(run) else ""),
        )

    def say(self, text: str) -> None:
        """Write a sentence above the line."""
        self._progress.console.print(text, markup=False, soft_wrap=True)


_DOING = {"queued": "waiting for a worker"}


def open_progress(*, quiet: bool) -> QuietProgress:
    """The progress that suits where standard error goes."""
    if quiet:
        return QuietProgress()
    return LiveProgress() if sys.stderr.isatty() else PlainProgress()


def _make_bar(console: object) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    assert isinstance(console, Console)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.fields[run]}", style="bold"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[cells]}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[now]}", style="dim", markup=False, table_column=Column(no_wrap=True)),
        console=console,
        transient=True,
    )


def _cells(run: Run) -> str:
    return f" {run.cells_done}/{run.cells_total} cells" if run.cells_total else ""


def _cell(run: Run) -> str:
    from jupyter_mlops.jobs.views import run_progress

    progress = run_progress(run)
    return "" if progress is None or progress.cell is None else f": {progress.cell.line}"


def _waits(run: Run) -> str:
    """Why a queued run is not claimed by a free worker: its tracking server is away, or a try has failed."""
    return f": {run.message}" if run.state == "queued" and run.not_before and run.message else ""


def _now(run: Run) -> str:
    from jupyter_mlops.jobs.views import run_progress

    progress = run_progress(run)
    return "" if progress is None else progress.describe()
