"""`jupyter mlops runs`, `show`, `cancel`, `rerun`: job runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jupyter_mlops.cli.options import all_roots_option, json_option, limit_option, root_option
from jupyter_mlops.cli.output import echo_json, print_table
from jupyter_mlops.readable import show_moment, show_seconds, show_values

if TYPE_CHECKING:
    from jupyter_mlops.store.tables import Run

STATES = ("queued", "running", "succeeded", "failed", "cancelled", "timed_out", "lost", "skipped")


@click.command("runs")
@click.option("--notebook", metavar="PATH", help="Only runs of this notebook.")
@click.option("--job", metavar="JOB", help="Only runs of this job: its id or name.")
@click.option("--state", type=click.Choice(STATES), help="Only runs in this state.")
@limit_option
@root_option
@all_roots_option
@json_option
def runs_command(
    notebook: str | None,
    job: str | None,
    state: str | None,
    limit: int,
    root: str | None,
    all_roots: bool,
    as_json: bool,
) -> None:
    """List job runs, newest first: those of the current folder, or of another root, or of all."""
    from jupyter_mlops.cli.run_report import run_listed
    from jupyter_mlops.workspace import Scope, Workspace

    workspace = Workspace()
    page = workspace.list_runs(Scope.of(notebook, root, all_roots), limit, job=job, state=state)
    if as_json:
        echo_json({"items": [run_listed(run) for run in page.items], "next_cursor": page.next_cursor})
        return
    columns = ("Run", "State", "Job", "Queued", "Time", "Result", *(["Root"] if all_roots else []))
    print_table(
        columns,
        (_row(run) + ((run.root,) if all_roots else ()) for run in page.items),
        "No runs here. `jupyter mlops run NOTEBOOK` makes one; `--all-roots` lists those of other folders.",
    )


@click.command("show")
@click.argument("run")
@json_option
def show_command(run: str, as_json: bool) -> None:
    """Show RUN (an id, or the start of one): how it stands or ended, and where everything is."""
    from jupyter_mlops.cli.run_report import print_run, run_listed
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    found = workspace.find_run(run)
    if as_json:
        echo_json(run_listed(found))
    else:
        print_run(found, workspace)


@click.command("cancel")
@click.argument("run")
@json_option
def cancel_command(run: str, as_json: bool) -> None:
    """End RUN (an id, or the start of one); what it has done so far is kept."""
    from jupyter_mlops.cli.run_report import run_listed
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    found = workspace.find_run(run)
    found = workspace.jobs_of(found).cancel_run(found.id)
    if as_json:
        echo_json(run_listed(found))
    elif found.state == "running":
        click.echo(f"{found.id} is being ended; `jupyter mlops show {found.id}` tells when it is.")
    else:
        click.echo(f"{found.id} is {found.state}.")


@click.command("rerun")
@click.argument("run")
@json_option
def rerun_command(run: str, as_json: bool) -> None:
    """Run the notebook of RUN (an id, or the start of one) again, as it was then, with its parameters."""
    from jupyter_mlops.cli.run_report import print_run, run_listed
    from jupyter_mlops.jobs.run_actions import RunActions
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    found = workspace.find_run(run)
    again = RunActions(workspace.jobs_of(found)).rerun(found.id)
    if as_json:
        echo_json(run_listed(again))
    else:
        print_run(again, workspace)


def _row(run: Run) -> tuple[object, ...]:
    from jupyter_mlops.jobs.views import duration_s

    model = f"{run.register_model} v{run.model_version}" if run.model_version else None
    result = ", ".join(filter(None, (run.reason, model, show_values(run.metrics))))
    return (
        run.id,
        run.state,
        run.job.name,
        show_moment(run.created_at),
        show_seconds(duration_s(run)),
        result,
    )
