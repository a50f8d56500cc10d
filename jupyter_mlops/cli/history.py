"""`jupyter mlops history`: what was executed in a notebook's cells."""

from __future__ import annotations

from typing import Any

import click

from jupyter_mlops.cli.options import json_option, limit_option, root_option
from jupyter_mlops.cli.output import echo_json, print_table
from jupyter_mlops.readable import first_line, show_moment, show_seconds
from jupyter_mlops.store.executions import ORIGINS, STATUSES

NOTHING = "No cell of this notebook was recorded yet. `%load_ext jupyter_mlops` in a cell starts recording."


@click.command("history")
@click.argument("notebook")
@click.option("--cell", metavar="ID", help="Only of this cell: its id, or the start of it.")
@click.option("--status", type=click.Choice(STATUSES), help="Only those that stand so.")
@click.option("--origin", type=click.Choice(ORIGINS), help="Only those by hand, or by jobs.")
@click.option("--session", metavar="ID", help="Only those of this kernel's life.")
@click.option("--since", metavar="MOMENT", help="Only those from then on: 2026-11-21, or an age as 7d.")
@click.option("--until", metavar="MOMENT", help="Only those before.")
@click.option("--text", help="Only those whose source has this in it.")
@limit_option
@click.option("--cursor", help="Go on where a page ended: its `next_cursor`.")
@root_option
@json_option
def history_command(
    notebook: str,
    cell: str | None,
    limit: int,
    cursor: str | None,
    root: str | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """List the cell executions of NOTEBOOK, newest first, with what each cell was then."""
    from jupyter_mlops.notebooks.places import locate_notebook
    from jupyter_mlops.store.paging import PageRequest
    from jupyter_mlops.workspace import Workspace

    record = Workspace().record_of(locate_notebook(notebook, root))
    cell_id = None if cell is None else record.find_cell(cell)
    session_id = asked.pop("session")
    page = record.page(PageRequest(limit, cursor), cell_id=cell_id, session_id=session_id, **asked)
    if as_json:
        echo_json({"items": list(page.items), "next_cursor": page.next_cursor})
        return
    is_asked = any(value is not None for value in (cell, cursor, session_id, *asked.values()))
    print_table(
        ("Started", "Count", "Status", "Time", "By", "Cell", "Source"),
        (_row(execution) for execution in page.items),
        "No cell execution is like that." if is_asked else NOTHING,
    )
    if page.next_cursor:
        click.echo(f"There are more: --cursor {page.next_cursor}")


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
