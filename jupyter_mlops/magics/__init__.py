"""The magics, and recording, as `%load_ext jupyter_mlops` brings them into a kernel.

Loading imports the standard library and IPython only; a subcommand imports what it needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jupyter_mlops.capture.kernel import run_ends
from jupyter_mlops.magics import tracked_cell
from jupyter_mlops.magics.completion import install_completion, uninstall_completion
from jupyter_mlops.magics.mlops import MlopsMagics
from jupyter_mlops.magics.recording import start_recording, stop_recording

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load(ip: InteractiveShell) -> None:
    """Record this kernel, and register the magics; twice is the same as once."""
    start_recording(ip)
    tracked_cell.install(ip)
    run_ends.install(ip, _complete_runs)
    ip.register_magics(MlopsMagics)
    install_completion(ip)


def unload(ip: InteractiveShell) -> None:
    """Record no more, and take `%mlops` away."""
    stop_recording(ip)
    tracked_cell.uninstall(ip)
    run_ends.uninstall(ip)
    uninstall_completion(ip)
    for kind, name in (("line", "mlops"), ("cell", "mlops"), ("cell", "mlops_skip")):
        ip.magics_manager.magics[kind].pop(name, None)


def _complete_runs(ended: Sequence[run_ends.EndedRun]) -> None:
    from jupyter_mlops.experiments.completion import complete_runs

    complete_runs(ended)
