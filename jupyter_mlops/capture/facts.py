"""What the kernel says of a session, of a cell that begins and of one that ended. Standard library only.

Facts that are measured around a cell are the gauges' of `kernel/`, a kind a module.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_mlops.capture.kernel.git_head import read_head
from jupyter_mlops.capture.kernel.output_meter import Tally

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

    from jupyter_mlops.capture.kernel.gauges import Gauge
    from jupyter_mlops.capture.redaction import Redactor

    Notes = TypeVar("Notes", bound=Gauge)

VERSION = 1
PARAMETERS_TAG = "injected-parameters"  # papermill gives this cell a new id in every run
MAX_MESSAGE = 2000
VSCODE_NAME = "__vsc_ipynb_file__"  # where VS Code tells the notebook's path


class Frame:
    """One execution under way: what must be remembered from its begin to its end.

    What most cells do not need is set on the class: fewer writes to memory that is not in the cache.
    """

    info: ExecutionInfo | None = None
    parent_id: str | None = None
    counted = False
    source = ""
    text = ""
    cell_id: str | None = None
    tags: Sequence[str] = ()
    unwritten: str | None = None
    gauges: tuple[Gauge, ...] = ()
    notes: tuple[Gauge, ...] = ()
    data_frames: str | None = None
    error: dict[str, str] | None = None
    shown_before: list[str] | None = None
    hook_ns = 0
    cpu_begun_s = 0.0
    cpu_s: float | None = None
    rss_bytes: int | None = None
    memory_peak_bytes: int | None = None

    def __init__(self, exec_id: str, msg_id: str | None, tally: Tally, thread: int) -> None:
        self.exec_id = exec_id
        self.msg_id = msg_id
        self.tally = tally
        self.thread = thread
        self.dropped: dict[str, int] = {}
        self.t0 = time.time_ns()
        self.m0 = time.monotonic_ns()

    def identify(
        self, info: ExecutionInfo, meta: Mapping[str, Any], parent: Frame | None, redactor: Redactor
    ) -> None:
        """Say which cell this is, and inside which execution.

        A nested `run_cell` answers the same request, but that request's metadata is the outer cell's.
        """
        self.info = info
        self.counted = bool(info.store_history)
        self.source = info.raw_cell
        self.text = redactor.source(info.raw_cell)
        cell_id = getattr(info, "cell_id", None) or meta.get("cellId")
        tags = meta.get("tags")
        if parent is not None:
            self.parent_id = parent.exec_id
        if cell_id:
            self.cell_id = str(cell_id)
        if tags:
            self.tags = [redactor.text(str(tag)) for tag in tags]

    def drop(self, field: str, count: int = 1) -> None:
        """Note that so many items of a field were left out."""
        if count > 0:
            self.dropped[field] = self.dropped.get(field, 0) + count

    def noted(self, kind: type[Notes]) -> Notes:
        """What is noted of one kind while the cell runs; asked for the first time, it joins the frame."""
        for notes in self.notes:
            if isinstance(notes, kind):
                return notes
        made = kind()
        self.notes = (*self.notes, made)
        return made

    @functools.cached_property
    def source_sha(self) -> str:
        """The hash of the text without its secrets: that of the original would let a short one be guessed."""
        return hash_source(self.text)

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
        message = getattr(ip, "parent_header", None)
        meta = message.get("metadata") if isinstance(message, dict) else None
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


def error_of(ip: InteractiveShell, frame: Frame, result: ExecutionResult | None) -> BaseException | None:
    """What made the cell fail, if it did: its code, or (ipykernel 7.4 fails it then) showing its value."""
    if result is None:
        return None
    error: BaseException | None = result.error_before_exec
    error = result.error_in_exec if error is None else error  # not `or`: an error of the user's may be false
    if error is None and shown_traceback(ip) is not frame.shown_before:
        failed = getattr(ip, "_last_traceback_during_displayhook", False)  # by ipykernel 7.4
        error = getattr(sys, "last_value", None) if failed else None
    return error


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


def status_of(result: ExecutionResult | None, error: BaseException | None) -> str:
    """How a cell ended; without a result, IPython lost it to an interrupt."""
    if error is None:
        return "interrupted" if result is None else "ok"
    return "interrupted" if type(error).__name__ in {"KeyboardInterrupt", "CancelledError"} else "error"


def error_facts(error: BaseException) -> dict[str, str]:
    """An error's class and message."""
    return {"type": type(error).__name__, "message": _message(error)}


def _message(error: BaseException) -> str:
    try:
        return str(error)[:MAX_MESSAGE]
    except Exception:  # noqa: BLE001 - a class of the user's
        return "<its message cannot be printed>"
