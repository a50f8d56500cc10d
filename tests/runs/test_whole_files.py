"""A file that is written is whole at each moment, also by papermill's own last write."""

from __future__ import annotations

from pathlib import Path

import nbformat
import papermill
import pytest

from jupyter_mlops.runs.engine import write_in_one_step
from jupyter_mlops.runs.whole_files import put_in_place


def test_papermill_puts_its_last_write_in_the_old_files_place(tmp_path: Path) -> None:
    source, executed, before = (tmp_path / f"{name}.ipynb" for name in ("source", "executed", "before"))
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]), source)
    executed.write_text("what was there")
    before.hardlink_to(executed)
    write_in_one_step(str(executed))
    papermill.execute_notebook(source, executed, prepare_only=True, kernel_name="python3", progress_bar=False)
    assert nbformat.read(executed, as_version=4).cells[0].source == "1"
    assert before.read_text() == "what was there", "it was written over, and for a moment empty"


def test_a_write_that_breaks_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "executed.ipynb"
    path.write_text("whole")
    with pytest.raises(UnicodeEncodeError):
        put_in_place(path, "x" * 1_000_000 + "\ud800")
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]
