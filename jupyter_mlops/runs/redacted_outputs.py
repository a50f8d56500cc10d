"""What a run's cells put out, without the values of its secrets, before anybody keeps or shows it."""

from __future__ import annotations

from typing import Any

from jupyter_mlops.capture.redaction import Redactor
from jupyter_mlops.runs.kernel_log import open_kernel_log

_BINARY = ("image/", "audio/", "video/", "font/", "application/pdf", "application/octet-stream")
_TEXTUAL = "image/svg+xml"
_INNOCENT = ("status", "execute_input")


class RedactedOutputs:
    """Takes known values out of a kernel's messages and of a cell's outputs, in place.

    Images and other binary outputs are left as they are: what is drawn cannot be searched, and a few letters
    may stand in any of them.

    Args:
        redactor: knows the values.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def open_kernel_log(self) -> int:
        """Where the kernel's process may write to."""
        return open_kernel_log(self._redactor)

    def clean_message(self, message: dict[str, Any]) -> None:
        """Clean what a kernel says: an output, an error, the state of a widget."""
        if message.get("msg_type") not in _INNOCENT:
            message["content"] = self._cleaned(message.get("content") or {})

    def clean_cell(self, cell: Any) -> None:
        """Clean texts that came in several messages: a value may have been torn between two."""
        for output in cell.get("outputs", ()):
            if output.output_type == "stream":
                output["text"] = self._redactor.known(output["text"])

    def _cleaned(self, content: dict[str, Any]) -> dict[str, Any]:
        data = content.get("data")
        if not isinstance(data, dict):
            return dict(self._redactor.known(content))
        binary = {mime: shown for mime, shown in data.items() if _is_binary(mime)}
        textual = {mime: shown for mime, shown in data.items() if mime not in binary}
        rest = {name: value for name, value in content.items() if name != "data"}
        return {**self._redactor.known(rest), "data": {**self._redactor.known(textual), **binary}}


def _is_binary(mime: str) -> bool:
    return mime.startswith(_BINARY) and not mime.startswith(_TEXTUAL)
