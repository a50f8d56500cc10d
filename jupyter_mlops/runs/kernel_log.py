"""What a kernel writes past IPython, to its process's own output: to the log, without its secrets."""

from __future__ import annotations

import os
import threading
from typing import IO

from jupyter_mlops.capture.redaction import Redactor

MAX_LINE = 65_536


def open_kernel_log(redactor: Redactor) -> int:
    """A file descriptor for a kernel's output; whoever asked for it closes it once the kernel has it.

    C libraries, other languages' kernels and what a cell starts write there. A thread passes it on to this
    process's standard error, line by line, until the kernel and all that inherited it have ended.
    """
    ours, theirs = os.pipe()
    reading = os.fdopen(ours, "rb")
    threading.Thread(target=_pass_on, args=(reading, redactor), name="kernel-log", daemon=True).start()
    return theirs


def _pass_on(lines: IO[bytes], redactor: Redactor) -> None:
    with lines:
        while line := lines.readline(MAX_LINE):
            known: str = redactor.known(line.decode("utf-8", "replace"))
            try:
                os.write(2, known.encode())
            except OSError:
                continue  # a full disk must not hold the kernel up
