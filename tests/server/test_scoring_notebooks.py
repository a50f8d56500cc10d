"""A notebook that scores a table, written for a job: refused in words, or one that can be run."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest

WANTED = {"model": "penguins", "data": "2009.parquet", "output": "scores", "notebook": "batch/score.ipynb"}
REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "no model": ({"model": "a/b/c"}, 422, "model"),
    "no table": ({"data": "2009.xlsx"}, 422, "data"),
    "no folder of scores": ({"output": "  "}, 422, "output"),
    "no date": ({"logical_date": "yesterday"}, 422, "logical_date"),
    "no ending": ({"ending": ".xlsx"}, 422, "ending"),
    "no notebook": ({"notebook": "score.py"}, 422, "notebook"),
    "no folder": ({"notebook": "nowhere/score.ipynb"}, 404, "notebook"),
    "outside the root": ({"notebook": "../score.ipynb"}, 403, "notebook"),
    "an absolute path": ({"notebook": "/tmp/score.ipynb"}, 403, "notebook"),
    "a link that leads out": ({"notebook": "out/score.ipynb"}, 403, "notebook"),
    "a very long folder": ({"notebook": f"{'x' * 5000}/score.ipynb"}, 404, "notebook"),
    "a NUL": ({"notebook": "a\0.ipynb"}, 422, "notebook"),
}


async def test_it_is_written_once_with_what_was_asked_as_parameters(ask, jp_root_dir) -> None:
    (jp_root_dir / "batch").mkdir()
    said = await ask("post", "/scoring-notebooks", WANTED)
    assert (said.status, said.body) == (201, {"notebook": "batch/score.ipynb"})
    notebook = nbformat.read(jp_root_dir / "batch" / "score.ipynb", as_version=4)
    nbformat.validate(notebook)
    parameters = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ()))
    values: dict[str, Any] = {}
    exec(parameters.source, values)
    assert values["model"] == "models:/penguins@champion"
    assert (values["data"], values["output"], values["ending"]) == ("2009.parquet", "scores", ".parquet")

    again = await ask("post", "/scoring-notebooks", {**WANTED, "model": "other"})
    assert (again.status, again.body["field"]) == (409, "notebook")
    assert nbformat.read(jp_root_dir / "batch" / "score.ipynb", as_version=4) == notebook


@pytest.mark.parametrize("case", REFUSED)
async def test_what_cannot_be_is_refused_by_its_field(ask, jp_root_dir, case: str) -> None:
    (jp_root_dir / "batch").mkdir()
    (jp_root_dir / "out").symlink_to(jp_root_dir.parent)
    change, status, field = REFUSED[case]
    said = await ask("post", "/scoring-notebooks", {**WANTED, **change})
    assert (said.status, said.body["field"]) == (status, field)
    assert not list(jp_root_dir.rglob("score.ipynb"))
    assert not (jp_root_dir.parent / "score.ipynb").exists()
