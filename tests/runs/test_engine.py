"""The papermill engine: what reaches the kernel, and what the executed notebook says at every moment."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from papermill.exceptions import PapermillExecutionError

from jupyter_mlops.runs import engine
from jupyter_mlops.runs.engine import write_notebook
from jupyter_mlops.runs.kernel_ending import RunCancelledError

SHOW_REQUEST = "import json; print(json.dumps(get_ipython().kernel.get_parent()['metadata']))"


class Watcher:
    """An observer that reads the file on disk as each cell starts and ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen: list[tuple[str, int, int]] = []

    def cell_started(self, index: int, cell: Any) -> None:
        self._read("started", index)

    def cell_ended(self, index: int, cell: Any) -> None:
        self._read("ended", index)

    def _read(self, what: str, index: int) -> None:
        on_disk = nbformat.read(self.path, as_version=4)
        self.seen.append((what, index, len(on_disk.cells)))


def execute(tmp_path: Path, *cells: Any, **options: Any) -> Any:
    return papermill.execute_notebook(
        new_notebook(cells=list(cells)),
        str(tmp_path / "out.ipynb"),
        engine_name="mlops",
        kernel_name="python3",
        language="python",
        progress_bar=False,
        **options,
    )


def test_the_cells_id_and_tags_reach_the_kernel(tmp_path: Path) -> None:
    tagged = new_code_cell(SHOW_REQUEST, id="with-tags", metadata={"tags": ["a", "b"]})
    executed = execute(tmp_path, tagged, new_code_cell(SHOW_REQUEST, id="without"))
    said = [json.loads(cell.outputs[0].text) for cell in executed.cells]
    assert (said[0]["cellId"], said[0]["tags"]) == ("with-tags", ["a", "b"])
    assert said[1]["cellId"] == "without" and "tags" not in said[1]


def test_the_notebook_on_disk_is_whole_at_every_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "SAVE_EVERY_S", 0.0)
    watcher = Watcher(tmp_path / "out.ipynb")
    execute(tmp_path, *(new_code_cell("print('x' * 100_000)") for _ in range(3)), observer=watcher)
    assert watcher.seen == [(what, index, 3) for index in range(3) for what in ("started", "ended")]
    assert [path.name for path in tmp_path.iterdir()] == ["out.ipynb"]


def test_a_write_that_fails_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "out.ipynb"
    write_notebook(new_notebook(cells=[new_code_cell("1")]), str(path))
    before = path.read_bytes()
    with pytest.raises(UnicodeEncodeError):
        write_notebook(new_notebook(cells=[new_code_cell("'\ud800'")]), str(path))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_after_an_error_the_cells_that_never_ran_are_pending(tmp_path: Path) -> None:
    with pytest.raises(PapermillExecutionError):
        execute(tmp_path, *(new_code_cell(source, id=f"c{i}") for i, source in enumerate(["1", "1/0", "2"])))
    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    statuses = {
        cell.id: cell.metadata.papermill.status for cell in executed.cells if cell.cell_type == "code"
    }
    assert statuses == {"c0": "completed", "c1": "failed", "c2": "pending"}
    assert executed.metadata.papermill.exception is True


def test_a_cancel_before_the_first_cell_runs_none(tmp_path: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    mark = tmp_path / "ran"
    with pytest.raises(RunCancelledError):
        execute(tmp_path, new_code_cell(f"open({str(mark)!r}, 'w')"), cancel=cancel)
    assert not mark.exists()
    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert executed.cells[0].metadata.papermill.status == "pending"
    assert executed.metadata.papermill.exception is True


def test_where_the_kernel_did_not_start_the_notebook_says_that_it_did_not_run(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="died"):
        execute(tmp_path, new_code_cell("1"), kernel_env={**os.environ, "PYTHONHOME": "/no/such/folder"})
    left = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert left.metadata.papermill["exception"] is True
    assert left.metadata.mlops["status"] == left.cells[0].metadata.mlops["status"] == "not-run"


def test_a_cancel_in_a_cell_keeps_what_it_had_printed(tmp_path: Path) -> None:
    cancel = threading.Event()

    class CancelAtSecond(Watcher):
        def cell_started(self, index: int, cell: Any) -> None:
            if index == 1:
                threading.Thread(target=self._cancel_when_printed, args=(cell,)).start()

        def _cancel_when_printed(self, cell: Any) -> None:
            while not cell.outputs:
                threading.Event().wait(0.02)
            cancel.set()

    source = "print('partial', flush=True)\nimport time\ntime.sleep(60)"
    with pytest.raises(RunCancelledError):
        execute(
            tmp_path,
            *(new_code_cell(text) for text in ("1", source, "2")),
            cancel=cancel,
            observer=CancelAtSecond(tmp_path / "out.ipynb"),
        )
    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert executed.cells[1].outputs[0].text == "partial\n"
    statuses = [cell.metadata.papermill.status for cell in executed.cells]
    assert statuses == ["completed", "failed", "pending"]


def test_the_kernels_environment_is_what_it_was_given(tmp_path: Path) -> None:
    source = "import os; print(os.environ['FOR_THE_KERNEL'], os.environ.get('HOME'))"
    import os

    environment = {
        "PATH": os.environ["PATH"],
        "FOR_THE_KERNEL": "yes",
        "JUPYTER_MLOPS_DATA_DIR": str(tmp_path),
    }
    executed = execute(tmp_path, new_code_cell(source), kernel_env=environment)
    assert executed.cells[0].outputs[-1].text == "yes None\n"
