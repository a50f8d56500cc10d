"""A file is at each moment what it was or what it is to be, whoever is killed while writing it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def put_in_place(path: Path, text: str) -> None:
    """Give a file a new text in one step; what is written aside until then is hidden beside it.

    Raises:
        OSError: the disk refuses; the file is as it was.
    """
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(aside).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(aside).unlink()
        raise
