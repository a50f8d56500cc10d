"""The ears take in what passes by, within bounds, and harm nothing that they listen to."""

from __future__ import annotations

import json
import logging

import pytest
from heard import begin, iopub_frames, state
from hypothesis import given
from hypothesis import strategies as st
from kernels_of_a_server import Kernel, Kernels
from waiting import until

from jupyter_mlops.capture.listener import hearing
from jupyter_mlops.capture.listener.hearing import Hearing, Message, Sign
from jupyter_mlops.capture.listener.messages import Reply, Request


@pytest.fixture
def kernels() -> Kernels:
    return Kernels(one=Kernel())


@pytest.fixture
def ears(kernels: Kernels) -> Hearing:
    made = Hearing(kernels, logging.getLogger("ears"))
    made.listen_to(["one"])
    return made


def ask(code: str = "x = 1") -> str:
    header = {"msg_id": "m1", "msg_type": "execute_request", "session": "tab"}
    content = {"code": code, "silent": False, "store_history": True}
    return json.dumps({"header": header, "metadata": {"cellId": "c"}, "content": content})


def reply(status: str = "ok") -> list[bytes]:
    parts = ({"msg_type": "execute_reply"}, {"msg_id": "m1"}, {}, {"status": status})
    return [b"identity", b"<IDS|MSG>", b"signature", *(json.dumps(part).encode() for part in parts)]


def test_what_passes_by_is_taken_in_in_its_order_and_once(kernels: Kernels, ears: Hearing) -> None:
    ears.overhear_request("one", ask())
    kernels["one"].stream.say(*iopub_frames(begin()))
    ears.notice_interrupt("one")
    ears.overhear_reply("one", reply())
    assert [type(event.what) for event in ears.take()] == [Request, Message, Sign, Reply]
    assert ears.take() == []


def test_of_a_kernel_that_is_not_listened_to_nothing_is_taken_in(kernels: Kernels, ears: Hearing) -> None:
    kernels["other"] = Kernel()
    ears.overhear_request("other", ask())
    ears.overhear_reply("other", reply())
    ears.notice_interrupt("other")
    assert ears.take() == []
    ears.overhear_request("other", ask("%load_ext jupyter_mlops"))
    assert [event.kernel_id for event in ears.take()] == ["other"]


@given(st.one_of(st.text(), st.binary(), st.just(ask()).map(lambda text: text[:-7])))
def test_whatever_a_front_end_sends_goes_through(message: str | bytes) -> None:
    ears = Hearing(Kernels(one=Kernel()), logging.getLogger("silent ears"))
    ears.listen_to(["one"])
    ears.overhear_request("one", message)
    ears.overhear_reply(
        "one", [message if isinstance(message, bytes) else message.encode("utf-8", "replace")]
    )


def test_a_failure_is_counted_each_time_and_said_once(
    ears: Hearing, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        ears.overhear_reply("one", [b"no message at all"])
    assert ears.errors == 3
    assert len(caplog.records) == 1


def test_more_than_may_be_held_is_dropped_and_counted_but_never_an_end(
    kernels: Kernels, ears: Hearing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "MAX_HELD_BYTES", 1000)
    output = [b"signature", b'{"msg_type": "stream"}', b"{}", b"{}", b"x" * 400]
    for _ in range(5):
        kernels["one"].stream.say(*output)
    kernels["one"].stream.say(*iopub_frames(state("idle")))
    assert ears.dropped == 3
    kept = [event.what.frames for event in ears.take() if isinstance(event.what, Message)]
    assert len(kept) == 3
    assert b'"idle"' in kept[-1][4]
    kernels["one"].stream.say(*output)
    assert (len(ears.take()), ears.dropped) == (1, 3)


def test_a_kernel_that_cannot_be_connected_to_is_deaf_until_it_is_gone(
    kernels: Kernels, ears: Hearing
) -> None:
    kernels["broken"] = Kernel(ConnectionError("no route"))
    kernels["remote"] = Kernel()
    kernels["remote"].iopub_port = 0
    for _ in range(3):
        ears.listen_to(["one", "broken", "remote"])
    assert ears.deaf == {"broken": "no route", "remote": "it runs behind a gateway"}
    assert (ears.errors, set(ears.subscriptions)) == (1, {"one"})
    del kernels["broken"], kernels["remote"]
    ears.listen_to(["one"])
    assert ears.deaf == {}


async def test_the_end_of_a_kernel_is_noticed_once_and_its_last_words_before(
    kernels: Kernels, ears: Hearing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "GRACE_S", 0.01)
    stream = kernels.pop("one").stream
    for _ in range(3):
        ears.listen_to(["one"])
    stream.say(*iopub_frames(begin()))

    async def closed() -> bool:
        return not ears.subscriptions

    await until(closed, 10, "the kernel is let go")
    first, last = ears.take()
    assert isinstance(first.what, Message)
    assert (last.what, stream.receive) == (Sign.ENDED, None)


def test_when_the_server_stops_its_kernels_end_for_it(kernels: Kernels, ears: Hearing) -> None:
    kernels["two"] = Kernel()
    ears.listen_to(["one", "two"])
    ears.close()
    assert {(event.kernel_id, event.what) for event in ears.take()} == {
        ("one", Sign.ENDED),
        ("two", Sign.ENDED),
    }
    assert ears.subscriptions == {}
