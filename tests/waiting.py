"""Waiting for a condition: what tests do instead of sleeping for a guessed time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Found = TypeVar("Found")
LOOK_EVERY_S = 0.05


def wait_until(condition: Callable[[], Found], within_s: float, what: str) -> Found:
    """What a condition answers once it is true; AssertionError when it is not within so many seconds."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(LOOK_EVERY_S)
    return found


async def until(condition: Callable[[], Awaitable[Found]], within_s: float, what: str) -> Found:
    """`wait_until` for a test on an event loop."""
    deadline = time.monotonic() + within_s
    while not (found := await condition()):
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        await asyncio.sleep(LOOK_EVERY_S)
    return found
