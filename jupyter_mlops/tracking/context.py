"""What an MLflow run made in a notebook is told of its origin.

MLflow knows only that `ipykernel_launcher.py` made it. It finds this class by entry point, and asks it for
tags whenever a run is made in the process.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from mlflow.tracking.context.abstract_context import RunContextProvider

from jupyter_mlops.capture import facts

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class NotebookRunContext(RunContextProvider):  # type: ignore[misc] # MLflow is not followed
    """Tags of an MLflow run made in a notebook: the notebook, its cell, and the job run. Never raises."""

    def in_context(self) -> bool:
        """Whether this process runs a notebook."""
        try:
            return bool(_tags())
        except Exception:  # noqa: BLE001 - MLflow would print a warning into the cell
            return False

    def tags(self) -> dict[str, str]:
        """`mlflow.source.name`, `.type`, `.git.commit`, `.git.branch`, `.git.dirty`, and `mlops.*`."""
        try:
            return _tags()
        except Exception:  # noqa: BLE001
            return {}


def _tags() -> dict[str, str]:
    shell = _kernel_shell()
    if shell is None:
        return {}
    from jupyter_mlops.tracking.origin import state_on_disk  # every process that imports MLflow imports us

    path, root = facts.notebook_path(shell.user_ns, os.environ), os.environ.get("JUPYTER_MLOPS_ROOT")
    tags: dict[str, str | None] = {
        "mlflow.source.name": path,
        "mlflow.source.type": "NOTEBOOK" if path else None,
        "mlops.notebook": facts.relative_to_root(root, path),
        "mlops.run_id": os.environ.get("JUPYTER_MLOPS_RUN_ID"),
        "mlops.attempt_id": os.environ.get("JUPYTER_MLOPS_ATTEMPT_ID"),
        **_running_cell(),
        **(state_on_disk(root, path) if path else {}),
    }
    return {name: value for name, value in tags.items() if value}


def _kernel_shell() -> InteractiveShell | None:
    """The shell of this process's kernel: a script that a notebook starts has its environment, but none."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if hasattr(shell, "kernel") else None


def _running_cell() -> dict[str, str | None]:
    from jupyter_mlops.tracking.origin import active_recorder

    active = active_recorder()
    frame = active.current() if active is not None else None
    if frame is None:
        return {}
    return {"mlops.cell_id": frame.cell_id, "mlops.execution_id": frame.exec_id}
