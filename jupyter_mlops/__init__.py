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
    "autolog": "experiments.logging",
    "diff": "experiments.comparison",
    "follow": "api",
    "history": "history_table",
    "lineage": "model_lineage",
    "log": "experiments.logging",
    "log_evaluation": "experiments.evaluation",
    "register": "experiments.registering",
    "run": "api",
    "run_matrix": "api",
    "schedule": "scheduling",
    "score": "models.scoring.score",
    "snapshot": "experiments.notebook",
    "stale": "experiments.notebook",
    "start": "experiments.runs",
    "stop": "experiments.runs",
}
"""The module of each function of the Python interface."""

__all__ = [
    "__version__",
    "active_run",
    "autolog",
    "diff",
    "follow",
    "history",
    "lineage",
    "load_ipython_extension",
    "log",
    "log_evaluation",
    "register",
    "run",
    "run_matrix",
    "schedule",
    "score",
    "snapshot",
    "stale",
    "start",
    "stop",
    "unload_ipython_extension",
]

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_mlops.api import follow, run, run_matrix
    from jupyter_mlops.experiments.comparison import diff
    from jupyter_mlops.experiments.evaluation import log_evaluation
    from jupyter_mlops.experiments.logging import autolog, log
    from jupyter_mlops.experiments.notebook import snapshot, stale
    from jupyter_mlops.experiments.registering import register
    from jupyter_mlops.experiments.runs import start, stop
    from jupyter_mlops.history_table import history
    from jupyter_mlops.model_lineage import lineage
    from jupyter_mlops.models.scoring.score import score
    from jupyter_mlops.scheduling import schedule
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
