"""`jupyter mlops purge`: forget what was recorded long ago."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import click

from jupyter_mlops.cli.options import json_option, root_option
from jupyter_mlops.cli.output import echo_json
from jupyter_mlops.readable import show_moment

if TYPE_CHECKING:
    from jupyter_mlops.capture.retention import Purged


@click.command("purge")
@click.option("--older-than", metavar="AGE", help="What is older than this: 30d, 8w, 36h.")
@click.option("--before", metavar="DATE", help="What began before this: 2026-11-21, or a time in ISO 8601.")
@click.option("--notebook", metavar="NOTEBOOK", help="Of this notebook only.  [default: of all]")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@root_option
@json_option
def purge_command(
    older_than: str | None,
    before: str | None,
    notebook: str | None,
    dry_run: bool,
    yes: bool,
    root: str | None,
    as_json: bool,
) -> int:
    """Delete recorded cell executions that are old, and the sources and sessions that nothing else uses.

    First it says what would go, and asks. Notebooks, job runs and MLflow are not touched, and what is still
    running stays. JUPYTER_MLOPS_RETENTION=30d does the same every day.
    """
    from jupyter_mlops.moments import parse_age, parse_moment

    if (older_than is None) == (before is None):
        raise click.UsageError("Say how old: either --older-than or --before.")
    if older_than is not None:
        parse_age(older_than, "older_than")
    moment = parse_moment(older_than or before or "", "before")
    forget = _purger(notebook, root)
    would_go = forget(moment, dry_run=True)
    if not as_json:
        click.echo(_sentence(would_go, show_moment(moment) or "", "would go" if dry_run else "go"))
    if dry_run or not would_go.executions + would_go.sources + would_go.sessions:
        purged = would_go
    else:
        if not yes:
            _ask(as_json)
        purged = forget(moment)
        if not as_json:
            click.echo("Deleted.")
    if as_json:
        echo_json({"before": moment.isoformat(), "dry_run": dry_run, **purged.as_dict()})
    return 0


def _purger(notebook: str | None, root: str | None) -> Callable[..., Purged]:
    from jupyter_mlops.capture.retention import purge
    from jupyter_mlops.notebooks.places import locate_notebook
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    if notebook is None:
        return partial(purge, workspace.store)
    return workspace.record_of(locate_notebook(notebook, root)).purge


def _sentence(purged: Purged, moment: str, verb: str) -> str:
    return (
        f"From before {moment}, {purged.executions} cell executions, {purged.sources} sources "
        f"and {purged.sessions} sessions {verb}."
    )


def _ask(as_json: bool) -> None:
    if as_json or not sys.stdin.isatty():
        raise click.UsageError("Nothing was deleted: add --yes, as nobody can be asked here.")
    click.confirm("Delete them?", abort=True)
