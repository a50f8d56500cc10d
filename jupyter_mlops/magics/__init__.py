"""The magics, and recording, as `%load_ext jupyter_mlops` brings them into a kernel."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_mlops.capture import recorder
from jupyter_mlops.magics.mlops import MlopsMagics

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load(ip: InteractiveShell) -> None:
    """Record this kernel, and register `%mlops`; twice is the same as once."""
    recorder.load(ip, _journals())
    ip.register_magics(MlopsMagics)


def unload(ip: InteractiveShell) -> None:
    """Record no more."""
    recorder.unload(ip)


def _journals() -> Path:
    given = os.environ.get("JUPYTER_MLOPS_JOURNALS")
    if given:
        return Path(given)
    from jupyter_core.paths import jupyter_data_dir

    return Path(os.environ.get("JUPYTER_MLOPS_DATA_DIR") or Path(jupyter_data_dir()) / "mlops") / "journals"
