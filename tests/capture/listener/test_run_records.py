from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import papermill
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from papermill.exceptions import PapermillExecutionError
from rows import add_job, queue_run
from sqlalchemy import select
from workbench import Workbench

from jupyter_mlops.capture.listener.privacy import Privacy
from jupyter_mlops.capture.listener.run_records import records_from_run
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import CellExecution, KernelSession, Source

SPEC = {"name": "bash", "language": "bash", "display_name": "Bash"}


@pytest.fixture
def bash_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bash kernel, installed for this test only."""
    install = [sys.executable, "-m", "bash_kernel.install", "--prefix", str(tmp_path)]
    subprocess.run(install, check=True, capture_output=True)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))


def notebook(*cells: Any) -> Any:
    return new_notebook(cells=list(cells), metadata={"kernelspec": SPEC})


def executed(source: str, status: str = "completed", *outputs: Any, **metadata: Any) -> Any:
    told = {"status": status, "start_time": "2026-01-01T00:00:00", "end_time": "2026-01-01T00:00:02"}
    return new_code_cell(source, outputs=list(outputs), metadata={"papermill": told, **metadata})


def record(
    store: Store, nb: Any, *, died: bool = False, attempt: str = "a1", **environ: str
) -> list[CellExecution]:
    run = queue_run(store, add_job(store))
    with store.session() as session:
        count = records_from_run(session, run, attempt, nb, kernel_died=died, privacy=Privacy(environ))
    with store.reading() as session:
        found = list(session.scalars(select(CellExecution).where(CellExecution.run_id == run.id)))
    assert len(found) == count
    return sorted(found, key=lambda row: row.seq)


def test_a_real_run_of_a_bash_notebook_is_recorded(store: Store, tmp_path: Path, bash_kernel: None) -> None:
    cells = [new_code_cell("echo ü", id="one"), new_markdown_cell("text"), new_code_cell("false", id="two")]
    path = str(tmp_path / "out.ipynb")
    with pytest.raises(PapermillExecutionError):
        papermill.execute_notebook(
            notebook(*cells, new_code_cell("echo never", id="three")),
            path,
            engine_name="mlops",
            progress_bar=False,
        )
    output = papermill.iorw.load_notebook_node(path)
    first, second = record(store, output)
    assert (first.cell_id, first.status, first.stdout_bytes, first.execution_count) == ("one", "ok", 3, 1)
    assert (second.cell_id, second.status, second.error_message) == ("two", "error", "1")
    assert first.duration_s is not None
    assert 0 < first.duration_s < 60
    assert (first.recorded_by, second.seq) == ("engine", 2)


def test_a_cell_without_an_end_died_with_its_kernel_or_was_interrupted(store: Store) -> None:
    nb = notebook(executed("echo 1"), executed("sleep 9", "failed"), executed("echo 3", "pending"))
    assert [row.status for row in record(store, nb, died=True)] == ["ok", "kernel_died"]
    assert [row.status for row in record(store, nb, attempt="a2")] == ["ok", "interrupted"]


def test_an_attempt_is_recorded_once_and_a_kernel_that_records_is_left_alone(store: Store) -> None:
    nb = notebook(executed("echo 1"))
    assert len(record(store, nb)) == 1
    assert record(store, nb) == []
    run = queue_run(store, add_job(store))
    with store.session() as session:
        session.add(KernelSession(id="s", runner="job", attempt_id="a2", started_at=run.created_at, facts={}))
    assert record(store, nb, attempt="a2") == []


def test_what_is_not_to_be_kept_is_not(store: Store) -> None:
    shown = new_output("display_data", data={"text/html": "<b>1</b>"})
    nb = notebook(
        executed("echo secret", tags=["mlops-skip"]),
        executed("export API_TOKEN='hunter2-hunter2'", "completed", shown),
        executed(
            "curl $X", "failed", new_output("error", ename="E", evalue="hunter2-hunter2", traceback=["t"])
        ),
    )
    first, second = record(
        store, nb, X_TOKEN="hunter2-hunter2", JUPYTER_MLOPS_CAPTURE="source=hash outputs=off"
    )
    assert (first.outputs, second.traceback) == ([], None)
    assert "hunter2" not in (second.error_message or "")
    with store.reading() as session:
        assert session.scalars(select(Source)).all() == []
    assert record(store, nb, attempt="a2", JUPYTER_MLOPS_CAPTURE="off") == []


def test_an_injected_parameters_cell_is_known_by_its_tag(store: Store) -> None:
    (row,) = record(store, notebook(executed("C=1", tags=["injected-parameters"])))
    assert (row.key_kind, row.cell_key) == ("tag", "injected-parameters")
    assert json.loads(json.dumps(row.tags)) == ["injected-parameters"]


@pytest.mark.slow
def test_a_job_of_a_bash_notebook_has_a_record_of_each_cell(
    bash_kernel: None, own_workbench: Workbench
) -> None:
    own_workbench.write("b.ipynb", "echo one", "echo two", kernelspec=SPEC)
    run = own_workbench.run("b.ipynb")
    with own_workbench.store.reading() as session:
        found = list(session.scalars(select(CellExecution).where(CellExecution.run_id == run.id)))
    told = [(row.cell_id, row.status, row.recorded_by) for row in sorted(found, key=lambda row: row.seq)]
    assert run.state == "succeeded"
    assert told == [("cell-0", "ok", "engine"), ("cell-1", "ok", "engine")]
