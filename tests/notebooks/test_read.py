"""Notebooks of every format are read, the same way each time; others are refused with the place."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_mlops.errors import InvalidNotebookError, NotFoundError
from jupyter_mlops.notebooks import read
from jupyter_mlops.notebooks.read import Notebook, read_notebook

CODE = {"cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": [], "execution_count": None}
V4: dict[str, Any] = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [CODE]}
OLD_CODE = {"cell_type": "code", "input": "print(1)", "language": "python", "prompt_number": 1, "outputs": []}
V3: dict[str, Any] = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {"name": ""},
    "worksheets": [
        {"cells": [OLD_CODE, {"cell_type": "heading", "level": 2, "source": "Title"}]},
        {"cells": [{**OLD_CODE, "input": ["a = 1\n", "b = 2"]}]},
    ],
}


def read_dict(notebook: Any, **changes: Any) -> Notebook:
    return read_notebook(json.dumps({**notebook, **changes}).encode())


def sources(notebook: Notebook) -> list[str]:
    return [cell.source for cell in notebook.node.cells]


def ids(notebook: Notebook) -> list[str]:
    return [cell.id for cell in notebook.node.cells]


def test_a_current_notebook_is_read_as_it_is(tmp_path: Path) -> None:
    kernel = {"name": "ir", "display_name": "R", "language": "R"}
    cell = {**CODE, "id": "kept-1"}
    data = json.dumps(
        {**V4, "nbformat_minor": 5, "cells": [cell], "metadata": {"kernelspec": kernel}}
    ).encode()
    path = tmp_path / "nb.ipynb"
    path.write_bytes(data)
    before = path.stat().st_mtime_ns
    notebook = read_notebook(path)
    assert (notebook.nbformat, notebook.language, notebook.kernel_name) == ("4.5", "R", "ir")
    assert notebook.sha == hashlib.sha256(data).hexdigest()
    assert ids(notebook) == ["kept-1"]
    assert notebook.warnings == ()
    assert notebook.code_cells == 1
    assert path.read_bytes() == data
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize("minor", [0, 1, 2, 3, 4])
def test_every_older_minor_format_becomes_the_current_one(minor: int) -> None:
    notebook = read_dict(V4, nbformat_minor=minor)
    nbformat.validate(notebook.node)
    assert notebook.nbformat == f"4.{minor}"
    assert notebook.node.nbformat_minor == nbformat.current_nbformat_minor
    assert notebook.warnings == ()


def test_worksheets_of_format_3_become_cells() -> None:
    notebook = read_dict(V3)
    nbformat.validate(notebook.node)
    assert sources(notebook) == ["print(1)", "## Title", "a = 1\nb = 2"]
    assert (notebook.nbformat, notebook.language) == ("3.0", "python")


@pytest.mark.parametrize("major", [2, 3])
def test_an_old_notebook_is_a_node_of_the_current_kind_throughout(major: int) -> None:
    notebook = read_dict(V3, nbformat=major)
    assert type(notebook.node) is nbformat.NotebookNode
    assert {type(cell) for cell in notebook.node.cells} == {nbformat.NotebookNode}
    assert type(notebook.node.metadata) is nbformat.NotebookNode


def test_format_2_is_read() -> None:
    notebook = read_dict(V3, nbformat=2)
    nbformat.validate(notebook.node)
    assert sources(notebook)[0] == "print(1)"
    assert notebook.nbformat == "2.0"


@pytest.mark.parametrize("old", [V4, V3, {**V4, "cells": [CODE, CODE, CODE]}])
def test_cells_without_ids_get_the_same_ones_each_time(old: dict[str, Any]) -> None:
    first, second = read_dict(old), read_dict(old)
    assert ids(first) == ids(second)
    assert len(set(ids(first))) == len(ids(first))


def test_an_edit_of_one_old_cell_leaves_the_ids_of_the_others() -> None:
    before = read_dict(V4, cells=[CODE, {**CODE, "source": "y"}])
    after = read_dict(V4, cells=[CODE, {**CODE, "source": "z"}])
    assert ids(before)[0] == ids(after)[0]
    assert ids(before)[1] != ids(after)[1]


def test_doubled_and_missing_ids_are_replaced_with_a_warning() -> None:
    cells = [{**CODE, "id": "a"}, {**CODE, "id": "a"}, CODE, {**CODE, "id": "not an id"}]
    notebook = read_dict(V4, nbformat_minor=5, cells=cells)
    nbformat.validate(notebook.node)
    assert ids(notebook)[0] == "a"
    assert "cell 2, 3, 4" in notebook.warnings[0]


def test_an_unknown_minor_format_is_read_as_the_newest_known() -> None:
    future = {"cell_type": "future cell", "id": "f", "metadata": {}, "key": 1}
    notebook = read_dict(V4, nbformat_minor=99, cells=[{**CODE, "id": "a", "extra": 1}, future])
    nbformat.validate(notebook.node)
    assert notebook.nbformat == "4.99"
    assert ids(notebook) == ["a", "f"]
    assert notebook.code_cells == 1
    assert any("4.99" in warning for warning in notebook.warnings)
    assert any("future cell" in warning for warning in notebook.warnings)


def _without(key: str, of: dict[str, Any] = V4) -> dict[str, Any]:
    return {name: value for name, value in of.items() if name != key}


@pytest.mark.parametrize(
    ("raw", "warned"),
    [
        (_without("nbformat_minor"), "minor format"),
        (_without("nbformat"), "does not name its format"),
        (_without("metadata"), "no metadata"),
        ({**V4, "metadata": None}, "no metadata"),
        ({**V4, "cells": [_without("source", CODE)]}, "no source"),
        ({**V4, "cells": [_without("cell_type", CODE)]}, "read as code"),
        ({**V4, "cells": [_without("metadata", CODE)]}, "no metadata"),
        ({**V4, "cells": [{**CODE, "metadata": {"tags": "parameters"}}]}, "tags"),
        (
            {
                **V4,
                "cells": [{**CODE, "outputs": [7, {"output_type": "stream", "name": "stdout", "text": "a"}]}],
            },
            "outputs",
        ),
        ({**V4, "cells": [{**CODE, "source": "\ud800"}]}, "surrogate"),
        ({**V4, "metadata": {"kernelspec": {}}}, "kernelspec"),
    ],
)
def test_what_has_one_clear_meaning_is_mended_with_a_warning(raw: dict[str, Any], warned: str) -> None:
    notebook = read_notebook(json.dumps(raw).encode())
    assert notebook.code_cells == 1
    assert any(warned in warning for warning in notebook.warnings), notebook.warnings
    nbformat.writes(notebook.node).encode()


@pytest.mark.parametrize("outputs", [None, _without("outputs", CODE)])
def test_a_code_cell_without_outputs_needs_no_warning(outputs: object) -> None:
    cell = {**CODE, "outputs": None} if outputs is None else outputs
    notebook = read_dict(V4, cells=[cell])
    assert notebook.node.cells[0].outputs == []
    assert notebook.warnings == ()


def test_lines_of_sources_and_outputs_are_joined() -> None:
    stream = {"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]}
    notebook = read_dict(V4, cells=[{**CODE, "source": ["x = 1\n", "y"], "outputs": [stream]}])
    assert sources(notebook) == ["x = 1\ny"]
    assert notebook.node.cells[0].outputs[0].text == "a\nb"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_understood_with_a_warning(encoding: str) -> None:
    notebook = read_notebook(json.dumps(V4).encode(encoding))
    assert sources(notebook) == ["x = 1"]
    assert "encoding" in notebook.warnings[0]


@pytest.mark.parametrize(
    ("data", "said", "hint"),
    [
        (b"", "empty file", "JupyterLab"),
        (b" \n\t", "empty file", "JupyterLab"),
        (b'{"cells": [\n  {,\n', "line 2, column 4", "Restore"),
        (b'{"cells": [],\n<<<<<<< HEAD\n', "line 2, column 1", "merge"),
        ('{"cells": [\n "é"]}'.encode("latin-1"), "byte 0xe9 at line 2, column 3", "UTF-8"),
        (b"[1, 2]", "a list", None),
        (b"null", "null", None),
        (b"{}", "neither 'nbformat' nor 'cells'", None),
        (b'{"nbformat": "four", "cells": []}', "'four'", None),
        (b'{"nbformat": true, "cells": []}', "True", None),
        (b'{"nbformat": 5, "nbformat_minor": 0, "cells": []}', "format 5", "Upgrade"),
        (b'{"nbformat": 4, "nbformat_minor": 4}', "'cells' is null", None),
        (b'{"nbformat": 4, "nbformat_minor": 4, "cells": [3]}', "Cell 1 of the notebook is a number", None),
        (
            b'{"nbformat": 4, "nbformat_minor": 4, "cells": [{}]}',
            "Cell 1 of the notebook has no 'cell_type'",
            None,
        ),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": 7}]}', "source that is a number", None),
        (b'{"nbformat": 3, "worksheets": 1}', "'worksheets' is a number", None),
        (
            b'{"nbformat": 3, "worksheets": [{"cells": [{}]}]}',
            "Cell 1 of the notebook has no 'cell_type'",
            None,
        ),
        (b"[" * 200_000, "nested too deeply", None),
        (b'{"nbformat": ' + b"9" * 5000 + b"}", "not valid JSON", None),
    ],
)
def test_what_is_no_notebook_is_refused_with_its_place(data: bytes, said: str, hint: str | None) -> None:
    with pytest.raises(InvalidNotebookError) as refused:
        read_notebook(data)
    assert said in refused.value.message
    assert refused.value.field == "notebook"
    assert (hint or "") in (refused.value.hint or "")


def test_a_notebook_too_large_for_memory_is_refused_unread(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(read, "MAX_BYTES", 100)
    path = tmp_path / "nb.ipynb"
    path.write_text(json.dumps(V4))
    for source in (path, path.read_bytes()):
        with pytest.raises(InvalidNotebookError, match="MiB"):
            read_notebook(source)


def test_a_file_that_is_not_there_or_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_notebook(tmp_path / "no.ipynb")
    with pytest.raises(InvalidNotebookError):
        read_notebook(tmp_path)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["cells", "cell_type", "source", "metadata", "outputs", "tags", "output_type", "id", "data"]
            ),
            inner | st.sampled_from(["code", "markdown", "stream", "display_data", "pyout"]),
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([1, 2, 3, 4]),
    st.integers(-1, 6),
    st.dictionaries(st.sampled_from(["cells", "worksheets", "metadata"]), JSON_VALUES, max_size=3),
    st.lists(
        st.dictionaries(st.sampled_from(["cell_type", "source", "input", "outputs", "metadata"]), JSON_VALUES)
    ),
)
def test_no_json_makes_anything_but_a_notebook_or_a_refusal(
    major: int, minor: int, parts: dict[str, Any], cells: list[dict[str, Any]]
) -> None:
    cells = [{"cell_type": "code", **cell} for cell in cells]
    raw = {
        "cells": cells,
        "worksheets": [{"cells": cells}],
        **parts,
        "nbformat": major,
        "nbformat_minor": minor,
    }
    try:
        notebook = read_notebook(json.dumps(raw).encode())
    except InvalidNotebookError as refused:
        assert refused.message.endswith(".")
    else:
        assert len(set(ids(notebook))) == len(notebook.node.cells)
        nbformat.writes(notebook.node)
