"""Which files a cell opens, seen by Python's own audit events.

An audit hook cannot be removed, so one is added for the process, once, and does nothing while no cell runs.
It notes on the recorder's own frames, so that most cells, which open nothing, cost nothing.
What libraries open in C (Arrow, HDF5, SQLite) raises no such event, and is not seen.
"""

from __future__ import annotations

import os
import stat
import sys
import sysconfig
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_mlops.capture.kernel.frame import Frame

MAX_FILES = 200
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC

_running: Sequence[Frame] = ()
_skipped: tuple[str, ...] = ()
environment_changes = 0  # of this process, as far as the hook saw
_added = False


class OpenedFiles:
    """`files`: path, mode (`r`, `w` or `rw`) and how often, of the files that a cell opened.

    Left out: Python's own and installed packages, compiled modules, devices, sockets, what does not exist,
    and all below the folder that `watch` was given.
    """

    idle_at = -1

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, int]] = {}
        self._dropped = 0

    def add(self, path: str, mode: str) -> None:
        """Note that one was opened."""
        known = self._known.get(path)
        if known is not None:
            self._known[path] = (known[0] if known[0] == mode else "rw", known[1] + 1)
        elif len(self._known) < MAX_FILES:
            self._known[path] = (mode, 1)
        else:
            self._dropped += 1

    def end(self, frame: Frame, result: object) -> dict[str, Any] | None:  # noqa: ARG002
        """The files opened while it ran."""
        frame.drop("files", self._dropped)
        files = [
            {"path": path, "mode": mode, "n": count}
            for path, (mode, count) in self._known.items()
            if _is_file(path, written="w" in mode)
        ]
        return {"files": files} if files else None


def watch(running: Sequence[Frame], own_folder: str) -> None:
    """Note from now on what is opened on these frames, which come and go.

    Args:
        running: the executions under way.
        own_folder: where journals are; what is opened there is not the user's.
    """
    global _running, _skipped  # noqa: PLW0603 - as the hook
    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    own = os.path.abspath(own_folder)  # noqa: PTH100 - pathlib costs import time here
    folders = [*filter(None, paths), own, "/dev", "/proc", "/sys"]
    _skipped = tuple(f"{folder}{os.sep}" for folder in folders)
    _running = running
    add_hook()


def add_hook() -> None:
    """Add the audit hook, once for the process."""
    global _added  # noqa: PLW0603 - as the hook
    if not _added:
        _added = True
        sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        if _running:
            with suppress(Exception):  # it would be raised by the user's `open`
                _note_open(*arguments)
    elif event == "os.putenv":
        global environment_changes  # noqa: PLW0603
        environment_changes += 1


def _note_open(path: Any, mode: str | None, flags: int) -> None:
    if isinstance(path, int):  # a descriptor: its file was opened before
        return
    name = os.fsdecode(path)
    if name.startswith(_skipped) or name.endswith((".pyc", ".so")):
        return
    if not os.path.isabs(name):  # noqa: PTH117
        name = os.path.join(os.getcwd(), name)  # noqa: PTH109, PTH118
        if name.startswith(_skipped):
            return
    kind = _mode(mode, flags)
    own = [frame for frame in _running if frame.thread == threading.get_ident()]
    for frame in own or _running:  # a thread that a cell started belongs to whatever runs
        frame.noted(OpenedFiles).add(name, kind)


def _mode(mode: str | None, flags: int) -> str:
    if mode is not None:
        if "+" in mode:
            return "rw"
        return "w" if any(letter in mode for letter in "wax") else "r"
    if flags & os.O_RDWR:
        return "rw"
    return "w" if flags & _WRITING else "r"


def _is_file(path: str, *, written: bool) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116
    except OSError:  # read in vain, or written and taken away again
        return written
