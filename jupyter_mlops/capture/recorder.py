"""The recorder: an IPython extension that writes down every cell execution, and can never break one.

`load(ip, folder)` hooks into `pre_run_cell` and `post_run_cell`; each appends one line to this kernel's
journal (`facts.py` and `kernel/` say what is in it, `options.py` what is left out, `ingester.py` reads it).
No network, no database, no parsing of the source, no import beyond the standard library. IPython prints into
the user's cell what a hook raises, so no hook raises: errors of ours are counted, and ten in a row switch the
recorder off. Secrets are taken out of every line before it is written (`redaction.py`).
"""

from __future__ import annotations

import functools
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jupyter_mlops.capture import facts
from jupyter_mlops.capture.kernel import files, mlflow_hooks
from jupyter_mlops.capture.kernel.cell_lines import begin_line, end_line, session_part
from jupyter_mlops.capture.kernel.frame import Frame
from jupyter_mlops.capture.kernel.gauges import Gauges, make_gauges
from jupyter_mlops.capture.kernel.journal_writer import JournalWriter
from jupyter_mlops.capture.kernel.output_meter import OutputMeter
from jupyter_mlops.capture.kernel.traceback_text import traceback_text
from jupyter_mlops.capture.options import SKIP_MAGIC, SKIP_TAG, VARIABLE, CaptureOptions
from jupyter_mlops.capture.redaction import Redactor
from jupyter_mlops.ids import SortableIds

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

JOURNALS_VARIABLE = "JUPYTER_MLOPS_JOURNALS"
MAX_ERRORS_IN_A_ROW = 10
WRITE_SOURCE_AGAIN_NS = 24 * 3600 * 10**9  # by then it may have been purged
_NEVER = -(1 << 63)

_recorder: Recorder | None = None


