"""One notebook run headless by papermill and our engine, and what of it is amiss in the record."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from sqlalchemy import select

CELL_LIMIT_S = 30


def differences(notebook: Path, folder: Path) -> list[str]:
    """Run a notebook in a folder of its own; say where its record differs from the executed notebook."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from jupyter_mlops.notebooks.read import read_notebook

    os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", MPLBACKEND="agg")
    folder.mkdir(parents=True)
    for file in notebook.parent.iterdir():  # what it reads may lie beside it
        if file.is_file() and file.suffix != ".ipynb":
            shutil.copy(file, folder)
    node = read_notebook(notebook.read_bytes()).node
    node.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    executed = folder / "executed.ipynb"
    error = None
    try:
        papermill.execute_notebook(
            node,
            str(executed),
            engine_name="mlops",
            kernel_name="python3",
            language="python",
            progress_bar=False,
            cwd=folder,
            execution_timeout=CELL_LIMIT_S,
            kernel_env={**os.environ, "JUPYTER_MLOPS_JOURNALS": str(folder / "journals")},
        )
    except (PapermillExecutionError, Exception) as raised:  # noqa: BLE001 - however it ends, its record is to agree
        error = type(raised).__name__
    return [f"{notebook.name} ({error}): {what}" for what in _compare(executed, folder)]


def _compare(executed: Path, folder: Path) -> list[str]:
    from nbformat import read

    node = read(executed, as_version=4)
    cells = [cell for cell in node.cells if cell.cell_type == "code" and cell.source.strip()]
    ran = [cell for cell in cells if cell.metadata.papermill.status != "pending"]
    records = _records(folder)
    told = [record.cell_id for record in records]
    if told != [cell.id for cell in ran]:
        return [f"cells {[cell.id for cell in ran]} were executed, {told} are recorded"]
    return [what for cell, record in zip(ran, records, strict=True) for what in _compare_cell(cell, record)]


def _records(folder: Path) -> list[Any]:
    from jupyter_mlops.capture.ingester import Ingester
    from jupyter_mlops.store import Store
    from jupyter_mlops.store.tables import CellExecution

    store = Store.open(folder / "store.sqlite")
    try:
        report = Ingester(store).ingest_folder(folder / "journals")
        assert report.problems == []
        assert report.corrupt_lines == 0
        with store.reading() as reading:
            return list(reading.scalars(select(CellExecution).order_by(CellExecution.seq)))
    finally:
        store.close()


def _compare_cell(cell: Any, record: Any) -> list[str]:
    errors = [output.ename for output in cell.outputs if output.output_type == "error"]
    if record.error_name == "UsageError":  # IPython prints a magic's misuse, and shows no error
        errors = ["UsageError"]
    amiss = []
    if record.status not in (("error", "interrupted", "kernel_died") if errors else ("ok", "kernel_died")):
        amiss.append(f"{cell.id} is {record.status}, its errors are {errors}")
    if errors and record.status != "kernel_died" and record.error_name != errors[-1]:
        amiss.append(f"{cell.id} ended by {record.error_name}, not {errors[-1]}")
    if record.status != "kernel_died" and record.execution_count != cell.execution_count:
        amiss.append(f"{cell.id} has count {record.execution_count}, not {cell.execution_count}")
    return amiss
