"""What the kernel says of a session, of a cell that begins and of one that ended. Standard library only.

Facts that are measured around a cell are the gauges' of `kernel/`, a kind a module.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jupyter_mlops.capture.kernel.git_head import read_head

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

    from jupyter_mlops.capture.kernel.frame import Frame

VERSION = 1
MAX_MESSAGE = 2000
VSCODE_NAME = "__vsc_ipynb_file__"  # where VS Code tells the notebook's path


def cell_metadata(ip: InteractiveShell, info: ExecutionInfo, *, nested: bool) -> dict[str, Any]:
    """The request's metadata, where JupyterLab and our engine say which cell it is."""
    meta = getattr(info, "cell_meta", None)
    if meta is None and not nested:  # ipykernel before 7 passes only the id, or nothing
        message = getattr(ip, "parent_header", None)
        meta = message.get("metadata") if isinstance(message, dict) else None
    return meta if isinstance(meta, dict) else {}


def session_facts(ip: InteractiveShell, session_id: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """The journal's first line."""
    connection = connection_file(ip)
    ipykernel = sys.modules.get("ipykernel")
    path = notebook_path(ip.user_ns, environ)
    return {
        "v": VERSION,
        "ph": "S",
        "session_id": session_id,
        "kernel_id": kernel_id(connection),
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "user": environ.get("USER") or environ.get("USERNAME"),
        "cwd": os.getcwd(),  # noqa: PTH109
        "start": time.time_ns(),
        "python": sys.version.split()[0],
        "ipykernel": getattr(ipykernel, "__version__", None),
        "kernel_name": kernel_name(connection),
        "notebook_path": path,
        "root": environ.get("JUPYTER_MLOPS_ROOT"),
        "git": read_head(notebook_folder(environ.get("JUPYTER_MLOPS_ROOT"), path)),
        "runner": runner(environ),
        "run_id": environ.get("JUPYTER_MLOPS_RUN_ID"),
        "attempt_id": environ.get("JUPYTER_MLOPS_ATTEMPT_ID"),
    }


def ending_of(
    ip: InteractiveShell, frame: Frame, result: ExecutionResult | None
) -> tuple[str, BaseException | None]:
    """How a cell ended, and what made it fail: its code, or (ipykernel 7.4 fails it then) showing a value."""
    if result is None:  # IPython lost it to an interrupt
        return "interrupted", None
    error: BaseException | None = result.error_before_exec
    error = result.error_in_exec if error is None else error  # not `or`: an error of the user's may be false
    if error is None and getattr(ip, "_last_traceback", None) is not frame.shown_before:
        failed = getattr(ip, "_last_traceback_during_displayhook", False)  # by ipykernel 7.4
        error = getattr(sys, "last_value", None) if failed else None
    if error is None:
        return "ok", None
    interrupted = type(error).__name__ in {"KeyboardInterrupt", "CancelledError"}
    return "interrupted" if interrupted else "error", error


def shown_traceback(ip: InteractiveShell) -> list[str] | None:
    """What ipykernel showed last; each traceback is a list of its own."""
    return getattr(ip, "_last_traceback", None)


def notebook_path(user_ns: Mapping[str, Any], environ: Mapping[str, str]) -> str | None:
    """The notebook, by whoever started the kernel: a job, Jupyter Server, or VS Code."""
    known = environ.get("JUPYTER_MLOPS_NOTEBOOK") or environ.get("JPY_SESSION_NAME")
    path = known or user_ns.get(VSCODE_NAME)
    return path if isinstance(path, str) else None


def relative_to_root(root: str | None, path: str | None) -> str | None:
    """A notebook's name: relative to the root with forward slashes, or as given when it is not below it."""
    if root and path and os.path.isabs(path):  # noqa: PTH117
        relative = os.path.relpath(path, root)
        if relative.split(os.sep, 1)[0] != os.pardir:
            return relative.replace(os.sep, "/")
    return path


def notebook_folder(root: str | None, path: str | None) -> str:
    """The folder that a notebook is in, or else the process's own."""
    whole = os.path.join(root or "", path or "")  # noqa: PTH118
    return os.path.dirname(whole) if path else os.getcwd()  # noqa: PTH109, PTH120


def runner(environ: Mapping[str, str]) -> str:
    """Who runs the kernel: `job`, `lab` or `other`."""
    if environ.get("JUPYTER_MLOPS_RUN_ID"):
        return "job"
    return "lab" if environ.get("JPY_SESSION_NAME") else "other"


def message_id(ip: InteractiveShell) -> str | None:
    """The execute request being answered; None outside ipykernel."""
    message = getattr(ip, "parent_header", None)  # ipykernel keeps the whole message under this name
    header = message.get("header") if isinstance(message, dict) else None
    found = header.get("msg_id") if header else None
    return found if isinstance(found, str) else None


def connection_file(ip: InteractiveShell) -> str | None:
    """Where the kernel's ports are written; None outside ipykernel."""
    app = getattr(getattr(ip, "kernel", None), "parent", None)
    path = getattr(app, "abs_connection_file", None)
    return str(path) if path else None


def kernel_id(connection: str | None) -> str | None:
    """The kernel's id: jupyter_client names the connection file after it."""
    if connection is None:
        return None
    stem = os.path.splitext(os.path.basename(connection))[0]  # noqa: PTH119, PTH122
    return stem.removeprefix("kernel-")


def kernel_name(connection: str | None) -> str | None:
    """The kernel spec's name, which jupyter_client writes into the connection file."""
    try:
        with open(connection or "", encoding="utf-8") as file:  # noqa: PTH123
            name = json.load(file).get("kernel_name")
    except (OSError, ValueError):
        return None
    return str(name) if name else None


def counts_first() -> bool:
    """Whether IPython counts a cell before it runs it (ipython#15088)."""
    ipython = sys.modules.get("IPython")
    return tuple(getattr(ipython, "version_info", ()))[:2] >= (9, 8)


def error_facts(error: BaseException) -> dict[str, str]:
    """An error's class and message."""
    return {"type": type(error).__name__, "message": _message(error)}


def _message(error: BaseException) -> str:
    try:
        return str(error)[:MAX_MESSAGE]
    except Exception:  # noqa: BLE001 - a class of the user's
        return "<its message cannot be printed>"
