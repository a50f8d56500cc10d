"""`jupyter mlops schedule`: when a notebook runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from jupyter_mlops.cli.named_values import NamedValueCommand
from jupyter_mlops.cli.options import (
    environment_option,
    json_option,
    kernel_option,
    name_option,
    parameters_option,
    root_option,
)
from jupyter_mlops.cli.output import echo_json
from jupyter_mlops.cli.policy_options import policy_options
from jupyter_mlops.cli.registration_options import registration_options
from jupyter_mlops.cli.triggers import say_token, say_when

_WHEN = (
    click.option(
        "--cron",
        help="Minute, hour, day of month, month, day of week ('30 6 * * 1-5'), or @hourly, @daily...",
    ),
    click.option(
        "--timezone",
        metavar="ZONE",
        help="Of --cron: a zone such as Europe/Berlin.  [default: this machine's, else UTC]",
    ),
    click.option("--every", metavar="TIME", help="Every so many seconds, or 15m, 36h, 7d."),
    click.option("--at", metavar="MOMENT", help="Once, at 2026-12-01T06:00 of this machine's time, say."),
    click.option("--on-file", metavar="PATTERN", help="When files under the root are made or changed."),
    click.option("--after", metavar="JOB", help="After a run of another job, by name or id."),
    click.option(
        "--on",
        metavar="WHAT",
        help="Of --after: success (the default), failure or any; of --on-file: created, changed or any.",
    ),
    click.option("--on-model", metavar="MODEL", help="When MLflow's registry has a new version of it."),
    click.option("--alias", help="Of --on-model: when this alias moves instead."),
    click.option("--http", is_flag=True, help="When its address is called; the token is shown once."),
    click.option("--signed", is_flag=True, help="Of --http: only calls that are signed."),
    click.option(
        "--pass",
        "passed",
        type=(str, str),
        multiple=True,
        metavar="NAME OUTPUT",
        help="Give a parameter what the event brings: path, version, run_id, metrics.accuracy...",
    ),
    click.option("--starts", metavar="MOMENT", help="Not before."),
    click.option("--ends", metavar="MOMENT", help="Not after."),
    click.option(
        "--missed",
        type=click.Choice(["skip", "latest", "all"]),
        help="What becomes of fires that no worker saw: none, the latest or all (25).  [default: latest]",
    ),
    click.option("--jitter", type=float, default=0.0, metavar="SECONDS", help="Wait up to so long."),
    click.option("--paused", is_flag=True, help="Make it paused."),
)


def _when_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_WHEN):
        command = option(command)
    return command


@click.command("schedule", cls=NamedValueCommand)
@click.argument("notebook")
@_when_options
@parameters_option
@name_option
@registration_options(short_alias=False)
@kernel_option
@environment_option
@policy_options
@root_option
@json_option
def schedule_command(
    notebook: str,
    parameters: tuple[tuple[str, str], ...],
    name: str | None,
    register: str | None,
    registration: dict[str, Any],
    kernel: str | None,
    environment: dict[str, str],
    policies: dict[str, Any],
    root: str | None,
    as_json: bool,
    paused: bool,
    passed: tuple[tuple[str, str], ...],
    **when: Any,
) -> None:
    """Run NOTEBOOK whenever --cron, --every, --at, --on-file, --after, --on-model or --http says so.

    A worker must be alive: this starts one, and so does JupyterLab. A job of the same name gets one more
    trigger.
    """
    from jupyter_mlops.jobs.spec import RunRequest
    from jupyter_mlops.jobs.triggers.given import GivenTrigger
    from jupyter_mlops.jobs.views import job_as_dict
    from jupyter_mlops.notebooks.places import locate_notebook
    from jupyter_mlops.workspace import Workspace

    place = locate_notebook(notebook, root)
    trigger = GivenTrigger(**when, passed=dict(passed), active=not paused).as_request()
    values = place.parse_parameters(dict(parameters))
    request = RunRequest(
        place.notebook,
        name,
        values,
        kernel,
        register,
        policies,
        registration=registration,
        environment=environment,
    )
    jobs = Workspace().jobs(place.root)
    new = jobs.schedule_job(request, trigger)
    job = jobs.get_job(new.trigger.job_id)
    if as_json:
        told = {"trigger_id": new.trigger.id, "token": new.token, "root": job.root}
        echo_json({**job_as_dict(job, None), **told})
        return
    click.echo(f"The job {job.name!r} ({job.id}) has the trigger {new.trigger.id}: {say_when(new.trigger)}.")
    say_token(new)
