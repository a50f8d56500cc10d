"""One kernel's journal: lines of JSON, appended before and after each cell. Standard library only."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from jupyter_mlops.capture.journal_lock import hold

_encoder = json.JSONEncoder(separators=(",", ":"), default=repr)
_c_make_encoder: Any = getattr(json.encoder, "c_make_encoder", None)
encode_text: Callable[[str], str] = json.encoder.encode_basestring_ascii
# `JSONEncoder.encode` makes this anew for each record, which takes longer than the record.
_c_encode = _c_make_encoder and _c_make_encoder(None, repr, encode_text, None, ":", ",", False, False, True)
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)


def to_line(record: Any) -> str:
    """A record, or a part of one, as one line of JSON, without its end."""
    return "".join(_c_encode(record, 0)) if _c_encode else _encoder.encode(record)


class JournalWriter:
    """Appends records to one file, each whole in one `write`, so that a killed kernel leaves whole lines.

    Args:
        folder: where journals are kept; it and those above it are made (0700) when absent.
        name: the file's name without its ending.

    Attributes:
        path: the file.
        locked: whether the file is locked for as long as this process lives.

    Raises:
        OSError: the folder or the file cannot be made.
    """

    def __init__(self, folder: str, name: str) -> None:
        _make_private(folder)
        self.path = os.path.join(folder, f"{name}.jsonl")  # noqa: PTH118
        self._fd = os.open(self.path, _FLAGS, 0o600)
        self.locked = hold(self._fd)
        self._torn = False

    def append(self, line: str) -> None:
        """Append one line, given without its end.

        Raises:
            OSError: the line is not, or not wholly, on disk (a full one, say).
        """
        data = f"{line}\n".encode()
        if self._torn:  # end the torn line, or this one would be lost with it
            data = b"\n" + data
        written = os.write(self._fd, data)
        self._torn = written < len(data)
        if self._torn:
            raise OSError(f"{written} of {len(data)} bytes were written to {self.path}")

    def close(self) -> None:
        """Close the file; appending later raises OSError."""
        os.close(self._fd)


def _make_private(folder: str) -> None:
    """Make a folder; `os.makedirs` would leave those above it open to other users."""
    above = os.path.dirname(folder)  # noqa: PTH120 - pathlib costs import time here
    if above and above != folder and not os.path.isdir(above):  # noqa: PTH112
        _make_private(above)
    with suppress(FileExistsError):
        os.mkdir(folder, 0o700)  # noqa: PTH102
