"""`jupyter mlops run`: a notebook as a job, followed to its end."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import click

from jupyter_mlops.cli.options import (
    json_option,
    kernel_option,
    name_option,
    parameters_option,
    register_option,
)
from jupyter_mlops.cli.output import echo_json
from jupyter_mlops.cli.progress import open_progress

if TYPE_CHECKING:
    from jupyter_mlops.jobs.service import JobService
    from jupyter_mlops.store.tables import Run


@click.command("run")
@click.argument("notebook")
@parameters_option
@name_option
@register_option
@kernel_option
@click.option(
    "--root",
    metavar="DIR",
    help="The folder that the job belongs to: the one that JupyterLab is started in.  [default: the "
    "current folder if the notebook is below it, else the notebook's own]",
)
@click.option("--wait/--no-wait", default=True, help="Follow the run to its end.  [default: wait]")
@json_option
def run_command(
    notebook: str,
    parameters: tuple[tuple[str, str], ...],
    name: str | None,
    register: str | None,
    kernel: str | None,
    root: str | None,
    wait: bool,
    as_json: bool,
) -> int:
    """Run NOTEBOOK as a job: in a worker process, recorded, tracked in MLflow.

    The notebook is not written; the executed one goes to mlops-runs/ under the root. Ctrl-C cancels the run.
    """
    from jupyter_mlops.cli.run_report import print_run, run_outcome
    from jupyter_mlops.jobs.spec import RunRequest
    from jupyter_mlops.runs.states import RunState
    from jupyter_mlops.workspace import Workspace, locate_notebook

    place = locate_notebook(notebook, root)
    values = place.parse_parameters(dict(parameters))
    workspace = Workspace()
    jobs = workspace.jobs(place.root)
    run = jobs.submit(RunRequest(place.notebook, name, values, kernel, register))
    if wait:
        run = _follow(jobs, run, quiet=as_json)
    if as_json:
        echo_json(run_outcome(run, workspace))
    else:
        print_run(run, workspace)
    return 0 if not wait or run.state == RunState.SUCCEEDED.value else 1


def _follow(jobs: JobService, run: Run, *, quiet: bool) -> Run:
    """Follow a run to its end; the first Ctrl-C cancels it, the second leaves it to end by itself."""
    from jupyter_mlops.workspace import follow_run

    asked = 0
    with _counted_interrupts() as interrupts, open_progress(quiet=quiet) as progress:
        for seen in follow_run(jobs, run.id):
            run = seen
            progress.show(run)
            if len(interrupts) > 1:
                progress.say("Left while it was ending.")
                break
            if len(interrupts) > asked:
                asked = len(interrupts)
                progress.say("Cancelling the run; Ctrl-C again leaves without waiting for its end.")
                jobs.cancel_run(run.id)
    return run


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
