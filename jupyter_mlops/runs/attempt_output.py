"""Where an attempt's executed notebook goes."""

from __future__ import annotations

import re
from pathlib import Path

from jupyter_mlops.store.tables import Run

RUNS_FOLDER = "mlops-runs"
JOB_FOLDER_BYTES = 100  # file systems take 255, Windows 260 for the whole path


def run_folder(run: Run) -> Path:
    """A run's own folder: `<root>/mlops-runs/<job>/<time>-<run>`."""
    named = re.sub(r"[^\w.-]+", "-", run.job.name).encode()[:JOB_FOLDER_BYTES].decode(errors="ignore")
    job = named.strip("-.") or "job"
    return Path(run.root) / RUNS_FOLDER / job / f"{run.created_at:%Y%m%d-%H%M%S}-{run.id}"


def output_path(run: Run, attempt: int) -> Path:
    """The executed notebook of the first attempt, in the run's folder; a later attempt has a folder in that.

    So an attempt that lost its run, and does not know it yet, writes over no other's notebook.
    """
    folder = run_folder(run)
    return (folder if attempt == 1 else folder / f"attempt-{attempt}") / Path(run.notebook).name
