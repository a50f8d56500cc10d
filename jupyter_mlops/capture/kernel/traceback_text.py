"""The text of a traceback, as the user saw it but without colours."""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

MAX_TRACEBACK = 16_000  # characters; the first and the last of a longer one are kept
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


def shown_traceback(ip: InteractiveShell) -> list[str] | None:
    """What ipykernel showed last; each traceback is a list of its own."""
    return getattr(ip, "_last_traceback", None)


def traceback_text(ip: InteractiveShell, error: BaseException, shown_before: list[str] | None) -> str:
    """The traceback of an error that ended a cell.

    IPython's own is taken when it has shown one since `shown_before`; formatting another costs milliseconds.
    """
    shown = shown_traceback(ip)
    lines = shown if shown and shown is not shown_before else traceback.format_exception(error)
    return _shorten(_ANSI.sub("", "\n".join(lines)))


def _shorten(text: str) -> str:
    if len(text) <= MAX_TRACEBACK:
        return text
    half = MAX_TRACEBACK // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters …]\n{text[-half:]}"
