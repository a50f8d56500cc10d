"""What the kernel says of a session, of a cell that begins and of one that ended. Standard library only.

Facts that are measured around a cell are the gauges' of `kernel/`, a kind a module.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from jupyter_mlops.capture.kernel.git_head import read_head
from jupyter_mlops.capture.kernel.output_meter import Tally

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

    from jupyter_mlops.capture.kernel.mlflow_notes import Notes

VERSION = 1
PARAMETERS_TAG = "injected-parameters"  # papermill gives this cell a new id in every run
MAX_MESSAGE = 2000


class Frame:
    """One execution under way: what must be remembered from its begin to its end."""

    def __init__(self, exec_id: str, msg_id: str | None, tally: Tally, thread: int) -> None:
        self.exec_id = exec_id
        self.msg_id = msg_id
        self.tally = tally
        self.thread = thread
        self.info: ExecutionInfo | None = None
        self.parent_id: str | None = None
        self.counted = False
        self.source = ""
        self.source_sha = ""
        self.text = ""
        self.cell_id: str | None = None
        self.tags: list[str] = []
        self.unwritten: dict[str, Any] | None = None
        self.gauged: list[tuple[Any, Any]] = []
        self.dropped: dict[str, int] = {}
        self.takes_notes = False
        self.mlflow: Notes | None = None
        self.shown_traceback: list[str] | None = None
        self.display_failed = False
        self.hook_ns = 0
        self.t0 = time.time_ns()
        self.m0 = time.monotonic_ns()

    def identify(
        self,
        info: ExecutionInfo,
        meta: Mapping[str, Any],
        parent: Frame | None,
        redact: Callable[[str], str],
    ) -> None:
        """Say which cell this is, and inside which execution.

        A nested `run_cell` answers the same request, but that request's metadata is the outer cell's. The
        hash is of the text without its secrets: that of the original would let a short one be guessed.
        """
        cell_id = getattr(info, "cell_id", None) or meta.get("cellId")
        self.info = info
        self.parent_id = parent.exec_id if parent else None
        self.counted = bool(info.store_history)
        self.source = info.raw_cell
        self.text = redact(info.raw_cell)
        self.source_sha = hash_source(self.text)
        self.cell_id = str(cell_id) if cell_id else None
        self.tags = [str(tag) for tag in meta.get("tags") or ()]

    def drop(self, field: str, count: int = 1) -> None:
        """Note that so many items of a field were left out."""
        if count > 0:
            self.dropped[field] = self.dropped.get(field, 0) + count

    @property
    def cell_key(self) -> tuple[str, str]:
        """The kind of key (`id`, `tag` or `source`) and the key by which executions of one cell are found."""
        if PARAMETERS_TAG in self.tags:
            return "tag", PARAMETERS_TAG
        return ("id", self.cell_id) if self.cell_id else ("source", self.source_sha)


def cell_metadata(ip: InteractiveShell, info: ExecutionInfo, *, nested: bool) -> dict[str, Any]:
    """The request's metadata, where JupyterLab and our engine say which cell it is."""
    meta = getattr(info, "cell_meta", None)
    if meta is None and not nested:  # ipykernel before 7 passes only the id, or nothing
        meta = _parent_message(ip).get("metadata")
    return meta if isinstance(meta, dict) else {}


def hash_source(source: str) -> str:
    """The BLAKE2b-128 of a cell's text, as 32 hexadecimal digits."""
    return hashlib.blake2b(source.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


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


def begin_facts(ip: InteractiveShell, frame: Frame, info: ExecutionInfo, path: str | None) -> dict[str, Any]:
    """What is known before the code runs. The recorder adds `session_id`, `seq` and a new `source`."""
    key_kind, key = frame.cell_key
    return {
        "v": VERSION,
        "ph": "B",
        "exec_id": frame.exec_id,
        "parent_exec_id": frame.parent_id,
        "pid": os.getpid(),
        "thread": frame.thread,
        "msg_id": frame.msg_id,
        "cell_id": frame.cell_id,
        "cell_key": key,
        "key_kind": key_kind,
        "tags": frame.tags,
        "notebook_path": path,
        "execution_count": _count_at_begin(ip, info),
        "store_history": frame.counted,
        "t0": frame.t0,
        "m0": frame.m0,
        "source_sha": frame.source_sha,
    }


def error_of(ip: InteractiveShell, frame: Frame, result: ExecutionResult | None) -> BaseException | None:
    """What made the cell fail, if it did: its code, or (ipykernel 7.4 fails it then) showing its value."""
    if result is None:
        return None
    error: BaseException | None = result.error_before_exec
    error = result.error_in_exec if error is None else error  # not `or`: an error of the user's may be false
    if error is None and display_failed(ip) and not frame.display_failed:
        error = getattr(sys, "last_value", None)
    return error


def display_failed(ip: InteractiveShell) -> bool:
    """Whether ipykernel says that the value of the last cell could not be shown."""
    return bool(getattr(ip, "_last_traceback_during_displayhook", False))


def end_facts(
    frame: Frame, result: ExecutionResult | None, error: BaseException | None, t1: int, m1: int
) -> dict[str, Any]:
    """What is known after the code ran; `result` is None when IPython lost it to an interrupt."""
    frame.drop("outputs", frame.tally.dropped)
    return {
        "v": VERSION,
        "ph": "E",
        "exec_id": frame.exec_id,
        "parent_exec_id": frame.parent_id,
        "t1": t1,
        "m1": m1,
        "duration_ns": m1 - frame.m0,
        "execution_count": result.execution_count if result is not None and frame.counted else None,
        "status": _status(result, error),
        "error": None if error is None else {"type": type(error).__name__, "message": _message(error)},
        "stdout_bytes": frame.tally.stdout,
        "stderr_bytes": frame.tally.stderr,
        "outputs": frame.tally.outputs,
    }


def notebook_path(user_ns: Mapping[str, Any], environ: Mapping[str, str]) -> str | None:
    """The notebook, by whoever started the kernel: a job, Jupyter Server, or VS Code."""
    known = environ.get("JUPYTER_MLOPS_NOTEBOOK") or environ.get("JPY_SESSION_NAME")
    path = known or user_ns.get("__vsc_ipynb_file__")
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
    header = _parent_message(ip).get("header") or {}
    found = header.get("msg_id")
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


def _parent_message(ip: InteractiveShell) -> dict[str, Any]:
    message = getattr(ip, "parent_header", None)  # ipykernel keeps the whole message under this name
    return message if isinstance(message, dict) else {}


def _count_at_begin(ip: InteractiveShell, info: ExecutionInfo) -> int | None:
    if not info.store_history:
        return None
    ipython = sys.modules.get("IPython")
    counted_first = tuple(getattr(ipython, "version_info", ()))[:2] >= (9, 8)  # ipython#15088
    return int(ip.execution_count) - (1 if counted_first else 0)


def _status(result: ExecutionResult | None, error: BaseException | None) -> str:
    if result is None or type(error).__name__ in {"KeyboardInterrupt", "CancelledError"}:
        return "interrupted"
    return "ok" if error is None else "error"


def _message(error: BaseException) -> str:
    try:
        return str(error)[:MAX_MESSAGE]
    except Exception:  # noqa: BLE001 - a class of the user's
        return "<its message cannot be printed>"
