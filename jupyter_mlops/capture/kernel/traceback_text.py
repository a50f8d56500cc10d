"""The text of a traceback, as the user saw it but without colours."""

from __future__ import annotations

import re
import traceback

MAX_TRACEBACK = 16_000  # characters; the first and the last of a longer one are kept
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


def traceback_text(error: BaseException, shown: list[str] | None) -> str:
    """The traceback of an error that ended a cell.

    Args:
        error: the error.
        shown: what IPython has shown of it, if anything: formatting it again costs milliseconds.
    """
    return _shorten(_ANSI.sub("", "\n".join(shown or traceback.format_exception(error))))


def _shorten(text: str) -> str:
    if len(text) <= MAX_TRACEBACK:
        return text
    half = MAX_TRACEBACK // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters …]\n{text[-half:]}"
