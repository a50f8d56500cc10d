"""`%mlops runs` and `%mlops history`."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from jupyter_mlops.experiments.comparison import LEAST_ID_CHARS, find_execution
from jupyter_mlops.magics.card import Card, Code, State, show
from jupyter_mlops.magics.place import folder_of_output, this_notebook
from jupyter_mlops.magics.run_card import COLUMNS, run_row
from jupyter_mlops.notebooks.places import Scope
from jupyter_mlops.readable import first_line, show_moment, show_seconds
from jupyter_mlops.workspace import Workspace

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_mlops.notebooks.places import NotebookPlace

SHOWN_ID_CHARS = 8
NOTHING = "Nothing is recorded yet: %mlops on records from then on."


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
    """List what was executed in the notebook's cells, or in one of them."""
    workspace = Workspace()
    place = this_notebook(ip, workspace, arguments.notebook)
    cell = None if arguments.cell is None else _find_cell(workspace, place, arguments.cell)
    rows = [
        (
            show_moment(execution["started_at"]),
            execution["execution_count"],
            State(execution["status"]),
            show_seconds(execution["duration_s"]),
            f"run {execution['run_id']}" if execution["run_id"] else "hand",
            Code((execution["cell_id"] or "")[:SHOWN_ID_CHARS]),
            Code(first_line(execution["source"])),
        )
        for execution in workspace.history(place, arguments.limit, cell_id=cell)
    ]
    columns = ("Started", "Count", "Status", "Time", "By", "Cell", "Source")
    notes = ["%mlops diff A B compares two of them by their counts."] if rows else [NOTHING]
    where = place.notebook if cell is None else f"cell {cell} of {place.notebook}"
    show(Card(f"Executions in {where}", columns=columns, rows=rows, notes=notes))


def _find_cell(workspace: Workspace, place: NotebookPlace, given: str) -> str:
    """A cell's key, by the count of one of its executions in this kernel, or by the start of its id."""
    if given.isdigit() and len(given) < LEAST_ID_CHARS:
        return str(find_execution(int(given))["cell_key"])
    return workspace.record_of(place).find_cell(given)
