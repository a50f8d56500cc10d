"""The notebook on disk that an MLflow run is made from: its commit, and a copy of it."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_mlops.capture import facts
from jupyter_mlops.capture.kernel.git_head import read_head
from jupyter_mlops.capture.repository import describe_changes
from jupyter_mlops.config import Settings
from jupyter_mlops.errors import MlopsError
from jupyter_mlops.notebooks.snapshots import SnapshotStore

if TYPE_CHECKING:
    from jupyter_mlops.capture.recorder import Recorder

SNAPSHOT_VARIABLE = "JUPYTER_MLOPS_SNAPSHOT_SHA"
"""The environment of a job's kernel says here which snapshot it runs."""
MAX_SNAPSHOT_BYTES = 64 * 2**20
LOOK_AGAIN_AFTER_S = 1.0

_seen: tuple[str, float, dict[str, str | None]] | None = None


def state_on_disk(root: str | None, path: str) -> dict[str, str | None]:
    """The commit and the snapshot; kept for a moment, as a search makes dozens of runs in a second."""
    global _seen  # noqa: PLW0603 - of this one process
    now, seen = time.monotonic(), _seen
    if seen is None or seen[0] != path or now - seen[1] > LOOK_AGAIN_AFTER_S:
        seen = (path, now, {**commit_tags(root, path), "mlops.snapshot_sha": _keep_snapshot(root, path)})
        _seen = seen
    return seen[2]


def commit_tags(root: str | None, path: str) -> dict[str, str | None]:
    """`mlflow.source.git.commit`, `.branch` and `.dirty` of a notebook's repository; {} outside one."""
    head = read_head(facts.notebook_folder(root, path))
    if head is None:
        return {}
    dirty = describe_changes(head["top"])["dirty"]
    return {
        "mlflow.source.git.commit": head["commit"],
        "mlflow.source.git.branch": head.get("branch"),
        "mlflow.source.git.dirty": None if dirty is None else str(dirty).lower(),
    }


def _keep_snapshot(root: str | None, path: str) -> str | None:
    """The hash of the notebook as it is saved, of which a copy is kept; a job's is that of the job.

    Nothing is copied of a notebook whose cells are not recorded with their text.
    """
    if os.environ.get("JUPYTER_MLOPS_RUN_ID"):
        return os.environ.get(SNAPSHOT_VARIABLE)
    active = active_recorder()
    if active is None or not active.options.enabled or active.options.source != "text":
        return None
    file = Path(root or "", path)
    try:
        if file.stat().st_size > MAX_SNAPSHOT_BYTES:
            return None
        return SnapshotStore(Settings.load().snapshots).keep(file.read_bytes(), pin=True)
    except (OSError, MlopsError):
        return None


def active_recorder() -> Recorder | None:
    """The recorder of this kernel, if it records."""
    recorder = sys.modules.get("jupyter_mlops.capture.recorder")
    return None if recorder is None else recorder.active()
