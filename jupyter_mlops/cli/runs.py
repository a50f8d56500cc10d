"""`jupyter mlops runs`, `show`: job runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jupyter_mlops.cli.options import (
    all_roots_option,
    cursor_option,
    json_option,
    limit_option,
    root_option,
)
from jupyter_mlops.cli.output import echo_json, print_table, say_more
from jupyter_mlops.readable import show_moment, show_seconds, show_values

if TYPE_CHECKING:
    from jupyter_mlops.store.tables import Run

STATES = ("queued", "running", "succeeded", "failed", "cancelled", "timed_out", "lost", "skipped")


@click.command("runs")
@click.option("--notebook", metavar="PATH", help="Only runs of this notebook.")
@click.option("--job", metavar="JOB", help="Only runs of this job: its id or name.")
@click.option("--state", type=click.Choice(STATES), help="Only runs in this state.")
@click.option("--batch", metavar="ID", help="Only the runs of one matrix.")
@click.option("--search", metavar="TEXT", help="Only runs whose job, notebook or message has this in it.")
@limit_option
@cursor_option
@root_option
@all_roots_option
@json_option
def runs_command(
    notebook: str | None,
    job: str | None,
    state: str | None,
    batch: str | None,
    search: str | None,
    limit: int,
    cursor: str | None,
    root: str | None,
    all_roots: bool,
    as_json: bool,
) -> None:
    """List job runs, newest first: those of the current folder, or of another root, or of all."""
    from jupyter_mlops.cli.run_report import run_listed
    from jupyter_mlops.notebooks.places import Scope
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    scope = Scope.of(notebook, root, all_roots)
    asked = {"job": job, "state": state, "batch_id": batch, "search": search}
    page = workspace.list_runs(scope, limit, cursor=cursor, **asked)
    if as_json:
        echo_json({"items": [run_listed(run) for run in page.items], "next_cursor": page.next_cursor})
        return
    columns = ("Run", "State", "Job", "Queued", "Time", "Result", *(["Root"] if all_roots else []))
    print_table(
        columns,
        (_row(run) + ((run.root,) if all_roots else ()) for run in page.items),
        "No run is like that."
        if cursor or any(asked.values())
        else "No runs here. `jupyter mlops run NOTEBOOK` makes one; `--all-roots` lists other folders' too.",
    )
    say_more(page.next_cursor)


@click.command("show")
@click.argument("run")
@json_option
def show_command(run: str, as_json: bool) -> None:
    """Show RUN (an id, or the start of one): how it stands or ended, and where everything is."""
    from jupyter_mlops.cli.run_report import print_run, run_listed
    from jupyter_mlops.jobs.views import attempt_as_dict
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    found = workspace.find_run(run)
    if as_json:
        attempts = workspace.jobs_of(found).list_attempts(found.id)
        echo_json({**run_listed(found), "attempts": [attempt_as_dict(attempt) for attempt in attempts]})
    else:
        print_run(found, workspace)


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
