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

    A value may come in several messages: what may be the beginning of one waits for the rest of it, in each
    stream by itself.

    Images and other binary outputs are left as they are: what is drawn cannot be searched, and a few letters
    may stand in any of them.

    Args:
        redactor: knows the values.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._waiting: dict[str, str] = {}

    def open_kernel_log(self) -> int:
        """Where the kernel's process may write to."""
        return open_kernel_log(self._redactor)

    def clean_message(self, message: dict[str, Any]) -> bool:
        """Clean what a kernel says: an output, an error, the state of a widget.

        Returns:
            whether it says anything now; a text may have to wait as a whole.
        """
        kind = message.get("msg_type")
        if kind in _INNOCENT:
            return True
        content = message.get("content") or {}
        if kind == "stream" and content.get("text"):
            content = {**content, "text": self._finished(content.get("name", "stdout"), content["text"])}
            if not content["text"]:
                return False
        message["content"] = self._cleaned(content)
        return True

    def rest(self) -> dict[str, str]:
        """What has waited in vain, by its stream: a cell has ended, and nothing more will come."""
        rest, self._waiting = self._waiting, {}
        return rest

    def _finished(self, stream: str, text: str) -> str:
        text = self._redactor.known(self._waiting.pop(stream, "") + text)
        end = len(text) - self._redactor.unfinished(text)
        if end < len(text):
            self._waiting[stream] = text[end:]
        return text[:end]

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
