"""What a cell puts out, as it is shown while the run goes on: text, bounded."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

MAX_CHARS = 16_000  # of one piece; of a cell that prints without end the newest are shown
MAX_PIECES = 50
MAX_RESULT_CHARS = 2_000
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


@dataclass(frozen=True)
class LiveOutput:
    """A piece of what a cell put out.

    Attributes:
        index: the cell's place in the executed notebook, from 0.
        name: `stdout`, `stderr`, `result`, `display` or `error`.
        text: as plain text; of an image or a table what says it in text, else its type.
        dropped: characters that came before it and were too many to show.
    """

    index: int
    name: str
    text: str
    dropped: int = 0


class OutputBuffer:
    """Takes in outputs as they come, and gives them out in pieces. However many come, it stays small.

    One thread may add while another takes.
    """

    def __init__(self) -> None:
        self._pieces: deque[LiveOutput] = deque()
        self._lock = threading.Lock()

    def add(self, output: LiveOutput) -> None:
        """Take in an output; text goes on where the last piece was of the same stream."""
        with self._lock:
            self._add(output)

    def take(self, unfinished: Callable[[LiveOutput], int] = lambda _piece: 0) -> list[LiveOutput]:
        """The pieces that have come since the last call.

        Args:
            unfinished: how many characters at the end of a piece wait for those that follow in its stream.
        """
        taken: list[LiveOutput] = []
        waiting: dict[tuple[int, str], LiveOutput] = {}
        with self._lock:
            for piece in self._pieces:
                key = piece.index, piece.name
                before = waiting.pop(key, None)
                whole = piece if before is None else replace(piece, text=before.text + piece.text)
                end = len(whole.text) - (unfinished(whole) if whole.name in _STREAMS else 0)
                if end < len(whole.text):
                    waiting[key] = replace(whole, text=whole.text[end:], dropped=0)
                if end or whole.dropped:
                    taken.append(replace(whole, text=whole.text[:end]))
            self._pieces = deque(waiting.values())
        return taken

    def _add(self, output: LiveOutput) -> None:
        last = self._pieces[-1] if self._pieces else None
        if (
            last is not None
            and output.name in _STREAMS
            and (last.index, last.name)
            == (
                output.index,
                output.name,
            )
        ):
            text = last.text + output.text
            over = max(0, len(text) - MAX_CHARS)
            self._pieces[-1] = LiveOutput(output.index, output.name, text[over:], last.dropped + over)
            return
        if len(self._pieces) >= MAX_PIECES:
            gone = self._pieces.popleft()
            first = self._pieces[0]
            lost = first.dropped + gone.dropped + len(gone.text)
            self._pieces[0] = LiveOutput(first.index, first.name, first.text, lost)
        over = max(0, len(output.text) - MAX_CHARS)
        self._pieces.append(LiveOutput(output.index, output.name, output.text[over:], output.dropped + over))


def output_of_message(index: int, message: Mapping[str, Any]) -> LiveOutput | None:
    """What a kernel's message shows of a cell; None for one that shows nothing."""
    kind, content = message.get("msg_type"), message.get("content", {})
    if kind == "stream":
        return LiveOutput(index, content.get("name", "stdout"), plain(content.get("text", "")))
    if kind in ("execute_result", "display_data"):
        name = "result" if kind == "execute_result" else "display"
        return LiveOutput(index, name, _text_of(content.get("data", {})))
    if kind == "error":
        said = f"{content.get('ename', 'Error')}: {content.get('evalue', '')}".rstrip(": ")
        return LiveOutput(index, "error", plain(said)[:MAX_RESULT_CHARS] + "\n")
    return None


def outputs_of_cell(index: int, outputs: Iterable[Mapping[str, Any]]) -> Iterator[LiveOutput]:
    """The same of a cell of an executed notebook."""
    buffer = OutputBuffer()
    for output in outputs:
        content = {**output, "text": "".join(output.get("text", ""))}
        found = output_of_message(index, {"msg_type": output.get("output_type"), "content": content})
        if found is not None:
            buffer.add(found)
    yield from buffer.take()


def plain(text: str) -> str:
    """Text without terminal colours: what a notebook prints must not command the reader's terminal."""
    return _COLOURS.sub("", text).replace("\x1b", "")


def _text_of(data: Mapping[str, Any]) -> str:
    text = plain("".join(data.get("text/plain", "")))[:MAX_RESULT_CHARS]
    return (text or f"({', '.join(data) or 'nothing'})") + "\n"


_STREAMS = ("stdout", "stderr")
