"""Events as a test tells them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

from jupyter_mlops.capture.listener.messages import Heard, Moment, Request

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def at(second: float) -> Moment:
    return Moment(START + timedelta(seconds=second), second)


def request(msg_id: str = "m1", code: str = "x = 1", **values: Any) -> Request:
    made: dict[str, Any] = {"client": "tab", "cell_id": "c", "tags": (), "in_main_shell": True}
    return Request(msg_id, code=code, **{**made, **values})


def heard(kind: str, msg_id: str = "m1", **content: Any) -> Heard:
    return Heard(kind, msg_id, "tab", content)


def state(name: str, msg_id: str = "m1") -> Heard:
    return heard("status", msg_id, execution_state=name)


def begin(msg_id: str = "m1", code: str = "x = 1", count: int = 1) -> Heard:
    return heard("execute_input", msg_id, code=code, execution_count=count)


def iopub_frames(told: Heard) -> list[bytes]:
    """A message as a subscription passes it on: its signature, header, parent, metadata and content."""
    parent = {"msg_id": told.msg_id, "msg_type": "execute_request", "session": told.client}
    parts = ({"msg_type": told.kind}, parent, {}, told.content)
    return [b"signature", *(json.dumps(part).encode() for part in parts)]
