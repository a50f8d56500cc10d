"""Parameters of a notebook: inferred from its cells tagged `parameters`, and values checked against them.

Names and types are read from Python notebooks alone. papermill reads no other language either (its
translators for R, Julia, Scala, ... only write), so that there every valid name is let through, as JSON.
"""

from __future__ import annotations

from nbformat import NotebookNode

from .parameter import Parameter, ParameterSet, ParameterType
from .parameter_text import parse_value
from .parameter_values import can_be_written, validate_parameters
from .python_cell import UnreadableCellError, merge, read_python_cell
from .read import Notebook

__all__ = [
    "Parameter",
    "ParameterSet",
    "ParameterType",
    "infer_parameters",
    "parse_value",
    "tag_only_the_last",
    "validate_parameters",
]

TAG = "parameters"


def infer_parameters(notebook: Notebook) -> ParameterSet:
    """The parameters of a notebook, with what is not known about them; never raises."""
    language = _language(notebook)
    tagged = [cell for cell in notebook.node.cells if TAG in _tags(cell)]
    code = [cell for cell in tagged if cell.cell_type == "code"]
    warnings = []
    if tagged and not code:
        warnings.append(f"The cell tagged '{TAG}' is not a code cell.")
    if not code:
        return ParameterSet(language=language, warnings=tuple(warnings))
    if language != "python":
        if can_be_written(language):
            warnings.append(f"Parameters in {language} cannot be read: names and types are not checked.")
        return ParameterSet(has_cell=True, names_known=False, language=language, warnings=tuple(warnings))
    found: dict[str, Parameter] = {}
    for cell in code:
        try:
            parameters = read_python_cell(cell.source, _sources_before(notebook, cell))
        except UnreadableCellError as error:
            problem = f"The cell tagged '{TAG}' {error}."
            return ParameterSet(has_cell=True, problem=problem, warnings=(*warnings, problem))
        for parameter in parameters:
            before = found.get(parameter.name)
            found[parameter.name] = merge(before, parameter) if before else parameter
    return ParameterSet(tuple(found.values()), has_cell=True, warnings=tuple(warnings))


def tag_only_the_last(node: NotebookNode) -> None:
    """Take the tag from all but the last of several parameters cells of a notebook that is about to run.

    papermill sets the values after the first tagged cell, and the later ones would set them back.
    """
    tagged = [cell for cell in node.cells if cell.cell_type == "code" and TAG in _tags(cell)]
    for cell in tagged[:-1]:
        cell.metadata["tags"] = [tag for tag in _tags(cell) if tag != TAG]


def _sources_before(notebook: Notebook, cell: NotebookNode) -> list[str]:
    cells = notebook.node.cells
    return [one.source for one in cells[: cells.index(cell)] if one.cell_type == "code"]


def _language(notebook: Notebook) -> str:
    """The language as papermill's translators spell it; a notebook that names none is taken for Python."""
    if notebook.kernel_name in ("pysparkkernel", "sparkkernel", "sparkrkernel"):
        return {"pysparkkernel": "python", "sparkkernel": "scala"}.get(notebook.kernel_name, "r")
    language = (notebook.language or "python").lower()
    return "python" if language in ("python2", "python3", "ipython", "ipython3") else language


def _tags(cell: NotebookNode) -> list[str]:
    tags: list[str] = cell.metadata.get("tags", [])
    return tags
