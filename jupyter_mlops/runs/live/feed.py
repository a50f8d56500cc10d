"""The watcher's side: what has happened in a run since the last look."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_mlops.runs.live.journal import LiveTail, live_path
from jupyter_mlops.runs.live.outputs import outputs_of_cell
from jupyter_mlops.runs.states import RunState
from jupyter_mlops.store.tables import Run

MAX_NOTEBOOK_BYTES = 50_000_000


@dataclass(frozen=True)
class LiveEvent:
    """Something that happened in a run.

    Attributes:
        id: to go on from by `LiveFeed(after=id)`.
        kind: `cell_started`, `cell_ended`, `output` or `resources`.
        facts: what `LiveEvent` in the OpenAPI file has for that kind.
    """

    id: str
    kind: str
    facts: dict[str, Any]


class LiveFeed:
    """Reads what a run's runner tells, in pieces; it holds one piece at a time.

    When the run has ended before all was read, the outputs of later cells come from its executed notebook.

    Args:
        after: the id of the last event already known.
    """

    def __init__(self, after: str | None = None) -> None:
        self._attempt, self._seq, self._cell = _parse(after)
        self._tail: LiveTail | None = None

    def read(self, run: Run) -> list[LiveEvent]:
        """What has happened, given the run as it is now; nothing when nothing has.

        Call it again after a run's end until it answers nothing.
        """
        if run.attempt_id is None:
            return []
        if run.attempt_id != self._attempt:
            self.close()
            self._attempt, self._seq, self._cell = run.attempt_id, 0, -1
        events = list(self._live(run))
        if events or not RunState(run.state).is_final:
            return events
        return list(self._rest(run))

    def close(self) -> None:
        """Let go of the file."""
        if self._tail is not None:
            self._tail.close()
        self._tail = None

    def _live(self, run: Run) -> Iterator[LiveEvent]:
        if self._tail is None and (path := live_path(run.output_path)) is not None:
            self._tail = LiveTail(path, self._seq)
        for line in self._tail.read() if self._tail is not None else ():
            yield self._event(line.pop("seq"), str(line.pop("kind")), line)

    def _rest(self, run: Run) -> Iterator[LiveEvent]:
        for index, cell in enumerate(_executed_cells(run.output_path)):
            if index > self._cell and cell.get("outputs"):
                for output in outputs_of_cell(index, cell["outputs"]):
                    facts = {"index": index, "name": output.name, "text": output.text}
                    yield self._event(self._seq, "output", facts)

    def _event(self, seq: int, kind: str, facts: dict[str, Any]) -> LiveEvent:
        self._seq = seq
        if kind == "output":
            self._cell = max(self._cell, facts.get("index", -1))
        return LiveEvent(f"{self._attempt}:{seq}:{self._cell}", kind, facts)


def _executed_cells(output_path: str | None) -> list[dict[str, Any]]:
    """The executed notebook's cells, read as plain JSON; none where it cannot be read, or is too large."""
    try:
        path = Path(output_path or "")
        if path.stat().st_size > MAX_NOTEBOOK_BYTES:
            return []
        cells: list[dict[str, Any]] = json.loads(path.read_bytes())["cells"]
        return [cell if isinstance(cell, dict) else {} for cell in cells]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _parse(event_id: str | None) -> tuple[str | None, int, int]:
    try:
        attempt, seq, cell = (event_id or "").split(":")
        return attempt, int(seq), int(cell)
    except ValueError:
        return None, 0, -1
