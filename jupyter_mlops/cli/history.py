"""`jupyter mlops history`: what was executed in a notebook's cells."""

from __future__ import annotations

from typing import Any

import click

from jupyter_mlops.cli.options import json_option, limit_option, root_option
from jupyter_mlops.cli.output import echo_json, print_table
from jupyter_mlops.readable import first_line, show_moment, show_seconds


@click.command("history")
@click.argument("notebook")
@limit_option
@root_option
@json_option
def history_command(notebook: str, limit: int, root: str | None, as_json: bool) -> None:
    """List the cell executions of NOTEBOOK, newest first, with what each cell was then."""
    from jupyter_mlops.workspace import Workspace, locate_notebook

    found = Workspace().history(locate_notebook(notebook, root), limit)
    if as_json:
        echo_json({"items": found})
        return
    print_table(
        ("Started", "Count", "Status", "Time", "By", "Cell", "Source"),
        (_row(execution) for execution in found),
        "No cell of this notebook was recorded yet. `%load_ext jupyter_mlops` in a cell starts recording.",
    )


def _row(execution: dict[str, Any]) -> tuple[object, ...]:
    status = execution["error_name"] or execution["status"]
    return (
        show_moment(execution["started_at"]),
        execution["execution_count"],
        status,
        show_seconds(execution["duration_s"]),
        f"run {execution['run_id']}" if execution["run_id"] else "hand",
        (execution["cell_id"] or execution["cell_key"])[:8],
        first_line(execution["source"]),
    )
