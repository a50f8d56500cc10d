"""Whether a notebook, as it is now, goes on from where a run failed: the cells before are the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat

from jupyter_mlops.errors import ConflictError
from jupyter_mlops.readable import first_line
from jupyter_mlops.runs.live.reporter import is_executed
from jupyter_mlops.store.tables import Run

CELL_CHANGED = "cell_changed"
INJECTED = "injected-parameters"


def executed_before_failure(run: Run) -> list[Any]:
    """The cells that a run executed before the one that failed, as its executed notebook has them.

    Raises:
        ConflictError: the executed notebook is gone, or damaged.
    """
    try:
        notebook = nbformat.read(Path(run.output_path or ""), as_version=4)
        failed = (run.failed_cell or {})["index"]
    except (OSError, ValueError, KeyError, nbformat.ValidationError) as error:
        raise ConflictError(
            f"The executed notebook of run {run.id} cannot be read any more.",
            field="run",
            hint="Run it again from the top.",
        ) from error
    return [cell for cell in notebook.cells[:failed] if is_executed(cell)]


def refuse_if_changed(executed: Sequence[Any], cells: Sequence[Any]) -> None:
    """Hold a resumption back when what the kernel holds does not follow from the notebook.

    Args:
        executed: what the kernel has executed, the cell of injected parameters among it.
        cells: the notebook's cells as they are now.

    Raises:
        ConflictError: it names the first cell that was changed, added or removed.
    """
    own = [cell for cell in executed if INJECTED not in cell.metadata.get("tags", ())]
    now = [(index, cell) for index, cell in enumerate(cells) if is_executed(cell)]
    for place, before in enumerate(own):
        if place >= len(now):
            raise _changed(f"The cell '{first_line(before.source)}', which the run executed, was removed.")
        index, cell = now[place]
        if cell.source != before.source:
            raise _changed(
                f"Cell {index + 1} ('{first_line(cell.source)}') stands before the one that failed, and was "
                f"changed since; the run had executed '{first_line(before.source)}'."
            )


def _changed(message: str) -> ConflictError:
    return ConflictError(
        message,
        field="notebook",
        hint="Undo that change, or run the notebook again from the top.",
        code=CELL_CHANGED,
    )
