"""The recorder: an IPython extension that writes down every cell execution, and can never break one.

`load(ip, folder)` hooks into `pre_run_cell` and `post_run_cell`; each appends one line to this kernel's
journal (`facts.py` says what is in it, `ingester.py` reads it). No network, no database, no parsing of the
source, no import beyond the standard library. IPython prints into the user's cell what a hook raises, so no
hook raises: errors of ours are counted, and ten in a row switch the recorder off.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jupyter_mlops.capture import facts
from jupyter_mlops.capture.kernel import mlflow_hooks
from jupyter_mlops.capture.kernel.journal_writer import JournalWriter
from jupyter_mlops.capture.kernel.output_meter import OutputMeter
from jupyter_mlops.ids import new_sortable_id

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

JOURNALS_VARIABLE = "JUPYTER_MLOPS_JOURNALS"
MAX_ERRORS_IN_A_ROW = 10

_recorder: Recorder | None = None


def load(ip: InteractiveShell, folder: str | os.PathLike[str] | None = None) -> Recorder:
    """Record every cell execution of this kernel from now on; loading again changes nothing.

    Args:
        ip: the shell.
        folder: where journals are kept; the environment's `JUPYTER_MLOPS_JOURNALS` wins.

    Returns:
        the kernel's recorder. It never raises: a folder that cannot be written is its `problem`.
    """
    global _recorder  # noqa: PLW0603 - one kernel has one journal, however often the extension is loaded
    usable = _recorder is not None and _recorder.problem is None and _recorder.pid == os.getpid()
    if _recorder is None or not usable or _recorder.ip is not ip:
        if _recorder is not None:
            _recorder.detach()
        _recorder = Recorder(ip, os.environ.get(JOURNALS_VARIABLE) or folder)
    _recorder.attach()
    mlflow_hooks.install()
    return _recorder


def unload(ip: InteractiveShell) -> None:  # noqa: ARG001 - IPython's signature of an extension
    """Record no more. The cell that says so is still recorded to its end."""
    if _recorder is not None:
        _recorder.detach()
    mlflow_hooks.uninstall()


def active() -> Recorder | None:
    """The recorder, if this very process is recording."""
    recorder = _recorder
    recording = recorder is not None and recorder.recording and recorder.pid == os.getpid()
    return recorder if recording else None


def _never_raising(hook: Callable[[Recorder, Any], None]) -> Callable[[Recorder, Any], None]:
    @functools.wraps(hook)
    def guarded(self: Recorder, argument: Any) -> None:
        if self.problem is not None or os.getpid() != self.pid:  # a forked child must not write as its parent
            return
        try:
            hook(self, argument)
            self.errors_in_a_row = 0
        except BaseException as error:  # noqa: BLE001 - an interrupt, too, would be printed into the cell
            self.count_error(error)

    return guarded


class Recorder:
    """Writes one kernel's journal.

    Attributes:
        session_id: this kernel's life, as one sortable id.
        problem: why nothing is recorded, or None.
        errors: how often a hook of ours failed, silently.
        recorded: cells begun; a `run_cell` inside one is part of it.
        journal: the journal's path, or None when it could not be made.
    """

    def __init__(self, ip: InteractiveShell, folder: str | os.PathLike[str] | None) -> None:
        self.ip = ip
        self.pid = os.getpid()
        self.session_id = new_sortable_id()
        self.recording = False
        self.problem: str | None = None
        self.errors = 0
        self.errors_in_a_row = 0
        self.recorded = 0
        self.journal: str | None = None
        self._writer: JournalWriter | None = None
        self._meter = OutputMeter(ip)
        self._frames: list[facts.Frame] = []
        self._sources: set[str] = set()
        self._midway: facts.Frame | None = None
        self._open_journal(folder)

    def attach(self) -> None:
        """Hook in, if not done."""
        if self.recording or self.problem is not None:
            return
        self.recording = True
        self._midway = self._new_frame()
        self.ip.events.register("pre_run_cell", self._pre_run_cell)
        self.ip.events.register("post_run_cell", self._post_run_cell)

    def detach(self) -> None:
        """Record nothing new; let go of the shell as soon as no recorded cell is under way."""
        self.recording = False
        if not self._frames:
            self._let_go()

    def current(self) -> facts.Frame | None:
        """The execution under way: this thread's innermost, else the newest of any."""
        mine = self._innermost(lambda frame: frame.thread == threading.get_ident())
        return mine or self._innermost(lambda _: True)

    def count_error(self, error: BaseException) -> None:
        """Note that a hook failed; after ten in a row, give up."""
        self.errors += 1
        self.errors_in_a_row += 1
        if self.errors_in_a_row >= MAX_ERRORS_IN_A_ROW:
            self.problem = f"switched off after {MAX_ERRORS_IN_A_ROW} errors in a row: {error!r}"

    @_never_raising
    def _pre_run_cell(self, info: ExecutionInfo) -> None:
        self._end_midway()
        if self.recording:
            self._begin(self._new_frame(), info)

    @_never_raising
    def _post_run_cell(self, result: ExecutionResult | None) -> None:
        t1, m1 = time.time_ns(), time.monotonic_ns()
        info = getattr(result, "info", None)
        frame = self._take(info)
        if frame is None and self._midway is not None and info is not None and not _is_blank(info.raw_cell):
            frame, self._midway = self._midway, None  # the cell that loaded us: its clock began there
            self._begin(frame, info)
            self._frames.remove(frame)
        self._end_midway()
        if frame is not None:
            self._end(frame, facts.end_facts(frame, result, t1, m1))
        if not self.recording and not self._frames:
            self._let_go()

    def _new_frame(self) -> facts.Frame:
        msg_id = facts.message_id(self.ip)
        return facts.Frame(msg_id, self._meter.open(msg_id), threading.get_ident())

    def _begin(self, frame: facts.Frame, info: ExecutionInfo) -> None:
        parent = self._innermost(lambda other: other.msg_id == frame.msg_id)
        frame.identify(self.ip, info, parent)
        self._frames.append(frame)
        self.recorded += parent is None
        line = facts.begin_facts(self.ip, frame, info, os.environ)
        line["session_id"] = self.session_id
        line["seq"] = self.recorded
        if frame.source_sha not in self._sources:
            line["source"] = info.raw_cell
        frame.unwritten = line
        self._append(line)
        frame.unwritten = None
        self._sources.add(frame.source_sha)

    def _end(self, frame: facts.Frame, line: dict[str, Any]) -> None:
        self._meter.close(frame.msg_id, frame.tally)
        if frame.unwritten is not None:  # the disk was full when it began
            self._append(frame.unwritten)
        self._append(line)

    def _end_midway(self) -> None:
        if self._midway is not None:
            self._meter.close(self._midway.msg_id, self._midway.tally)
            self._midway = None

    def _take(self, info: ExecutionInfo | None) -> facts.Frame | None:
        """Remove and return the frame that `info` began; IPython may have lost or remade the object."""
        frame = self._innermost(lambda frame: frame.info is info)
        if frame is None and (info is None or not _is_blank(info.raw_cell)):
            text = getattr(info, "raw_cell", None)
            frame = self._innermost(
                lambda frame: frame.thread == threading.get_ident() and text in (None, frame.source)
            )
        if frame is not None:
            self._frames.remove(frame)
        return frame

    def _innermost(self, wanted: Callable[[facts.Frame], bool]) -> facts.Frame | None:
        return next((frame for frame in reversed(self._frames) if wanted(frame)), None)

    def _append(self, line: dict[str, Any]) -> None:
        if self._writer is not None:
            self._writer.append(line)

    def _open_journal(self, folder: str | os.PathLike[str] | None) -> None:
        if folder is None:
            self.problem = f"no folder for journals is known; set {JOURNALS_VARIABLE}"
            return
        try:
            self._writer = JournalWriter(os.fspath(folder), self.session_id)
            line = facts.session_facts(self.ip, self.session_id, os.environ)
            self._writer.append({**line, "locked": self._writer.locked})
            self.journal = self._writer.path
        except OSError as error:
            self.problem = f"the journal cannot be written: {error}"

    def _let_go(self) -> None:
        for event, hook in (("pre_run_cell", self._pre_run_cell), ("post_run_cell", self._post_run_cell)):
            if hook in self.ip.events.callbacks[event]:
                self.ip.events.unregister(event, hook)


def _is_blank(source: str | None) -> bool:
    return not source or source.isspace()
