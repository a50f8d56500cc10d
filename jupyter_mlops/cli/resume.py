"""`jupyter mlops resume-run`: a failed run goes on from the cell that failed."""

from __future__ import annotations

import click

from jupyter_mlops.cli.follow import follow
from jupyter_mlops.cli.options import json_option, output_option
from jupyter_mlops.cli.output import echo_json
from jupyter_mlops.cli.progress import open_progress


@click.command("resume-run")
@click.argument("run")
@click.option("--follow/--no-follow", "wait", default=True, help="Follow it to its end.  [default: follow]")
@output_option
@json_option
def resume_run_command(run: str, wait: bool, output: bool, as_json: bool) -> int:
    """Go on from the cell at which RUN failed, with the notebook as it now is on disk.

    The kernel of the failed run must have been kept (the policy keep_kernel_s), and no cell before the one
    that failed may have been changed. It makes a new run.
    """
    from jupyter_mlops.cli.run_report import print_run, run_outcome
    from jupyter_mlops.runs.resume.submission import resume_run
    from jupyter_mlops.runs.states import RunState
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    failed = workspace.find_run(run)
    jobs = workspace.jobs_of(failed)
    resumed = resume_run(jobs, failed.id)
    if wait:
        with open_progress(quiet=as_json) as progress:
            resumed = follow(jobs, resumed, progress, output=output, cancels=True)
    if as_json:
        echo_json(run_outcome(resumed, workspace))
    else:
        print_run(resumed, workspace)
    return 0 if not wait or resumed.state == RunState.SUCCEEDED.value else 1
