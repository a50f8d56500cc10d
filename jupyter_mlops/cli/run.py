"""`jupyter mlops run`: a notebook as a job, followed to its end."""

from __future__ import annotations

from typing import Any

import click

from jupyter_mlops.cli.follow import follow
from jupyter_mlops.cli.matrix import matrix_option, parse_matrix, run_matrix
from jupyter_mlops.cli.options import (
    environment_option,
    json_option,
    kernel_option,
    name_option,
    output_option,
    parameters_option,
)
from jupyter_mlops.cli.output import echo_json
from jupyter_mlops.cli.policy_options import policy_options
from jupyter_mlops.cli.progress import open_progress
from jupyter_mlops.cli.registration_options import registration_options


@click.command("run")
@click.argument("notebook")
@parameters_option
@name_option
@registration_options(short_alias=True)
@kernel_option
@environment_option
@click.option("--preset", metavar="NAME", help="The job's parameters of this name; -p wins over them.")
@matrix_option
@policy_options
@click.option(
    "--idempotency-key",
    metavar="KEY",
    help="With the key of an earlier call, follow the run that it made instead of making another.",
)
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
    notebook: str,
    parameters: tuple[tuple[str, str], ...],
    name: str | None,
    register: str | None,
    registration: dict[str, Any],
    kernel: str | None,
    environment: dict[str, str],
    preset: str | None,
    matrix: tuple[tuple[str, str], ...],
    policies: dict[str, Any],
    idempotency_key: str | None,
    root: str | None,
    wait: bool,
    output: bool,
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
    request = RunRequest(
        place.notebook,
        name,
        values,
        kernel,
        register,
        policies,
        idempotency_key=idempotency_key,
        preset=preset,
        registration=registration,
        environment=environment,
    )
    if matrix:
        combinations = parse_matrix(place, matrix)
        return run_matrix(workspace, jobs, request, combinations, wait=wait, as_json=as_json)
    run = jobs.submit(request)
    if wait:
        with open_progress(quiet=as_json) as progress:
            run = follow(jobs, run, progress, output=output, cancels=True)
    if as_json:
        echo_json(run_outcome(run, workspace))
    else:
        print_run(run, workspace)
    return 0 if not wait or run.state == RunState.SUCCEEDED.value else 1
