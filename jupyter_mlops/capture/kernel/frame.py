"""One execution under way, and what measures it. Standard library only."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from jupyter_mlops.capture.cell_identity import PARAMETERS_TAG, hash_source
from jupyter_mlops.capture.kernel.output_meter import Tally

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult

    from jupyter_mlops.capture.redaction import Redactor


class Gauge(Protocol):
    """One kind of fact. One that must look before the cell runs, too, also has `begin(frame)`.

    Attributes:
        idle_at: as long as there are so many modules in the process, it has nothing to say; -1 of one that
            does not wait for imports.
    """

    idle_at: int

    def end(self, frame: Frame, result: ExecutionResult | None) -> dict[str, Any] | None:
        """The facts, by their names in the end line, if there are any; or they are set on the frame.

        What is left out of them is told by `frame.drop`.
        """


Notes = TypeVar("Notes", bound=Gauge)


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
