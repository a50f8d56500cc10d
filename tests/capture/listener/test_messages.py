from __future__ import annotations

import json
from typing import Any

import pytest
from jupyter_client.session import Session
from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1

from jupyter_mlops.capture.listener.messages import names_us, read_iopub, read_reply, read_request

SESSION = Session(key=b"key")


def on_websocket(message: dict[str, Any], protocol: str) -> str | bytes:
    if protocol == "v1":
        packed: bytes = serialize_msg_to_ws_v1(message, "shell", SESSION.pack)
        return packed
    return json.dumps({**message, "channel": "shell", "buffers": []}, default=str)


@pytest.mark.parametrize("protocol", ["v1", "before v1"])
def test_what_a_front_end_asks_for_is_read(protocol: str) -> None:
    content = {"code": "print('ü')", "silent": False}
    message = SESSION.msg("execute_request", content, metadata={"cellId": "c1", "tags": ["a"]})
    request = read_request(on_websocket(message, protocol))
    assert request is not None
    assert (request.msg_id, request.client) == (message["msg_id"], SESSION.session)
    assert (request.code, request.cell_id, request.tags) == ("print('ü')", "c1", ("a",))
    assert request.in_main_shell


@pytest.mark.parametrize("protocol", ["v1", "before v1"])
def test_silent_requests_and_other_messages_are_left_alone(protocol: str) -> None:
    silent = SESSION.msg("execute_request", {"code": "%load_ext jupyter_mlops", "silent": True})
    complete = SESSION.msg("complete_request", {"code": "# execute_request jupyter_mlops"})
    assert read_request(on_websocket(silent, protocol)) is None
    assert names_us(on_websocket(silent, protocol))
    assert read_request(on_websocket(complete, protocol)) is None


@pytest.mark.parametrize("damaged", [b"", b"\0" * 8, b"\xff" * 64, "execute", b"\2" + b"\0" * 7 + b"x" * 40])
def test_what_is_no_message_is_no_request(damaged: str | bytes) -> None:
    assert read_request(damaged) is None


def test_a_reply_is_read_from_the_kernels_frames() -> None:
    parent = SESSION.msg("execute_request")["header"]
    reply = SESSION.msg("execute_reply", {"status": "aborted"}, parent=parent)
    other = SESSION.msg("kernel_info_reply", {"status": "ok"}, parent=parent)
    read = read_reply([b"identity", *SESSION.serialize(reply)])
    assert read is not None
    assert (read.msg_id, read.status) == (parent["msg_id"], "aborted")
    assert read_reply(SESSION.serialize(other)) is None


def test_only_what_answers_an_execution_is_heard() -> None:
    parent = SESSION.msg("execute_request")["header"]
    kinds = frozenset({"stream"})

    def frames(kind: str, parent_header: Any) -> list[bytes]:
        return SESSION.serialize(SESSION.msg(kind, {"text": "x"}, parent=parent_header))[2:]

    found = read_iopub(frames("stream", parent), kinds)
    assert found is not None
    assert (found.kind, found.msg_id, found.content) == ("stream", parent["msg_id"], {"text": "x"})
    assert read_iopub(frames("comm_msg", parent), kinds) is None
    assert read_iopub(frames("stream", SESSION.msg("kernel_info_request")["header"]), kinds) is None
