"""`jupyter mlops clean`: delete old runs and all that was theirs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from jupyter_mlops.cli.options import all_roots_option, json_option, root_option
from jupyter_mlops.cli.output import echo_json, print_table
from jupyter_mlops.readable import show_bytes, show_moment

if TYPE_CHECKING:
    from jupyter_mlops.housekeeping.clean import Cleaning


@click.command("clean")
@click.option("--older-than", metavar="AGE", help="What ended longer ago goes: 30d, 8w, 36h.")
@click.option("--keep", type=click.IntRange(0), metavar="N", help="All but a job's newest N runs go.")
@click.option("--max-size", metavar="SIZE", help="The oldest go until a job's outputs fit: 5GB, 500MiB.")
@click.option("--job", metavar="JOB", help="Only runs of this job: its id or name.  [default: of all]")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@root_option
@all_roots_option
@json_option
def clean_command(
    older_than: str | None,
    keep: int | None,
    max_size: str | None,
    job: str | None,
    dry_run: bool,
    yes: bool,
    root: str | None,
    all_roots: bool,
    as_json: bool,
) -> int:
    """Delete runs with their attempts, their folders in mlops-runs, and the snapshots that nothing else uses.

    A run goes when any of the limits says so. Without a limit the jobs' own policies hold, and
    JUPYTER_MLOPS_RUN_RETENTION for jobs that have none. First it says what would go, and asks.

    Never goes what is queued or running, a job's last success, a run that a model version came from, and what
    ended within the last minute. MLflow's runs and recorded cells are not touched.
    """
    from jupyter_mlops.interface.housekeeping import run_cleaner

    given = {"older_than": older_than, "keep": keep, "max_size": max_size}
    sweep = run_cleaner(given, job, root, all_roots)
    done = sweep(dry_run=True)
    shown = frozenset(gone.id for gone in done.runs)
    if not as_json:
        _show(done, dry_run)
    if not dry_run:
        if shown and not yes:
            _ask(as_json)
        done = sweep(dry_run=False, only=shown)  # also what an earlier clean may have left
        if shown and not as_json:
            click.echo(f"Deleted {_runs(len(done.runs))}; {show_bytes(done.bytes)} are free.")
    if as_json:
        echo_json(done.as_dict())
    else:
        _complain(done)
    return 0


def _show(done: Cleaning, dry_run: bool) -> None:
    if not done.limited_jobs:
        click.echo(
            "There is no limit: give --older-than, --keep or --max-size, or the jobs a retention policy."
        )
        return
    print_table(
        ("Run", "Job", "State", "Ended", "Size", "By"),
        (
            (gone.id, gone.job_name, gone.state, show_moment(gone.ended_at), show_bytes(gone.bytes), gone.why)
            for gone in done.runs
        ),
        "Nothing is beyond the limits.",
    )
    if done.runs:
        verb = "would go" if dry_run else "to delete"
        click.echo(f"{_runs(len(done.runs))} {verb}; that frees {show_bytes(done.bytes)}.")


def _runs(count: int) -> str:
    return f"{count} run{'' if count == 1 else 's'}"


def _complain(done: Cleaning) -> None:
    for problem in done.problems:
        click.echo(f"{click.style('Problem:', fg='yellow')} {problem}", err=True)
    if not done.complete:
        click.echo("The time was up before all was done; the next clean goes on.", err=True)


def _ask(as_json: bool) -> None:
    if as_json or not sys.stdin.isatty():
        raise click.UsageError("Nothing was deleted: add --yes, as nobody can be asked here.")
    click.confirm("Delete them?", abort=True)