def load(ip: InteractiveShell, folder: str | os.PathLike[str] | None = None) -> Recorder:
    """Record every cell execution of this kernel from now on; loading again changes nothing.

    Args:
        ip: the shell.
        folder: where journals are kept; the environment's `JUPYTER_MLOPS_JOURNALS` wins.

    Returns:
        the kernel's recorder. It never raises: a folder that cannot be written is its `problem`, and so is
        `JUPYTER_MLOPS_CAPTURE` saying `off`, or what cannot be understood.
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


def configure(**changes: Any) -> CaptureOptions:
    """Change what this kernel captures from its next cell on; `enabled` pauses and resumes.

    Args:
        **changes: fields of `CaptureOptions`, by their values or by words such as `off`.

    Returns:
        the options now.

    Raises:
        RuntimeError: no recorder is loaded.
        ValueError: a name or a value is no option.
    """
    if _recorder is None:
        raise RuntimeError("nothing is recorded here: `%load_ext jupyter_mlops` first")
    _recorder.use(_recorder.options.with_changes(**changes))
    return _recorder.options


def loaded() -> Recorder | None:
    """The recorder that was loaded last, whether it records or not."""
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
        options: what is captured.
        problem: why nothing is recorded, or None.
        errors: how often a hook of ours failed, silently.
        recorded: cells begun; a `run_cell` inside one is part of it.
        skipped: cells that were not recorded, because their tag, their magic or the options said so.
        journal: the journal's path, or None when it could not be made.
    """

    def __init__(self, ip: InteractiveShell, folder: str | os.PathLike[str] | None) -> None:
        self.ip = ip
        self.pid = os.getpid()
        self._ids = SortableIds()
        self.session_id = self._ids.next()
        self.options = CaptureOptions()
        self.recording = False
        self.problem: str | None = None
        self.errors = 0
        self.errors_in_a_row = 0
        self.recorded = 0
        self.skipped = 0
        self.journal: str | None = None
        self._writer: JournalWriter | None = None
        self._meter = OutputMeter(ip)
        self._gauges = Gauges([], self._count_gauge_error)
        self._redactor = Redactor(os.environ)
        self._path = facts.notebook_path({}, os.environ)
        self._told_path: str | None = None
        self._session_part = ""
        self._environment_changes = files.environment_changes
        self._counts_first = facts.counts_first()
        self._frames: list[Frame] = []
        self._unrecorded: list[tuple[ExecutionInfo, str | None]] = []
        self._sources: dict[str, int] = {}
        self._midway: Frame | None = None
        self._start(folder)

    def use(self, options: CaptureOptions) -> None:
        """Capture what these options say from the next cell on."""
        self.options = options
        self._meter.outputs = options.outputs
        own_folder = os.path.dirname(self.journal or "")  # noqa: PTH120
        files.watch(self._frames if options.files else (), own_folder)
        gauges = make_gauges(self.ip, options, self._redactor.to_json)
        self._gauges = Gauges(gauges, self._count_gauge_error)

    def attach(self) -> None:
        """Hook in, if not done."""
        if self.recording or self.problem is not None:
            return
        self.recording = True
        self._midway = self._new_frame(facts.message_id(self.ip))
        self.ip.events.register("pre_run_cell", self._pre_run_cell)
        self.ip.events.register("post_run_cell", self._post_run_cell)

    def detach(self) -> None:
        """Record nothing new; let go of the shell as soon as no recorded cell is under way."""
        self.recording = False
        if not self._frames:
            self._let_go()

    def current(self) -> Frame | None:
        """The execution under way: this thread's innermost, else the newest of any."""
        mine = self._innermost(lambda frame: frame.thread == threading.get_ident())
        return mine or self._innermost(lambda _: True)

    def count_error(self, error: BaseException) -> None:
        """Note that a hook failed; after ten in a row, give up. A disk that is full may have room again."""
        self.errors += 1
        self.errors_in_a_row += not isinstance(error, OSError)
        if self.errors_in_a_row >= MAX_ERRORS_IN_A_ROW:
            self.problem = f"switched off after {MAX_ERRORS_IN_A_ROW} errors in a row: {error!r}"

    @_never_raising
    def _pre_run_cell(self, info: ExecutionInfo) -> None:
        started = time.monotonic_ns()
        if self._midway is not None:
            self._end_midway()
        if not self.recording:
            return
        msg_id = facts.message_id(self.ip)
        parent = self._innermost(lambda other: other.msg_id == msg_id) if self._frames else None
        meta = facts.cell_metadata(self.ip, info, nested=parent is not None)
        if self._is_unwanted(info, meta):
            self.skipped += not self._unrecorded
            self._unrecorded.append((info, msg_id))
            return
        frame = self._new_frame(msg_id)
        self._begin(frame, info, meta, parent)
        frame.hook_ns = time.monotonic_ns() - started
        self._gauges.begin(frame)

    @_never_raising
    def _post_run_cell(self, result: ExecutionResult | None) -> None:
        t1, m1 = time.time_ns(), time.monotonic_ns()
        info = getattr(result, "info", None)
        if self._unrecorded and self._was_unwanted(info):
            self._end_midway()
            return
        frame = self._take(info)
        if self._midway is not None:
            if frame is None:
                frame = self._begin_midway(info)
            self._end_midway()
        if frame is not None:
            self._end(frame, result, t1, m1)
        if not self.recording and not self._frames:
            self._let_go()

    def _begin_midway(self, info: ExecutionInfo | None) -> Frame | None:
        """Record the cell that loaded us, late: its clock began there."""
        frame = self._midway
        if frame is None or info is None or _is_blank(info.raw_cell):
            return None
        meta = facts.cell_metadata(self.ip, info, nested=False)
        if self._is_unwanted(info, meta):
            return None
        self._midway = None
        self._begin(frame, info, meta, None)
        self._frames.remove(frame)
        return frame

    def _is_unwanted(self, info: ExecutionInfo, meta: Mapping[str, Any]) -> bool:
        """Whether a cell is not to be recorded: by itself, or because it is part of one that is not."""
        if not self.options.enabled or info.raw_cell.lstrip().startswith(SKIP_MAGIC):
            return True
        if self._unrecorded:
            msg_id = facts.message_id(self.ip)
            if any(msg_id == other for _, other in self._unrecorded):
                return True
        return SKIP_TAG in (meta.get("tags") or ())

    def _was_unwanted(self, info: ExecutionInfo | None) -> bool:
        """Whether the cell that ends is one that was not recorded; with its last one, record again."""
        known = next((pair for pair in reversed(self._unrecorded) if info is None or pair[0] is info), None)
        if known is not None:
            self._unrecorded.remove(known)
        return known is not None

    def _new_frame(self, msg_id: str | None) -> Frame:
        return Frame(self._ids.next(), msg_id, self._meter.open(msg_id), threading.get_ident())

    def _begin(
        self, frame: Frame, info: ExecutionInfo, meta: Mapping[str, Any], parent: Frame | None
    ) -> None:
        if self._environment_changes != files.environment_changes:
            self._look_at_environment()
        frame.identify(info, meta, parent, self._redactor)
        frame.shown_before = facts.shown_traceback(self.ip)
        self._frames.append(frame)
        self.recorded += parent is None
        path = self._path or self.ip.user_ns.get(facts.VSCODE_NAME)
        if path != self._told_path or not self._session_part:
            self._tell_path(path)
        since = frame.m0 - self._sources.get(frame.text, _NEVER)
        with_text = self.options.source == "text" and since > WRITE_SOURCE_AGAIN_NS
        count = int(self.ip.execution_count) - self._counts_first if frame.counted else None
        line = begin_line(frame, self._session_part, self.recorded, count, with_text=with_text)
        frame.unwritten = line
        self._append(line)
        frame.unwritten = None
        if with_text:
            self._sources[frame.text] = frame.m0

    def _tell_path(self, path: Any) -> None:
        """Say in the next lines where the notebook is."""
        self._told_path = path
        known = self._redactor.text(path) if isinstance(path, str) else None
        self._session_part = session_part(self.session_id, known)

    def _end(self, frame: Frame, result: ExecutionResult | None, t1: int, m1: int) -> None:
        if self._environment_changes != files.environment_changes:  # the cell may have set a secret
            self._look_at_environment()
        more = self._gauges.end(frame, result)
        tally = frame.tally
        self._meter.close(frame.msg_id, tally)
        status, error = facts.ending_of(self.ip, frame, result)
        if error is not None:
            frame.error = self._error_facts(error)
            if self.options.traceback and self.options.source == "text":
                shown = facts.shown_traceback(self.ip)
                text = traceback_text(error, shown if shown is not frame.shown_before else None)
                more["traceback"] = self._redactor.source(text)
        if tally.dropped:
            frame.drop("outputs", tally.dropped)
        if frame.dropped:
            more["dropped"] = frame.dropped
        if self.errors:
            more["hook_errors"] = self.errors
        if frame.unwritten is not None:  # the disk was full when it began
            self._append(self._redactor.to_json(json.loads(frame.unwritten)))
        text = f",{self._redactor.to_json(more)[1:-1]}" if more else ""
        if frame.data_frames is not None:
            text = f'{text},"frames":{frame.data_frames}'
        outputs = self._redactor.to_json(tally.outputs) if tally.outputs else "[]"
        count = result.execution_count if result is not None and frame.counted else None
        hook_ns = frame.hook_ns + time.monotonic_ns() - m1
        self._append(end_line(frame, status, count, t1, m1, outputs, hook_ns, text))

    def _error_facts(self, error: BaseException) -> dict[str, str]:
        told = facts.error_facts(error)
        return {**told, "message": self._redactor.source(told["message"])}

    def _look_at_environment(self) -> None:
        """Read from it again what we keep; the audit hook counts its changes."""
        self._environment_changes = files.environment_changes
        self._redactor.refresh(os.environ)
        self._path = facts.notebook_path({}, os.environ)
        self._session_part = ""

    def _count_gauge_error(self) -> None:
        self.errors += 1

    def _end_midway(self) -> None:
        if self._midway is not None:
            self._meter.close(self._midway.msg_id, self._midway.tally)
            self._midway = None

    def _take(self, info: ExecutionInfo | None) -> Frame | None:
        """Remove and return the frame that `info` began; IPython may have lost or remade the object."""
        if self._frames and self._frames[-1].info is info:
            return self._frames.pop()
        frame = self._innermost(lambda frame: frame.info is info)
        if frame is None and (info is None or not _is_blank(info.raw_cell)):
            text = getattr(info, "raw_cell", None)
            frame = self._innermost(
                lambda frame: frame.thread == threading.get_ident() and text in (None, frame.source)
            )
        if frame is not None:
            self._frames.remove(frame)
        return frame

    def _innermost(self, wanted: Callable[[Frame], bool]) -> Frame | None:
        return next((frame for frame in reversed(self._frames) if wanted(frame)), None)

    def _append(self, line: str) -> None:
        """Write a line, in which no secrets are."""
        if self._writer is not None:
            self._writer.append(line)

    def _start(self, folder: str | os.PathLike[str] | None) -> None:
        try:
            self.options = CaptureOptions.parse(os.environ.get(VARIABLE))
        except ValueError as error:  # what was to be left out is not known, so all is
            self.problem = f"{VARIABLE} is not understood: {error}"
            return
        if not self.options.enabled:
            self.problem = f"capture is switched off by {VARIABLE}"
            return
        self._open_journal(folder)
        files.add_hook()  # it tells of changes to the environment, too
        self.use(self.options)

    def _open_journal(self, folder: str | os.PathLike[str] | None) -> None:
        if folder is None:
            self.problem = f"no folder for journals is known; set {JOURNALS_VARIABLE}"
            return
        try:
            self._writer = JournalWriter(os.fspath(folder), self.session_id)
            session = facts.session_facts(self.ip, self.session_id, os.environ)
            line = {**session, "locked": self._writer.locked, "options": asdict(self.options)}
            self._append(self._redactor.to_json(line))
            self.journal = self._writer.path
        except OSError as error:
            self.problem = f"the journal cannot be written: {error}"

    def _let_go(self) -> None:
        self._meter.release()
        for event, hook in (("pre_run_cell", self._pre_run_cell), ("post_run_cell", self._post_run_cell)):
            if hook in self.ip.events.callbacks[event]:
                self.ip.events.unregister(event, hook)


def _is_blank(source: str | None) -> bool:
    return not source or source.isspace()
