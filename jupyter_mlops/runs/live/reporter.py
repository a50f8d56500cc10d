"""The runner's side: what the engine sees of a run, told to whoever watches.

The engine's thread only takes notes; a thread of ours writes them to the live file and to the run's row. A
full disk or a busy store costs those who watch some news, never the run.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import TracebackType
from typing import Any

from jupyter_mlops.capture.redaction import Redactor
from jupyter_mlops.readable import first_line
from jupyter_mlops.runs.live.estimate import CellHistory
from jupyter_mlops.runs.live.journal import LiveJournal
from jupyter_mlops.runs.live.outputs import LiveOutput, OutputBuffer, output_of_message
from jupyter_mlops.runs.live.progress import CurrentCell, Progress
from jupyter_mlops.runs.live.resources import ProcessTree, Usage

log = logging.getLogger(__name__)
KEEP_LIVE = "JUPYTER_MLOPS_KEEP_LIVE"
WRITE_EVERY_S = 0.25
LOOK_EVERY_S = 1.0
TELL_EVERY_S = 2.0  # the row, when nothing but CPU and memory has changed
TRY_DISK_AGAIN_S = 5.0
CLOSE_WITHIN_S = 5.0
MAX_NOTES = 2_000


class LiveReporter:
    """Observes an attempt, as the engine's `observer` and `on_message`, from its first cell to its last.

    Args:
        path: of the live file, or None for none.
        history: how long the job's cells took before.
        tell: writes columns (`cells_done`, `progress`) to the run's row; may raise, may be slow.
        kept: facts that the row's `progress` holds already, and keeps.
        environ: whose secrets are not told; by default this process's.

    Attributes:
        cells_done: code cells that have ended.
        last_usage: what the kernel's tree used at the last look.
        memory_peak_bytes: the most that any look saw.
    """

    def __init__(
        self,
        path: Path | None,
        history: CellHistory,
        tell: Callable[..., None],
        kept: dict[str, Any] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.cells_done = 0
        self.last_usage: Usage | None = None
        self.memory_peak_bytes: int | None = None
        self._path = path
        self._client: Any = None
        self._history = history
        self._tell = tell
        self._kept = kept or {}
        self._notes: deque[tuple[str, dict[str, Any]]] = deque(maxlen=MAX_NOTES)
        self._outputs = OutputBuffer()
        self._redactor = Redactor(os.environ if environ is None else environ)
        self._redact = self._redactor.text
        self._current: tuple[CurrentCell, Any, float] | None = None
        self._told: tuple[int, int | None] | None = None
        self._told_at = 0.0
        self._journal: LiveJournal | None = None
        self._journal_due = 0.0
        self._last_seq = 0
        self._problem: str | None = None
        self._tree: ProcessTree | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="live-reporter", daemon=True)

    def __enter__(self) -> LiveReporter:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join(CLOSE_WITHIN_S)

    def watch(self, client: Any) -> None:
        """Look at the cells and the kernel of this notebook client from now on."""
        self._client = client

    def note(self, **facts: Any) -> None:
        """Keep facts in the row's `progress` beside how far the run is."""
        self._kept = {**self._kept, **facts}
        self._told = None

    def cell_started(self, index: int, cell: Any) -> None:
        """A cell starts."""
        if not is_executed(cell):
            return
        current = CurrentCell(index, cell.get("id"), self._redact(first_line(cell.source)), _now())
        self._current = current, cell, time.monotonic()
        self._notes.append(
            ("cell_started", {"index": index, "cell_id": current.cell_id, "line": current.line})
        )

    def cell_ended(self, index: int, cell: Any) -> None:
        """A cell has ended, well or not."""
        if not is_executed(cell):
            return
        self._current = None
        self.cells_done += 1
        self._notes.append(("cell_ended", {"index": index, "cell_id": cell.get("id")}))

    def message_came(self, index: int, message: dict[str, Any]) -> None:
        """The kernel sent something about a cell."""
        output = output_of_message(index, message)
        if output is not None:
            self._outputs.add(output)

    def progress(self) -> Progress:
        """How far the run is now."""
        now = _now()
        current = self._current
        rest_s = self._rest_s(current)
        return Progress(
            cell=None if current is None else current[0],
            expected_end_at=None if rest_s is None else now + timedelta(seconds=rest_s),
            expected_from=self._history.runs if rest_s is not None else 0,
            usage=self.last_usage,
            memory_peak_bytes=self.memory_peak_bytes,
            seen_at=now,
            problem=self._problem,
        )

    def columns(self) -> dict[str, Any]:
        """What the run's row is told: `cells_done` and `progress`, with the facts that it keeps."""
        return {"cells_done": self.cells_done, "progress": {**self._kept, **self.progress().as_dict()}}

    def _rest_s(self, current: tuple[CurrentCell, Any, float] | None) -> float | None:
        cells = () if self._client is None else self._client.nb.cells
        executed = [cell for cell in cells if is_executed(cell)]
        waiting = executed[self.cells_done + (current is not None) :]
        if current is None:
            return self._history.rest_s(None, 0.0, waiting)
        return self._history.rest_s(current[1], time.monotonic() - current[2], waiting)

    def _work(self) -> None:
        look_at = 0.0
        while not self._closing.wait(WRITE_EVERY_S):
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + LOOK_EVERY_S
                self._look()
            self._write()
            self._tell_row()
            self._save_notebook()
        self._write()
        if self._told is None:
            self._tell_row()
        self._close_journal()

    def _look(self) -> None:
        pid = None if self._client is None else self._client.kernel_pid
        if pid is None:
            return
        if self._tree is None or self._tree.pid != pid:
            self._tree = ProcessTree(pid)
        usage = self._tree.look()
        if usage is None:
            return
        self.last_usage = usage
        self.memory_peak_bytes = max(usage.memory_bytes, self.memory_peak_bytes or 0)
        self._notes.append(
            (
                "resources",
                {
                    "cpu_percent": usage.cpu_percent,
                    "memory_bytes": usage.memory_bytes,
                    "processes": usage.processes,
                },
            )
        )

    def _save_notebook(self) -> None:
        """See that the executed notebook on disk is at most some seconds old, however long a cell is."""
        if self._client is None:
            return
        try:
            self._client.nb_man.save_late()
        except (OSError, RuntimeError) as error:
            log.debug("the executed notebook could not be written just now: %s", error)

    def _write(self) -> None:
        """Notes and outputs to the file, in the order in which they came as far as anybody could tell."""
        outputs = self._outputs.take(self._unfinished)
        notes = [self._notes.popleft() for _ in range(len(self._notes))]
        if not outputs and not notes:
            return
        try:
            journal = self._open_journal()
            if journal is None:
                return
            for kind, facts in _in_order(notes, outputs, self._redact):
                journal.append(kind, at=_now().isoformat(), **facts)
        except OSError as error:
            log.warning("the live file %s cannot be written: %s", self._path, error)
            self._problem = f"What it puts out cannot be shown now: {error.strerror or error}."
            self._close_journal()
            self._journal_due = time.monotonic() + TRY_DISK_AGAIN_S

    def _unfinished(self, output: LiveOutput) -> int:
        """A secret may come in pieces: what may be its beginning waits for more, until its cell has ended."""
        current = self._current
        going_on = current is not None and current[0].index == output.index and not self._closing.is_set()
        return self._redactor.unfinished(output.text) if going_on else 0

    def _open_journal(self) -> LiveJournal | None:
        if self._journal is None and self._path is not None and time.monotonic() >= self._journal_due:
            self._journal = LiveJournal(self._path, self._last_seq)
            self._problem = None
        return self._journal

    def _close_journal(self) -> None:
        journal, self._journal = self._journal, None
        if journal is None:
            return
        self._last_seq = journal.seq
        try:
            journal.close(keep=bool(os.environ.get(KEEP_LIVE)))
        except OSError as error:
            log.warning("the live file %s cannot be removed: %s", self._path, error)

    def _tell_row(self) -> None:
        current = self._current
        state = (self.cells_done, None if current is None else current[0].index)
        if state == self._told and time.monotonic() - self._told_at < TELL_EVERY_S:
            return
        self._told, self._told_at = state, time.monotonic()
        try:
            self._tell(**self.columns())
        except Exception as error:  # noqa: BLE001 - the run goes well all the same; the next round tells more
            log.warning("the progress could not be told: %s", error)


def is_executed(cell: Any) -> bool:
    """Whether a kernel is asked to run the cell."""
    return bool(cell.cell_type == "code" and cell.source.strip())


def _in_order(
    notes: list[tuple[str, dict[str, Any]]], outputs: list[LiveOutput], redact: Callable[[str], str]
) -> list[tuple[str, dict[str, Any]]]:
    """A cell's outputs after its start and before its end."""
    lines: list[tuple[str, dict[str, Any]]] = []
    waiting = deque(outputs)
    for kind, facts in notes:
        while kind == "cell_ended" and waiting and waiting[0].index <= facts["index"]:
            lines.append(_output_line(waiting.popleft(), redact))
        while kind == "cell_started" and waiting and waiting[0].index < facts["index"]:
            lines.append(_output_line(waiting.popleft(), redact))
        lines.append((kind, facts))
    return [*lines, *(_output_line(output, redact) for output in waiting)]


def _output_line(output: LiveOutput, redact: Callable[[str], str]) -> tuple[str, dict[str, Any]]:
    facts = {"index": output.index, "name": output.name, "text": redact(output.text)}
    return "output", {**facts, "dropped": output.dropped} if output.dropped else facts


def _now() -> datetime:
    return datetime.now(timezone.utc)
