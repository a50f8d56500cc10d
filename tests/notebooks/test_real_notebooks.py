"""Notebooks that others wrote: all are read, and their parameters are papermill's or better."""

from __future__ import annotations

import csv
from pathlib import Path

import nbformat
import pytest

from jupyter_mlops.errors import MlopsError
from jupyter_mlops.notebooks.inspection import NotebookInspection, inspect_notebook
from jupyter_mlops.notebooks.kernels import KernelInfo
from jupyter_mlops.notebooks.read import read_notebook

KERNELS = (KernelInfo("python3", "Python 3", "python"),)

# Where we read otherwise than papermill, and why.
BETTER = {
    "papermill/complex_parameters.ipynb": "its cell is no Python (line 14): no value could take effect",
    "nbformat/no_min_version.ipynb": "papermill refuses it for a missing minor format",
    "nbformat/test3_worksheet_with_no_cells.ipynb": "papermill refuses it for a worksheet without cells",
    "odd-python/hydrogen.ipynb": "papermill needs a kernel's name to look at parameters",
}


@pytest.fixture(scope="module")
def rows(real_notebooks: Path) -> list[dict[str, str]]:
    with (real_notebooks / "index.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture(scope="module")
def inspections(
    real_notebooks: Path, rows: list[dict[str, str]]
) -> dict[str, NotebookInspection | MlopsError]:
    answers: dict[str, NotebookInspection | MlopsError] = {}
    for row in rows:
        try:
            answers[row["file"]] = inspect_notebook(real_notebooks, row["file"], available=KERNELS)
        except MlopsError as error:
            answers[row["file"]] = error
    return answers


def papermills_names(row: dict[str, str]) -> list[str] | None:
    """The names that papermill infers; None where it cannot read the notebook."""
    if not row["n_params"].isdigit():
        return None
    listed = row["params"].split("; ") if int(row["n_params"]) else []
    return [part.strip('"').partition(":")[0] for part in listed]


def test_every_real_notebook_is_described_or_refused_with_a_reason(
    inspections: dict[str, NotebookInspection | MlopsError],
) -> None:
    assert len(inspections) >= 110
    assert [name for name, answer in inspections.items() if isinstance(answer, MlopsError)] == []


def test_every_real_notebook_is_sound_in_the_current_format(
    real_notebooks: Path, rows: list[dict[str, str]]
) -> None:
    for row in rows:
        notebook = read_notebook(real_notebooks / row["file"])
        again = read_notebook(real_notebooks / row["file"])
        assert [cell.id for cell in notebook.node.cells] == [cell.id for cell in again.node.cells]
        assert notebook.code_cells == int(row["code_cells"]) or row["file"] in BETTER, row["file"]
        if not any("breaks its format" in warning for warning in notebook.warnings):
            nbformat.validate(notebook.node, relax_add_props=True)


def test_parameters_are_those_that_papermill_infers_or_better(
    rows: list[dict[str, str]], inspections: dict[str, NotebookInspection | MlopsError]
) -> None:
    differ = {}
    for row in rows:
        answer = inspections[row["file"]]
        assert isinstance(answer, NotebookInspection)
        names = [parameter.name for parameter in answer.parameters]
        if names != papermills_names(row) and row["expected"] != "times out":
            differ[row["file"]] = names
    assert set(differ) == set(BETTER)


def test_most_real_parameters_have_a_type_where_papermill_knows_one_of_37(
    inspections: dict[str, NotebookInspection | MlopsError],
) -> None:
    found = [
        parameter
        for answer in inspections.values()
        if isinstance(answer, NotebookInspection)
        for parameter in answer.parameters
    ]
    assert len(found) >= 30
    untyped = [parameter for parameter in found if parameter.type == "any"]
    assert all(parameter.default is None and parameter.expression is None for parameter in untyped)


def test_every_python_notebook_has_a_kernel_to_run_with(
    rows: list[dict[str, str]], inspections: dict[str, NotebookInspection | MlopsError]
) -> None:
    for row in rows:
        answer = inspections[row["file"]]
        assert isinstance(answer, NotebookInspection)
        if row["file"].startswith("other-kernels/"):
            assert answer.default_kernel is None
            assert answer.kernel_problem
        else:
            assert answer.default_kernel == "python3"
            assert (answer.kernel_problem is None) == (answer.kernel == "python3")
