"""An inspection answers what the REST contract promises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import jupyter_mlops
from jupyter_mlops.errors import MlopsError, OutsideRootError
from jupyter_mlops.notebooks.inspection import inspect_notebook
from jupyter_mlops.notebooks.kernels import KernelInfo

KERNELS = (KernelInfo("python3", "Python 3", "python"),)


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    path = Path(jupyter_mlops.__file__).parent / "server" / "openapi.yaml"
    schemas: dict[str, Any] = yaml.safe_load(path.read_text())["components"]["schemas"]
    return {"$ref": "#/components/schemas/NotebookInspection", "components": {"schemas": schemas}}


def write(path: Path, language: str = "python") -> None:
    cell = "C: float = 1.0  # strength\nwhen = now()\nsolver: Literal['a', 'b'] = 'a'"
    node = new_notebook(
        cells=[
            new_markdown_cell("# Title"),
            new_code_cell(cell, metadata={"tags": ["parameters"]}),
            new_code_cell("print(C)"),
        ],
        metadata={"kernelspec": {"name": f"{language}9", "display_name": "K", "language": language}},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(node))


def test_an_inspection_is_what_the_contract_says(tmp_path: Path, contract: dict[str, Any]) -> None:
    write(tmp_path / "a b" / "train.ipynb")
    facts = inspect_notebook(tmp_path, "a b/train.ipynb", available=KERNELS).as_dict()
    jsonschema.validate(json.loads(json.dumps(facts)), contract)
    assert set(facts) == set(contract["components"]["schemas"]["NotebookInspection"]["properties"])
    assert (facts["notebook"], facts["name"]) == ("a b/train.ipynb", "a b/train")
    assert (facts["kernel"], facts["default_kernel"], facts["code_cells"]) == ("python9", "python3", 2)
    assert "python9" in str(facts["kernel_problem"])
    assert facts["has_parameters_cell"]
    assert [parameter["name"] for parameter in facts["parameters"]] == ["C", "when", "solver"]  # type: ignore[attr-defined]


def test_a_notebook_that_no_kernel_can_run_is_described_all_the_same(tmp_path: Path) -> None:
    write(tmp_path / "nb.ipynb", "R")
    inspection = inspect_notebook(tmp_path, str(tmp_path / "nb.ipynb"), available=KERNELS)
    assert inspection.notebook == "nb.ipynb"
    assert inspection.default_kernel is None
    assert "Installed are python3." in str(inspection.kernel_problem)
    assert any(
        "R cannot be read" in warning or "r cannot be read" in warning for warning in inspection.warnings
    )


def test_a_notebook_outside_the_root_is_not_described(tmp_path: Path) -> None:
    write(tmp_path / "nb.ipynb")
    (tmp_path / "root").mkdir()
    with pytest.raises(OutsideRootError):
        inspect_notebook(tmp_path / "root", str(tmp_path / "nb.ipynb"), available=KERNELS)


def test_a_notebook_is_not_touched(tmp_path: Path) -> None:
    write(tmp_path / "nb.ipynb")
    before = (tmp_path / "nb.ipynb").read_bytes(), sorted(tmp_path.iterdir())
    inspect_notebook(tmp_path, "nb.ipynb", available=KERNELS)
    assert ((tmp_path / "nb.ipynb").read_bytes(), sorted(tmp_path.iterdir())) == before


def test_every_refusal_of_a_path_has_a_message_and_a_field(tmp_path: Path) -> None:
    (tmp_path / "broken.ipynb").write_text("{")
    for path in ("broken.ipynb", "no.ipynb", "../x.ipynb", ""):
        with pytest.raises(MlopsError) as refused:
            inspect_notebook(tmp_path, path, available=KERNELS)
        assert refused.value.as_problem()["field"] == "notebook"
