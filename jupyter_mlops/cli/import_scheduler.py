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
    root: str | None,
    as_json: bool,
) -> int:
    """Make a job of each job definition of an installed jupyter-scheduler, whose database is only read.

    What could not be taken over is told, and the command then exits with 1. Done twice, it makes nothing
    twice.
    With --activate, pause the definitions there: else both run them.
    """
    from jupyter_core.paths import jupyter_data_dir

    from jupyter_mlops.jobs.definitions.scheduler_import import import_definitions
    from jupyter_mlops.workspace import Workspace, check_root

    workspace = Workspace()
    done = import_definitions(
        workspace.store,
        workspace.settings,
        check_root(root or "."),
        database or Path(jupyter_data_dir()) / "scheduler.sqlite",
        notebooks=dict(notebooks),
        activate=activate,
    )
    if as_json:
        echo_json({"definitions": [asdict(one) for one in done]})
    else:
        for one in done:
            click.echo(
                f"{one.name}: {one.problem}" if one.problem else f"{one.name}: the job {one.job_id} is made."
            )
            for told in one.not_taken:
                click.echo(f"    not taken over: {told}")
        made = sum(one.job_id is not None for one in done)
        click.echo(f"{made} of {len(done)} definitions are taken over.")
    return 1 if any(one.problem for one in done) else 0
