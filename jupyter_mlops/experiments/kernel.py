"""The kernel that this code runs in, if it runs in one."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_mlops.capture import facts

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def this_shell() -> InteractiveShell | None:
    """IPython's shell; None in a plain Python process."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def user_names() -> Mapping[str, Any]:
    """The notebook's variables; empty in a plain Python process."""
    shell = this_shell()
    return {} if shell is None else shell.user_ns


def notebook_file() -> Path | None:
    """The notebook's file, as whoever started the kernel said; None when nobody did."""
    path = facts.notebook_path(user_names(), os.environ)
    return None if path is None else Path(os.environ.get("JUPYTER_MLOPS_ROOT") or "", path)
