"""A store that takes connections and never answers: it must not hold up the Jupyter server."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterator

import pytest

from jupyter_mlops.config import STORE_URL

LONGEST_GAP_S = 2.0  # a busy machine takes some of it; to connect is given up after ten seconds


@pytest.fixture
def deaf_store(clean_environment: None) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listening:
        port = listening.getsockname()[1]
        os.environ[STORE_URL] = f"postgresql+psycopg://somebody@127.0.0.1:{port}/nothing"
        yield


async def longest_gap_s(until: asyncio.Task[object]) -> float:
    """How long the event loop was held up at most while a task went on."""
    longest, last = 0.0, time.monotonic()
    while not until.done():
        await asyncio.sleep(0.01)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    return longest


async def test_the_event_loop_goes_on_and_the_answer_says_what_is_wrong(deaf_store, ask) -> None:
    asked = asyncio.ensure_future(ask("get", "/runs"))
    assert await longest_gap_s(asked) < LONGEST_GAP_S
    said = asked.result()
    assert (said.status, said.body["field"]) == (503, "store") and "cannot be opened" in said.body["message"]
    began = time.monotonic()
    assert (await ask("get", "/jobs")).body == said.body
    assert time.monotonic() - began < LONGEST_GAP_S, "known, and not tried again at once"
