"""`jupyter mlops serve` and `servings`."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import click

from jupyter_mlops.cli.options import json_option
from jupyter_mlops.cli.output import echo_json, print_facts, print_table

if TYPE_CHECKING:
    from jupyter_mlops.models.serving.service import Serving, ServingService

LOOK_EVERY_S = 0.3


@click.command("serve")
@click.argument("model")
@click.option("--port", type=click.IntRange(1024, 65535), help="On the loopback.  [default: a free one]")
@click.option("--detach", is_flag=True, help="Go on serving when this command has ended.")
@json_option
def serve_command(model: str, port: int | None, detach: bool, as_json: bool) -> int:
    """Serve MODEL by MLflow's scoring server: models:/NAME@champion, models:/NAME/3, or a name: its champion.

    It listens on this machine's loopback only. Ctrl-C ends it, or `jupyter mlops servings --stop ID`.
    Nothing is loaded of which a file has changed since it was registered.
    """
    from jupyter_mlops.models.reference import ModelReference

    service = _service()
    serving = service.start(ModelReference.parse(model), port)
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        serving = _wait_for_start(service, serving, quiet=as_json)
        if serving.state == "ready":
            _tell(serving, as_json, detach)
            if detach:
                return 0
            _wait_for_end(service, serving)
        else:
            _tell_failure(serving, as_json)
    except KeyboardInterrupt:
        service.stop(serving.id)
        return 0
    service.stop(serving.id)
    return 1


@click.command("servings")
@click.option("--stop", metavar="ID", help="End one.")
@click.option("--log", metavar="ID", help="Show the end of its log.")
@json_option
def servings_command(stop: str | None, log: str | None, as_json: bool) -> None:
    """List the models that are served from this machine; stop one, or read its log."""
    service = _service()
    if stop and log:
        raise click.UsageError("Give --stop or --log.")
    if stop:
        ended = service.stop(stop)
        if as_json:
            echo_json(ended.as_dict())
        else:
            click.echo(f"{ended.model}, version {ended.version}, is served no more.")
    elif log:
        lines = service.get(log).log
        if as_json:
            echo_json({"id": log, "log": list(lines)})
        else:
            click.echo("\n".join(lines))
    elif as_json:
        echo_json({"items": [serving.as_dict() for serving in service.list()]})
    else:
        print_table(
            ("Id", "Model", "Version", "State", "URL", "Since", "Message"),
            (
                (one.id, one.model, one.version, one.state, one.url, one.started_at[:19], one.message or "")
                for one in service.list()
            ),
            "No model is served. `jupyter mlops serve models:/NAME@champion` serves one.",
        )


def _service() -> ServingService:
    from jupyter_mlops.config import Settings
    from jupyter_mlops.models.serving.service import ServingService

    return ServingService(Settings.load())


def _wait_for_start(service: ServingService, serving: Serving, *, quiet: bool) -> Serving:
    if not quiet:
        click.echo(f"Loading {serving.model} {serving.version}…", err=True)
    while serving.state == "starting":
        time.sleep(LOOK_EVERY_S)
        serving = service.get(serving.id)
    return serving


def _wait_for_end(service: ServingService, serving: Serving) -> None:
    while serving.state != "failed":
        time.sleep(LOOK_EVERY_S)
        serving = service.get(serving.id)
    click.echo(serving.message, err=True)


def _tell(serving: Serving, as_json: bool, detach: bool) -> None:
    if as_json:
        echo_json(serving.as_dict())
        return
    end = f"jupyter mlops servings --stop {serving.id}" if detach else "Ctrl-C"
    print_facts(
        [
            ("Model", f"{serving.model}, version {serving.version}"),
            ("Predictions", f"POST {serving.url}/invocations"),
            ("Health", f"GET {serving.url}/ping"),
            ("Ended by", end),
        ]
    )


def _tell_failure(serving: Serving, as_json: bool) -> None:
    if as_json:
        echo_json(serving.as_dict())
    else:
        for line in serving.log[-20:]:
            click.echo(line, err=True)
        click.echo(f"{click.style('Error:', fg='red', bold=True)} {serving.message}", err=True)
