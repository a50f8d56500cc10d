"""Reading Jupyter's messages as they pass by: only as far as needed, and never changing them.

The formats: https://jupyter-client.readthedocs.io/en/stable/messaging.html and, for a websocket,
https://jupyter-server.readthedocs.io/en/latest/developers/websocket-protocols.html
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

DELIMITER = b"<IDS|MSG>"
_REQUEST, _REPLY = "execute_request", "execute_reply"


@dataclass(frozen=True)
class Moment:
    """When something was heard: to be shown (in UTC), and to be subtracted (seconds, never stepped)."""

    wall: datetime
    monotonic: float


@dataclass(frozen=True)
class Request:
    """A front end asks a kernel to execute a cell."""

    msg_id: str
    client: str
    code: str
    cell_id: str | None
    tags: tuple[str, ...]
    in_main_shell: bool


@dataclass(frozen=True)
class Reply:
    """A kernel answers a request; its status is the kernel's own word, as `aborted`."""

    msg_id: str
    status: str


@dataclass(frozen=True)
class Heard:
    """A kernel says something on iopub about the request `msg_id`."""

    kind: str
    msg_id: str
    client: str
    content: dict[str, Any]


def read_request(message: str | bytes) -> Request | None:
    """What a websocket message asks to execute; None when it asks for something else, or silently.

    Raises:
        ValueError: it is no message; so say KeyError, TypeError and struct.error.
    """
    parts = _websocket_parts(message)
    if parts is None:
        return None
    header, metadata, content = parts
    if header.get("msg_type") != _REQUEST or content.get("silent"):
        return None
    cell_id = metadata.get("cellId")
    return Request(
        msg_id=str(header["msg_id"]),
        client=str(header.get("session", "")),
        code=str(content.get("code", "")),
        cell_id=str(cell_id) if cell_id else None,
        tags=tuple(str(tag) for tag in metadata.get("tags") or ()),
        in_main_shell=not header.get("subshell_id"),
    )


def names_us(message: str | bytes) -> bool:
    """Whether a websocket message may be a request, silent or not, that switches our recorder."""
    if isinstance(message, str):
        return _REQUEST in message and "jupyter_mlops" in message
    return _REQUEST.encode() in message[:4096] and b"jupyter_mlops" in message


def read_reply(frames: Sequence[bytes]) -> Reply | None:
    """The reply to an execute request; None when a kernel's message is another."""
    start = list(frames).index(DELIMITER) + 2
    if _REPLY.encode() not in frames[start]:
        return None
    header, parent, content = (json.loads(frames[start + part]) for part in (0, 1, 3))
    if header["msg_type"] != _REPLY:
        return None
    return Reply(str(parent["msg_id"]), str(content.get("status", "ok")))


def read_iopub(frames: Sequence[Any], kinds: frozenset[str]) -> Heard | None:
    """A message about an execute request; None when it is of another kind or about another request.

    The content is parsed only of the kinds asked for.
    """
    header, parent = json.loads(frames[0]), json.loads(frames[1])
    if header["msg_type"] not in kinds or parent.get("msg_type") != _REQUEST:
        return None
    content = json.loads(frames[3])
    return Heard(header["msg_type"], str(parent["msg_id"]), str(parent.get("session", "")), content)


_Parts = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]


def _websocket_parts(message: str | bytes) -> _Parts | None:
    """Header, metadata and content of an execute request."""
    if isinstance(message, str):  # the protocol before v1
        if _REQUEST not in message:
            return None
        parsed = json.loads(message)
        return parsed["header"], parsed.get("metadata") or {}, parsed.get("content") or {}
    count = int.from_bytes(message[:8], "little")
    if not 2 < count < 1000:  # the protocol before v1, with buffers: no front end executes so
        return None
    offsets = struct.unpack_from(f"<{count}Q", message, 8)
    header = message[offsets[1] : offsets[2]]
    if _REQUEST.encode() not in header:
        return None
    return (
        json.loads(header),
        json.loads(message[offsets[3] : offsets[4]]),
        json.loads(message[offsets[4] : offsets[5]]),
    )
