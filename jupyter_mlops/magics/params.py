"""`%mlops params`: the parameters of the notebook, in a form or as a list."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from IPython.display import display

from jupyter_mlops.magics.card import Card, Code, show
from jupyter_mlops.magics.place import this_notebook
from jupyter_mlops.workspace import Workspace

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_mlops.notebooks.places import NotebookPlace


def params(ip: InteractiveShell, arguments: Namespace) -> None:
    """Show a form that runs the notebook as a job, or the list of its parameters."""
    place = this_notebook(ip, Workspace(), arguments.notebook)
    if arguments.list:
        show(_list(place))
        return
    from jupyter_mlops.widgets import ParameterForm

    display(
        ParameterForm(
            place.root / place.notebook,
            root=place.root,
            name=arguments.name,
            register_model=arguments.register,
            kernel=arguments.kernel,
        )
    )


def _list(place: NotebookPlace) -> Card:
    from jupyter_mlops.notebooks.inspection import inspect_notebook

    found = inspect_notebook(place.root, place.notebook)
    return Card(
        f"Parameters of {place.notebook}",
        columns=("Name", "Type", "Default", "Help"),
        rows=[
            (Code(one.name), one.shown_type, Code(one.shown_default), one.help) for one in found.parameters
        ],
        notes=[
            *found.warnings,
            *([] if found.has_parameters_cell else ["No cell is tagged 'parameters'."]),
        ],
    )
