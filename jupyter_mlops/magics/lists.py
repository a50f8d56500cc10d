"""`%mlops runs` and `%mlops history`."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from jupyter_mlops.magics.card import Card, Code, State
from jupyter_mlops.magics.mlops import show
from jupyter_mlops.magics.place import folder_of_output, this_notebook
from jupyter_mlops.magics.run_card import COLUMNS, run_row
from jupyter_mlops.readable import first_line, show_moment, show_seconds
from jupyter_mlops.workspace import Scope, Workspace

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def runs(ip: InteractiveShell, arguments: Namespace) -> None:
    """List the notebook's runs."""
    workspace = Workspace()
    place = this_notebook(ip, workspace, arguments.notebook)
    found = workspace.list_runs(Scope(place.root, place.notebook), arguments.limit).items
    notes = [] if found else ["None yet: %mlops run makes one."]
    folder = folder_of_output(ip, workspace)
    rows = [run_row(run, folder) for run in found]
    show(Card(f"Runs of {place.notebook}", columns=COLUMNS, rows=rows, notes=notes))


def history(ip: InteractiveShell, arguments: Namespace) -> None:
    """List what was executed in the notebook's cells."""
    workspace = Workspace()
    place = this_notebook(ip, workspace, arguments.notebook)
    rows = [
        (
            show_moment(execution["started_at"]),
            execution["execution_count"],
            State(execution["status"]),
            show_seconds(execution["duration_s"]),
            f"run {execution['run_id']}" if execution["run_id"] else "hand",
            Code(first_line(execution["source"])),
        )
        for execution in workspace.history(place, arguments.limit)
    ]
    columns = ("Started", "Count", "Status", "Time", "By", "Source")
    notes = [] if rows else ["Nothing is recorded yet: %mlops on records from then on."]
    show(Card(f"Executions in {place.notebook}", columns=columns, rows=rows, notes=notes))
