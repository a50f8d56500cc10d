"""`jupyter mlops jobs`, `pause`, `resume`, `delete`: jobs and when they run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jupyter_mlops.cli.options import (
    all_roots_option,
    cursor_option,
    json_option,
    limit_option,
    root_option,
)
from jupyter_mlops.cli.output import echo_json, print_table, say_more
from jupyter_mlops.readable import show_moment, show_values

if TYPE_CHECKING:
    from datetime import datetime

    from jupyter_mlops.store.tables import Job, Run


@click.command("jobs")
@click.option("--notebook", metavar="PATH", help="Only jobs of this notebook.")
@click.option("--search", metavar="TEXT", help="Only jobs whose name or notebook has this in it.")
@limit_option
@cursor_option
@root_option
@all_roots_option
@json_option
def jobs_command(
    notebook: str | None,
    search: str | None,
    limit: int,
    cursor: str | None,
    root: str | None,
    all_roots: bool,
    as_json: bool,
) -> None:
    """List jobs, newest first, with their schedules and last runs."""
    from jupyter_mlops.jobs.views import job_as_dict
    from jupyter_mlops.notebooks.places import Scope
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    page = workspace.list_jobs(Scope.of(notebook, root, all_roots), limit, cursor=cursor, search=search)
    last = workspace.jobs(Path.cwd()).last_runs(page.items)
    if as_json:
        items = [{**job_as_dict(job, last.get(job.id)), "root": job.root} for job in page.items]
        echo_json({"items": items, "next_cursor": page.next_cursor})
        return
    columns = ("Job", "Name", "Parameters", "Schedule", "Next", "Last run", *(["Root"] if all_roots else []))
    print_table(
        columns,
        (_row(job, last.get(job.id)) + ((job.root,) if all_roots else ()) for job in page.items),
        "No job is like that."
        if search or cursor
        else "No jobs here. `jupyter mlops schedule NOTEBOOK --cron '0 6 * * *'` makes one.",
    )
    say_more(page.next_cursor)


@click.command("pause")
@click.argument("job")
@root_option
@json_option
def pause_command(job: str, root: str | None, as_json: bool) -> None:
    """Pause the schedule of JOB (an id or a name)."""
    _set_active(job, root, as_json, active=False)


@click.command("resume")
@click.argument("job")
@root_option
@json_option
def resume_command(job: str, root: str | None, as_json: bool) -> None:
    """Resume the schedule of JOB (an id or a name): it fires next from now on."""
    _set_active(job, root, as_json, active=True)


@click.command("delete")
@click.argument("job")
@root_option
@json_option
def delete_command(job: str, root: str | None, as_json: bool) -> None:
    """Delete JOB (an id or a name) with its schedule; its runs and their files stay."""
    from jupyter_mlops.notebooks.places import check_root
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    found = workspace.find_job(job, check_root(root or "."))
    workspace.jobs_of(found).delete_job(found.id)
    if as_json:
        echo_json({"id": found.id, "name": found.name, "deleted": True})
    else:
        click.echo(f"The job {found.name!r} ({found.id}) is deleted; its runs stay.")


def _set_active(job: str, root: str | None, as_json: bool, *, active: bool) -> None:
    from jupyter_mlops.notebooks.places import check_root
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    found = workspace.find_job(job, check_root(root or "."))
    _tell(workspace.jobs_of(found).set_active(found.id, active), as_json)


def _tell(job: Job, as_json: bool) -> None:
    from jupyter_mlops.jobs.views import job_as_dict

    if as_json:
        echo_json({**job_as_dict(job, None), "root": job.root})
        return
    moment = _next_fire(job)
    if moment is None and any(trigger.active for trigger in job.triggers):
        when = "is active"
    elif moment is not None:
        when = f"runs next at {show_moment(moment)} (this machine's time)"
    else:
        when = f"is paused; `jupyter mlops resume {job.id}` lets it go on"
    click.echo(f"The job {job.name!r} ({job.id}), {_schedule(job)}, {when}.")


def _row(job: Job, last: Run | None) -> tuple[object, ...]:
    return (
        job.id,
        job.name,
        show_values(job.parameters),
        _schedule(job),
        show_moment(_next_fire(job)),
        None if last is None else f"{last.state} {show_moment(last.created_at)}",
    )


def _schedule(job: Job) -> str | None:
    from jupyter_mlops.jobs.triggers.views import trigger_as_dict

    told = [trigger_as_dict(trigger) for trigger in job.triggers]
    return ", ".join(_in_short(trigger) for trigger in told) or None


def _in_short(trigger: dict[str, Any]) -> str:
    spec = trigger["spec"]
    text = f"{spec['cron']} {spec['timezone']}" if trigger["kind"] == "cron" else trigger["description"]
    return f"{text or trigger['kind']}" if trigger["active"] else f"{text} ({trigger['state']})"


def _next_fire(job: Job) -> datetime | None:
    from jupyter_mlops.jobs.triggers.views import shown_next_fire

    fires = [fire for trigger in job.triggers if (fire := shown_next_fire(trigger)) is not None]
    return min(fires, default=None)
