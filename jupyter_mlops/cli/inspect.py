"""`jupyter mlops inspect`: what a job of a notebook would need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jupyter_mlops.cli.options import json_option, root_option
from jupyter_mlops.cli.output import echo_json, print_facts, print_table

if TYPE_CHECKING:
    from jupyter_mlops.notebooks.inspection import NotebookInspection


@click.command("inspect")
@click.argument("notebook")
@root_option
@json_option
def inspect_command(notebook: str, root: str | None, as_json: bool) -> None:
    """Show the parameters of NOTEBOOK (names, types, defaults) and its kernel; nothing is run."""
    from jupyter_mlops.notebooks.inspection import inspect_notebook
    from jupyter_mlops.notebooks.places import locate_notebook

    place = locate_notebook(notebook, root)
    found = inspect_notebook(place.root, place.notebook)
    if as_json:
        echo_json({**found.as_dict(), "root": str(place.root)})
    else:
        _print(found)


def _print(found: NotebookInspection) -> None:
    print_facts(
        [
            ("Notebook", found.notebook),
            ("Format", f"nbformat {found.nbformat}"),
            ("Kernel", ": ".join(filter(None, (found.default_kernel or "none", found.kernel_problem)))),
            ("Code cells", found.code_cells),
            ("SHA-256", found.sha),
            *(("Warning", text) for text in found.warnings),
        ]
    )
    click.echo()
    missing = "The cell tagged 'parameters' assigns no variable."
    if not found.has_parameters_cell:
        missing = "No cell is tagged 'parameters', so that a run takes no values."
    print_table(
        ("Parameter", "Type", "Default", "Help"),
        ((p.name, p.shown_type, p.shown_default, p.help) for p in found.parameters),
        missing,
    )
