"""`jupyter mlops run-job`: a job as it is defined, now."""

from __future__ import annotations

import click

from jupyter_mlops.cli.follow import follow
from jupyter_mlops.cli.options import json_option, output_option, root_option
from jupyter_mlops.cli.output import echo_json
from jupyter_mlops.cli.progress import open_progress


@click.command("run-job")
@click.argument("job")
@click.option("--preset", metavar="NAME", help="The job's parameters of this name, over its own.")
@click.option(
    "--idempotency-key", metavar="KEY", help="With the key of an earlier call, follow the run that it made."
)
@root_option
@click.option("--follow/--no-follow", "wait", default=True, help="Follow it to its end.  [default: follow]")
@output_option
@json_option
def run_job_command(
    job: str,
    preset: str | None,
    idempotency_key: str | None,
    root: str | None,
    wait: bool,
    output: bool,
    as_json: bool,
) -> int:
    """Run JOB (an id or a name) now, with its own parameters and policies. Ctrl-C cancels the run."""
    from jupyter_mlops.cli.run_report import print_run, run_outcome
    from jupyter_mlops.notebooks.places import check_root
    from jupyter_mlops.runs.states import RunState
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    found = workspace.find_job(job, check_root(root or "."))
    jobs = workspace.jobs_of(found)
    run, _ = jobs.run_job_once(found.id, idempotency_key, preset)
    if wait:
        with open_progress(quiet=as_json) as progress:
            run = follow(jobs, run, progress, output=output, cancels=True)
    if as_json:
        echo_json(run_outcome(run, workspace))
    else:
        print_run(run, workspace)
    return 0 if not wait or run.state == RunState.SUCCEEDED.value else 1
