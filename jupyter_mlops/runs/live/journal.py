"""The live file of a run: what happens in it, a JSON object a line, beside its executed notebook.

It is there while the run goes on. When it has grown to its bound it is replaced by a new one that begins with
what was written last; who reads it holds the old one open, reads that to its end, then goes on in the new.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

FILE_NAME = "live.jsonl"
MAX_BYTES = 1_000_000
KEPT_BYTES = 100_000
READ_BYTES = 200_000


def live_path(output_path: str | None) -> Path | None:
    """The live file of a run whose executed notebook is here; None where there is no such folder yet."""
    return None if not output_path or "://" in output_path else Path(output_path).parent / FILE_NAME


class LiveJournal:
    """Writes the live file.

    Args:
        path: of the file; one that an earlier attempt left is replaced.
        after: the number of the last line that was written, where this goes on with a file that was given up.

    Attributes:
        seq: the number of the last line.

    Raises:
        OSError: the disk refuses, here and at each call.
    """

    def __init__(self, path: Path, after: int = 0) -> None:
        self._path = path
        self.seq = after
        self._recent: deque[bytes] = deque()
        self._recent_bytes = 0
        self._file = self._replace(())

    def append(self, kind: str, **facts: Any) -> None:
        """Write a line; it carries its number, from 1."""
        self.seq += 1
        line = json.dumps({"seq": self.seq, "kind": kind, **facts}).encode() + b"\n"
        self._recent.append(line)
        self._recent_bytes += len(line)
        while self._recent_bytes > KEPT_BYTES and len(self._recent) > 1:
            self._recent_bytes -= len(self._recent.popleft())
        if self._file.tell() + len(line) > MAX_BYTES:
            full, self._file = self._file, self._replace(self._recent)
            full.close()
        else:
            self._file.write(line)

    def close(self, *, keep: bool = False) -> None:
        """Be done with it; it is removed unless it is to be kept."""
        self._file.close()
        if not keep:
            self._path.unlink(missing_ok=True)

    def _replace(self, lines: deque[bytes] | tuple[()]) -> IO[bytes]:
        new = self._path.with_name(f".{FILE_NAME}.new")
        new.unlink(missing_ok=True)
        # Unbuffered, so that a line is there for its readers once it is written.
        file = os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "ab", buffering=0)
        try:
            file.write(b"".join(lines))
            new.replace(self._path)
        except OSError:
            file.close()
            new.unlink(missing_ok=True)
            raise
        return file


class LiveTail:
    """Reads a live file as it grows. It holds no more than one read's worth.

    Args:
        path: of the file, which may not be there yet, or any more.
        after: the number of the last line already known.
    """

    def __init__(self, path: Path, after: int = 0) -> None:
        self.seq = after
        self._path = path
        self._file: IO[bytes] | None = None
        self._torn = b""

    def read(self) -> list[dict[str, Any]]:
        """The lines that came since the last call, as far as they fit into one read."""
        if self._file is None:
            self._open()
        lines = list(self._lines())
        if not lines and self._was_replaced():
            self.close()
            self._open()
            lines = list(self._lines())
        return lines

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
        self._file, self._torn = None, b""

    def _open(self) -> None:
        with contextlib.suppress(OSError):  # it is not there yet
            self._file = self._path.open("rb", buffering=0)

    def _lines(self) -> Iterator[dict[str, Any]]:
        if self._file is None:
            return
        *whole, self._torn = (self._torn + self._file.read(READ_BYTES)).split(b"\n")
        for text in whole:
            with contextlib.suppress(ValueError, KeyError, TypeError):  # damaged: the next one is whole again
                line = json.loads(text)
                if line["seq"] > self.seq:
                    self.seq = line["seq"]
                    yield line

    def _was_replaced(self) -> bool:
        if self._file is None:
            return False
        try:
            return os.fstat(self._file.fileno()).st_ino != self._path.stat().st_ino
        except OSError:
            return False  # the run has ended, and its file is gone
