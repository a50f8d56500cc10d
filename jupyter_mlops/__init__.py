"""Notebook-centric MLOps for JupyterLab: cell capture, durable notebook jobs, governed models."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

try:
    from jupyter_mlops._version import __version__
except ImportError:  # a source tree that was never installed
    __version__ = "0.0.0"

_INTERFACE = {
    "active_run": "tracking.active",
    "apply_jobs": "interface.definitions",
    "autolog": "experiments.logging",
    "clean_runs": "interface.housekeeping",
    "diff": "experiments.comparison",
    "export_jobs": "interface.definitions",
    "find_job": "interface.jobs",
    "find_run": "interface.runs",
    "follow": "interface.runs",
    "history": "interface.history",
    "import_scheduler": "interface.definitions",
    "lineage": "interface.lineage",
    "list_channels": "interface.notifications",
    "list_jobs": "interface.jobs",
    "list_notifications": "interface.notifications",
    "list_runs": "interface.runs",
    "log": "experiments.logging",
    "log_evaluation": "experiments.evaluation",
    "plan_jobs": "interface.definitions",
    "register": "experiments.registering",
    "remove_channel": "interface.notifications",
    "run": "interface.runs",
    "run_matrix": "interface.runs",
    "schedule": "interface.triggers",
    "score": "models.scoring.score",
    "send_test": "interface.notifications",
    "set_channel": "interface.notifications",
    "snapshot": "experiments.notebook",
    "stale": "experiments.notebook",
    "start": "experiments.runs",
    "stop": "experiments.runs",
}
"""The module of each function of the Python interface."""

__all__ = [
    "__version__",
    "active_run",
    "apply_jobs",
    "autolog",
    "clean_runs",
    "diff",
    "export_jobs",
    "find_job",
    "find_run",
    "follow",
    "history",
    "import_scheduler",
    "lineage",
    "list_channels",
    "list_jobs",
    "list_notifications",
    "list_runs",
    "load_ipython_extension",
    "log",
    "log_evaluation",
    "plan_jobs",
    "register",
    "remove_channel",
    "run",
    "run_matrix",
    "schedule",
    "score",
    "send_test",
    "set_channel",
    "snapshot",
    "stale",
    "start",
    "stop",
    "unload_ipython_extension",
]

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_mlops.experiments.comparison import diff
    from jupyter_mlops.experiments.evaluation import log_evaluation
    from jupyter_mlops.experiments.logging import autolog, log
    from jupyter_mlops.experiments.notebook import snapshot, stale
    from jupyter_mlops.experiments.registering import register
    from jupyter_mlops.experiments.runs import start, stop
    from jupyter_mlops.interface.definitions import apply_jobs, export_jobs, import_scheduler, plan_jobs
    from jupyter_mlops.interface.history import history
    from jupyter_mlops.interface.housekeeping import clean_runs
    from jupyter_mlops.interface.jobs import find_job, list_jobs
    from jupyter_mlops.interface.lineage import lineage
    from jupyter_mlops.interface.notifications import (
        list_channels,
        list_notifications,
        remove_channel,
        send_test,
        set_channel,
    )
    from jupyter_mlops.interface.runs import find_run, follow, list_runs, run, run_matrix
    from jupyter_mlops.interface.triggers import schedule
    from jupyter_mlops.models.scoring.score import score
    from jupyter_mlops.tracking.active import active_run


def __getattr__(name: str) -> Any:
    """A function of the interface, loaded at its first use: a kernel that only records needs none."""
    if name not in _INTERFACE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_INTERFACE[name]}"), name)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyter_mlops"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from jupyter_mlops.server.app import MlopsExtension

    return [{"module": "jupyter_mlops", "app": MlopsExtension}]


def load_ipython_extension(ip: InteractiveShell) -> None:
    """`%load_ext jupyter_mlops`: record every cell execution of this kernel, and offer the magics."""
    from jupyter_mlops import magics

    magics.load(ip)


def unload_ipython_extension(ip: InteractiveShell) -> None:
    """`%unload_ext jupyter_mlops`: record no more."""
    from jupyter_mlops import magics

    magics.unload(ip)
