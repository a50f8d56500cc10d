"""`jupyter mlops import-scheduler`: take over what jupyter-scheduler ran."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from jupyter_mlops.cli.options import json_option
from jupyter_mlops.cli.output import echo_json


@click.command("import-scheduler")
@click.option(
    "--database",
    type=click.Path(path_type=Path),
    help="Its database.  [default: scheduler.sqlite in Jupyter's data directory]",
)
@click.option(
    "--notebook",
    "notebooks",
    type=(str, str),
    multiple=True,
    metavar="NAME PATH",
    help="Where below the root the notebook of that name is; it keeps the name alone.",
)
@click.option(
    "--activate", is_flag=True, help="Let the schedules that are active there fire here.  [default: paused]"
)
@click.option("--dry-run", is_flag=True, help="Only say what would be made.")
@click.option(
    "--root",
    metavar="DIR",
    help="The folder that the jobs belong to, where JupyterLab is started.  [default: the current one]",
)
@json_option
def import_scheduler_command(
    database: Path | None,
    notebooks: tuple[tuple[str, str], ...],
    activate: bool,
    dry_run: bool,
    root: str | None,
    as_json: bool,
) -> int:
    """Make a job of each job definition of an installed jupyter-scheduler, whose database is only read.

    What could not be taken over is told, and the command then exits with 1. Done twice, it makes nothing
    twice.
    With --activate, pause the definitions there: else both run them.
    """
    from jupyter_mlops.jobs.definitions.scheduler_import import import_definitions
    from jupyter_mlops.notebooks.places import check_root
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    done = import_definitions(
        workspace.store,
        workspace.settings,
        check_root(root or "."),
        database,
        notebooks=dict(notebooks),
        activate=activate,
        dry_run=dry_run,
    )
    if as_json:
        echo_json({"dry_run": dry_run, "definitions": [asdict(one) for one in done]})
    else:
        for one in done:
            verb = "would be" if dry_run else "is"
            click.echo(f"{one.name}: {one.problem or f'the job {one.job_id or one.job!r} {verb} made.'}")
            for told in one.not_taken:
                click.echo(f"    not taken over: {told}")
        made = sum(one.problem is None for one in done)
        verb = "would be" if dry_run else "are"
        click.echo(f"{made} of {len(done)} definitions {verb} taken over.")
    return 1 if any(one.problem for one in done) else 0
