"""A bound on what a notebook may put out: what is beyond it is dropped with a note, and the run goes on.

Without it a loop that prints fills the runner's memory, the disk and then the browser that opens the executed
notebook. A run that should end instead has time limits for that.
"""

from __future__ import annotations

import json
from typing import Any

from jupyter_client.channels import AsyncZMQSocketChannel

MAX_CELL_BYTES = 20_000_000
MAX_NOTEBOOK_BYTES = 100_000_000
DROPPED = "mlops_dropped_bytes"
_OUTPUTS = ("stream", "display_data", "execute_result", "update_display_data", "error")


class OutputLimit:
    """Counts what cells put out.

    Args:
        cell_bytes: how much one cell may.
        notebook_bytes: how much all cells may.
    """

    def __init__(self, cell_bytes: int = MAX_CELL_BYTES, notebook_bytes: int = MAX_NOTEBOOK_BYTES) -> None:
        self._cell_bytes = cell_bytes
        self._notebook_bytes = notebook_bytes
        self._cells: dict[int, int] = {}
        self._total = 0
        self._noted: set[int] = set()

    def admits(self, cell_index: int, message: dict[str, Any]) -> bool:
        """Whether a message's output is to be kept; an error always is, and what is no output."""
        if message["msg_type"] not in _OUTPUTS:
            return True
        content = message["content"]
        size = content.get(DROPPED) or _size(content)
        counted = self._cells.get(cell_index, 0) + size
        fits = counted <= self._cell_bytes and self._total + size <= self._notebook_bytes
        self._cells[cell_index] = counted
        if fits and DROPPED not in content:
            self._total += size
            return True
        return bool(message["msg_type"] == "error" and DROPPED not in content)

    def note(self, cell_index: int) -> str | None:
        """What is to be said of the output that was dropped, once for each cell."""
        if cell_index in self._noted:
            return None
        self._noted.add(cell_index)
        return (
            f"\n[jupyter_mlops: the rest of this output was dropped. A cell may put out "
            f"{_show(self._cell_bytes)}, a notebook {_show(self._notebook_bytes)}.]\n"
        )


class BoundedChannel(AsyncZMQSocketChannel):  # type: ignore[misc]
    """A channel that does not take apart a message that is far too large: of it only its size is told."""

    async def _recv(self, **options: Any) -> dict[str, Any]:
        parts = await self.socket.recv_multipart(**options)
        _, parts = self.session.feed_identities(parts)
        size = sum(len(part) for part in parts[4:])
        if size <= MAX_CELL_BYTES:
            whole: dict[str, Any] = self.session.deserialize(parts)
            return whole
        header = json.loads(parts[1])
        return {
            "header": {**header, "msg_type": "stream"},
            "msg_id": header["msg_id"],
            "msg_type": "stream",
            "parent_header": json.loads(parts[2]),
            "metadata": {},
            "content": {"name": "stderr", "text": "", DROPPED: size},
            "buffers": [],
        }


def _size(content: dict[str, Any]) -> int:
    """About how many bytes a message's output takes in the notebook."""
    if "text" in content:
        return len(content["text"])
    return sum(len(value) if isinstance(value, str) else len(str(value)) for value in _values(content))


def _values(content: dict[str, Any]) -> list[Any]:
    data = content.get("data")
    return list(data.values()) if isinstance(data, dict) else list(content.get("traceback") or ())


def _show(size: int) -> str:
    return f"{size / 1e6:g} MB"
