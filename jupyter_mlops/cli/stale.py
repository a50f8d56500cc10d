"""`jupyter mlops stale`: whether what a notebook shows is still true."""

from __future__ import annotations

from typing import Any

import click

from jupyter_mlops.cli.options import json_option, root_option
from jupyter_mlops.cli.output import echo_json, print_table


@click.command("stale")
@click.argument("notebook")
@click.option("--strict", is_flag=True, help="Fail too when the session is not clean.")
@root_option
@json_option
def stale_command(notebook: str, strict: bool, root: str | None, as_json: bool) -> int:
    """List the cells of NOTEBOOK, as it is saved, that a run from the top would give other inputs, and why.

    The newest session by hand is judged. The exit code is 0 when no cell is stale (with --strict: and the
    session is clean), 1 when one is, 2 when that cannot be said, as nothing was recorded.
    """
    from jupyter_mlops.notebooks.places import locate_notebook
    from jupyter_mlops.workspace import Workspace

    state = Workspace().record_of(locate_notebook(notebook, root)).judge()
    stale = [cell for cell in state["cells"] if cell["stale"]]
    if as_json:
        echo_json({**state, "stale": [cell["cell"] for cell in stale]})
    else:
        _print(state, stale)
    return 1 if stale or (strict and not state["clean"]) else 0


def _print(state: dict[str, Any], stale: list[dict[str, Any]]) -> None:
    if state["clean"]:
        click.echo("Clean: a fresh kernel, every cell run once from top to bottom, none edited since.")
        return
    print_table(
        ("Stale cell", "Why"),
        ((cell["cell"], _why(cell["reasons"])) for cell in stale),
        "No cell is stale.",
    )
    click.echo(f"The session is not clean: {_why(state['reasons']) or 'not every cell was run once.'}")


def _why(reasons: list[dict[str, Any]]) -> str:
    return " ".join(reason["sentence"] for reason in reasons)
