"""`jupyter mlops run`: a notebook as a job, followed to its end."""

from __future__ import annotations

import click

from jupyter_mlops.cli.follow import follow
from jupyter_mlops.cli.matrix import tell_matrix
from jupyter_mlops.cli.named_values import NamedValueCommand
from jupyter_mlops.cli.options import json_option, output_option
from jupyter_mlops.cli.output import echo_json
from jupyter_mlops.cli.progress import open_progress
from jupyter_mlops.cli.run_options import AskedRun, run_options


@click.command("run", cls=NamedValueCommand)
@click.argument("notebook")
@run_options
@click.option(
    "--root",
    metavar="DIR",
    help="The folder that the job belongs to: the one that JupyterLab is started in.  [default: the "
    "current folder if the notebook is below it, else the notebook's own]",
)
@click.option(
    "wait",
    "--wait/--no-wait",
    "--follow/--no-follow",
    default=True,
    help="Follow the run to its end.  [default: follow]",
)
@output_option
@json_option
def run_command(
    notebook: str, asked: AskedRun, root: str | None, wait: bool, output: bool, as_json: bool
) -> int:
    """Run NOTEBOOK as a job: in a worker process, recorded, tracked in MLflow.

    The notebook is not written; the executed one goes to mlops-runs/ under the root. Ctrl-C cancels the run.
    """
    from jupyter_mlops.cli.run_report import print_run, run_outcome
    from jupyter_mlops.notebooks.places import locate_notebook
    from jupyter_mlops.runs.states import RunState
    from jupyter_mlops.workspace import Workspace

    place = locate_notebook(notebook, root)
    workspace = Workspace()
    jobs = workspace.jobs(place.root)
    runs = asked.submit(jobs, place)
    if asked.matrix:
        names = list(dict(asked.matrix))
        return tell_matrix(workspace, jobs, runs, names, wait=wait, as_json=as_json)
    [run] = runs
    if wait:
        with open_progress(quiet=as_json) as progress:
            run = follow(jobs, run, progress, output=output, cancels=True)
    if as_json:
        echo_json(run_outcome(run, workspace))
    else:
        print_run(run, workspace)
    return 0 if not wait or run.state == RunState.SUCCEEDED.value else 1
