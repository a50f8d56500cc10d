"""`jupyter mlops secrets`: what jobs refer to as `secret://NAME`, kept on this machine."""

from __future__ import annotations

import sys

import click

from jupyter_mlops.cli.options import json_option
from jupyter_mlops.cli.output import echo_json, print_table


@click.group("secrets")
def secrets_command() -> None:
    """Keep, list and delete the secrets that jobs refer to as secret://NAME.

    A job gives one to its kernel by `--env DB_PASSWORD=secret://db-password`, or `environment:` in jobs.yaml;
    the notebook reads it from os.environ. A worker looks first for the variable
    JUPYTER_MLOPS_SECRET_DB_PASSWORD, then for the file db-password in the folder JUPYTER_MLOPS_SECRETS_DIR,
    then for what is kept by `set`: a file that only you can read.
    """


@secrets_command.command("set")
@click.argument("name")
@json_option
def set_command(name: str, as_json: bool) -> None:
    """Keep the secret NAME, in place of the one there is.

    Its value is asked for, or read from standard input as it is piped, but for a newline at its end. It is
    never an argument: those stand in the shell's history and in the list of processes.
    """
    from jupyter_mlops.config import Settings
    from jupyter_mlops.secrets.environment import SCHEME, check_secret_name
    from jupyter_mlops.secrets.keeping import SecretPlace, Secrets

    check_secret_name(name)
    secrets = Secrets(Settings.load())
    path = secrets.keep(name, _read_value(as_json))
    used = secrets.find(name) or SecretPlace(name, "kept", str(path))
    if as_json:
        echo_json(used.as_dict())
        return
    click.echo(f"The secret {name} is kept in {path}; a job refers to it as {SCHEME}{name}.")
    if used.source != "kept":
        click.echo(f"But here it is taken from {used.place}, which wins.", err=True)


@secrets_command.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the secrets that this machine has: their names and where they are, never their values."""
    from jupyter_mlops.config import Settings
    from jupyter_mlops.secrets.keeping import Secrets

    found = [place.as_dict() for place in Secrets(Settings.load()).all()]
    if as_json:
        echo_json({"items": found})
        return
    rows = ((one["name"], one["source"], one["place"]) for one in found)
    print_table(("Secret", "From", "Where"), rows, "There are none.")


@secrets_command.command("delete")
@click.argument("name")
@json_option
def delete_command(name: str, as_json: bool) -> None:
    """Delete the secret NAME that is kept here; runs that need it end with secret_missing."""
    from jupyter_mlops.config import Settings
    from jupyter_mlops.secrets.keeping import Secrets

    Secrets(Settings.load()).delete(name)
    if as_json:
        echo_json({"name": name, "done": "deleted"})
    else:
        click.echo(f"The secret {name} is deleted.")


def _read_value(as_json: bool) -> str:
    if as_json or not sys.stdin.isatty():
        return sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    value: str = click.prompt("Value (not shown)", hide_input=True, confirmation_prompt="Once more")
    return value
