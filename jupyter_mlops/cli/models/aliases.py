"""`jupyter mlops models promote`, `rollback`: aliases, moved by hand and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jupyter_mlops.cli.options import json_option
from jupyter_mlops.cli.output import echo_json

if TYPE_CHECKING:
    from jupyter_mlops.models.promotion import Promotions
    from jupyter_mlops.store.tables import AliasMove

_reason_option = click.option(
    "-m", "--reason", required=True, metavar="TEXT", help="Why; it is kept in the alias's history."
)
_alias_option = click.option("--alias", default="champion", show_default=True, help="Which alias.")


@click.command("promote")
@click.argument("model")
@click.argument("version", required=False)
@_alias_option
@click.option("--remove", is_flag=True, help="Take the alias away instead.")
@_reason_option
@json_option
def promote_command(
    model: str, version: str | None, alias: str, remove: bool, reason: str, as_json: bool
) -> None:
    """Move an alias of MODEL to VERSION by hand, past all gates; who did it and why is kept."""
    from jupyter_mlops.models.requests import this_user

    if remove == (version is not None):
        raise click.UsageError("Give a version, or --remove.")
    _tell(_promotions().move(model, alias, version, reason, this_user()), as_json)


@click.command("rollback")
@click.argument("model")
@_alias_option
@_reason_option
@json_option
def rollback_command(model: str, alias: str, reason: str, as_json: bool) -> None:
    """Give an alias of MODEL back to the version that held it before; again: to the one before that."""
    from jupyter_mlops.models.requests import this_user

    _tell(_promotions().roll_back(model, alias, reason, this_user()), as_json)


def _promotions() -> Promotions:
    from jupyter_mlops.models.promotion import Promotions
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    return Promotions(workspace.store, workspace.settings)


def _tell(move: AliasMove, as_json: bool) -> None:
    from jupyter_mlops.models.moves import move_as_dict

    if as_json:
        echo_json(move_as_dict(move))
    elif move.to_version is None:
        click.echo(f"{move.model} has no {move.alias} any more; it was version {move.from_version}.")
    else:
        instead = f", in place of version {move.from_version}" if move.from_version else ""
        click.echo(f"Version {move.to_version} of {move.model} is {move.alias}{instead}.")
