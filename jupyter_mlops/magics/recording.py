"""This kernel's recorder: on, off, and how it is. Standard library only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_mlops.capture import recorder

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_current: recorder.Recorder | None = None


def start_recording(ip: InteractiveShell) -> recorder.Recorder:
    """Record every cell execution from now on."""
    global _current  # noqa: PLW0603 - a recorder that has a problem is not `recorder.active()`, but is shown
    _current = recorder.load(ip, _journals())
    return _current


def stop_recording(ip: InteractiveShell) -> None:
    """Record no more."""
    recorder.unload(ip)


def current_recorder() -> recorder.Recorder | None:
    """The recorder that was loaded last, recording or not."""
    return recorder.active() or _current


def _journals() -> Path | None:
    """Where the settings would have them, without importing the settings (SQLAlchemy)."""
    from jupyter_core.paths import jupyter_data_dir

    return Path(os.environ.get("JUPYTER_MLOPS_DATA_DIR") or Path(jupyter_data_dir()) / "mlops") / "journals"
