"""The executed notebook of a run that did not end well says so: in the notebook, and beside each cell.

papermill knows `completed`, `failed`, `running` and `pending` only, and these stay as its readers expect
them. What they cannot say is under `mlops` in the metadata: the notebook's `state` and `reason`, and the
`status` of a cell that was killed or never ran.
"""

from __future__ import annotations

import contextlib
import glob
import json
import logging
from pathlib import Path
from typing import Any

from jupyter_mlops.runs.whole_files import put_in_place

log = logging.getLogger(__name__)
CANCELLED, TIMED_OUT, KILLED, NOT_RUN = "cancelled", "timed-out", "killed", "not-run"


def mark_unfinished(notebook: Any, how: str | None) -> None:
    """Say of each cell that did not end by itself what became of it.

    Args:
        notebook: of nbformat 4, as papermill leaves it.
        how: what ended the run: `cancelled`, `timed-out` or `killed`; None: nothing did, but there may be
            cells that never ran.
    """
    if how is not None:
        notebook["metadata"].setdefault("mlops", {})["status"] = how
    for cell in notebook["cells"]:
        told = cell["metadata"].get("papermill", {})
        if told.get("status") == "pending" and cell["cell_type"] == "code":
            cell["metadata"].setdefault("mlops", {})["status"] = NOT_RUN
        elif told.get("status") in ("running", "failed") and how is not None:
            told.update(status="failed", exception=True)
            cell["metadata"].setdefault("mlops", {})["status"] = how


def close_partial_notebook(path: Path, how: str = KILLED) -> None:
    """Mend the file that a killed process left: nothing in it runs any more, and it did not complete.

    A file that is not there, or cannot be read or written, is left as it is. What was being written aside, to
    take its place, goes.
    """
    for aside in path.parent.glob(f".{glob.escape(path.stem)}.*.ipynb"):
        with contextlib.suppress(OSError):
            aside.unlink()
    try:
        notebook = json.loads(path.read_bytes())
        mark_unfinished(notebook, how)
        notebook["metadata"].setdefault("papermill", {})["exception"] = True
        put_in_place(path, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
    except FileNotFoundError:
        return
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        log.warning("the partial notebook %s could not be closed", path, exc_info=True)
