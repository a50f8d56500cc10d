"""What is kept of an output: its MIME type and size, by the recorder's rule."""

from __future__ import annotations

import json
from typing import Any

MAX_OUTPUTS = 50


def add_output(outputs: list[dict[str, Any]], bundle: dict[str, Any]) -> None:
    """Note one output, given as a MIME bundle; the richest type names it."""
    if not bundle or len(outputs) >= MAX_OUTPUTS:
        return
    mime = next((mime for mime in bundle if mime != "text/plain"), "text/plain")
    outputs.append({"mime": mime, "bytes": _size(bundle[mime])})


def _size(content: Any) -> int:
    """Bytes as the notebook stores them: a notebook file keeps long texts as lists of lines."""
    if isinstance(content, list) and all(isinstance(line, str) for line in content):
        content = "".join(content)
    text = content if isinstance(content, str) else json.dumps(content)
    return len(text.encode("utf-8", "surrogatepass"))
