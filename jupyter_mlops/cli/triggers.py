"""`jupyter mlops triggers`: list, pause, resume and delete single triggers of jobs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from jupyter_mlops.cli.options import all_roots_option, json_option, limit_option, root_option
from jupyter_mlops.cli.output import echo_json, print_table
from jupyter_mlops.readable import show_moment

if TYPE_CHECKING:
    from jupyter_mlops.jobs.triggers.service import NewTrigger, TriggerService
    from jupyter_mlops.store.tables import Trigger


@click.command("triggers")
@click.argument("job", required=False)
@click.option("--pause", metavar="TRIGGER", help="Let it fire no more for now.")
@click.option("--resume", metavar="TRIGGER", help="Let it fire again, from now on.")
@click.option("--delete", metavar="TRIGGER", help="Delete it; the runs that it made stay.")
@click.option("--new-token", metavar="TRIGGER", help="Give it a new token in place of the old one.")
@limit_option
@root_option
@all_roots_option
@json_option
def triggers_command(
    job: str | None,
    pause: str | None,
    resume: str | None,
    delete: str | None,
    new_token: str | None,
    limit: int,
    root: str | None,
    all_roots: bool,
    as_json: bool,
) -> None:
    """List the triggers of JOB (an id or a name), or of all jobs; or change one of them."""
    asked = [
        (text, what) for text, what in ((pause, "pause"), (resume, "resume"), (new_token, "token")) if text
    ]
    if len(asked) + bool(delete) > 1 or (job and (asked or delete)):
        raise click.UsageError("Give a job, or one change of one trigger.")
    if delete:
        _service(delete).delete(delete)
        if as_json:
            echo_json({"id": delete, "deleted": True})
        else:
            click.echo(f"The trigger {delete} is deleted; its runs stay.")
    elif asked:
        trigger_id, what = asked[0]
        change = {"token": True} if what == "token" else {"active": what == "resume"}
        _tell(_service(trigger_id).change(trigger_id, change), as_json)
    else:
        _list(job, limit, root, all_roots, as_json)


def say_when(trigger: Trigger) -> str:
    """A trigger in words, with its next fire where that is known."""
    from jupyter_mlops.jobs.triggers.views import shown_next_fire, trigger_as_dict

    shown = trigger_as_dict(trigger)
    told = shown["description"] or trigger.kind
    following = shown_next_fire(trigger)
    if shown["state"] != "active":
        return f"{told} ({shown['state']})"
    return f"{told}, next at {show_moment(following)} (this machine's time)" if following else told


def say_token(new: NewTrigger) -> None:
    """The address and the token of a trigger that is called."""
    from jupyter_mlops.jobs.triggers.views import HOOKS_PATH

    if new.token is None:
        return
    path = f"{HOOKS_PATH}/{new.trigger.id}"
    click.echo(f"Its address, below your Jupyter server's own: {path}")
    click.echo(f"Its token, shown this once: {new.token}")
    click.echo(f'curl -X POST -H "Authorization: Bearer {new.token}" https://SERVER{path}')


def _tell(new: NewTrigger, as_json: bool) -> None:
    from jupyter_mlops.jobs.triggers.views import trigger_as_dict

    if as_json:
        echo_json({**trigger_as_dict(new.trigger), "token": new.token})
        return
    click.echo(f"The trigger {new.trigger.id} of {new.trigger.job.name!r}: {say_when(new.trigger)}.")
    say_token(new)


def _service(trigger_id: str) -> TriggerService:
    """The service of the root that a trigger belongs to."""
    from jupyter_mlops.errors import NotFoundError
    from jupyter_mlops.jobs.triggers.service import TriggerService
    from jupyter_mlops.store.tables import Trigger
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    with workspace.store.reading() as session:
        trigger = session.get(Trigger, trigger_id)
        if trigger is None:
            raise NotFoundError(
                f"There is no trigger {trigger_id!r}.",
                field="trigger",
                hint="`jupyter mlops triggers --all-roots` lists them.",
            )
        return TriggerService(workspace.store, workspace.settings, Path(trigger.job.root))


def _list(job: str | None, limit: int, root: str | None, all_roots: bool, as_json: bool) -> None:
    from jupyter_mlops.jobs.triggers.views import shown_next_fire, trigger_as_dict
    from jupyter_mlops.notebooks.places import Scope, check_root
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    if job is not None:
        jobs = [workspace.find_job(job, None if all_roots else check_root(root or "."))]
    else:
        jobs = list(workspace.list_jobs(Scope.of(None, root, all_roots), limit).items)
    found = [(one, trigger) for one in jobs for trigger in one.triggers]
    if as_json:
        items = [{**trigger_as_dict(one), "job_name": of.name, "root": of.root} for of, one in found]
        echo_json({"items": items})
        return
    shown = [(of, one, trigger_as_dict(one)) for of, one in found]
    print_table(
        ("Trigger", "Job", "Kind", "When", "State", "Next", "Problem"),
        (
            (
                one.id,
                of.name,
                one.kind,
                told["description"],
                told["state"],
                show_moment(shown_next_fire(one)),
                told["problem"],
            )
            for of, one, told in shown
        ),
        "No triggers here. `jupyter mlops schedule NOTEBOOK --cron '0 6 * * *'` makes one.",
    )
