"""This kernel's recorder: on, off, and how it is. Standard library only."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_mlops.capture import recorder

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_current: recorder.Recorder | None = None


def start_recording(ip: InteractiveShell) -> recorder.Recorder:
    """Record every cell execution from now on."""
    journals = _journals()
    with suppress(OSError):  # then the recorder will say so itself
        # Before the recorder makes `journals` in it: os.makedirs would leave the folder open to other users.
        journals.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    global _current  # noqa: PLW0603 - a recorder that has a problem is not `recorder.active()`, but is shown
    _current = recorder.load(ip, journals)
    return _current


def stop_recording(ip: InteractiveShell) -> None:
    """Record no more."""
    recorder.unload(ip)


def current_recorder() -> recorder.Recorder | None:
    """The recorder that was loaded last, recording or not."""
    return recorder.active() or _current


def _journals() -> Path:
    """Where the settings would have them, without importing the settings (SQLAlchemy)."""
    given = os.environ.get(recorder.JOURNALS_VARIABLE)
    if given:
        return Path(given)
    from jupyter_core.paths import jupyter_data_dir

    return Path(os.environ.get("JUPYTER_MLOPS_DATA_DIR") or Path(jupyter_data_dir()) / "mlops") / "journals"
