"""What the server tells its interpreter for the event loop's sake (`benchmarks/event_loop.py`)."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from jupyter_mlops.server.interpreter import LONGEST_TURN_S, keep_from_collector, take_short_turns


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    interval = sys.getswitchinterval()
    yield
    sys.setswitchinterval(interval)


async def test_a_server_takes_short_turns_and_keeps_what_it_loaded_from_the_collector(ask) -> None:
    assert (await ask("get", "/runs")).status == 200
    assert sys.getswitchinterval() <= LONGEST_TURN_S
    assert gc.get_freeze_count() > 0


def test_who_takes_shorter_turns_already_goes_on_doing_so() -> None:
    sys.setswitchinterval(0.0001)
    take_short_turns()
    assert sys.getswitchinterval() < 0.0002


def test_the_same_is_taken_from_sight_once_only() -> None:
    keep_from_collector("a test's")
    frozen = gc.get_freeze_count()
    kept = [[number] for number in range(1000)]
    keep_from_collector("a test's")
    assert gc.get_freeze_count() <= frozen and len(kept) == 1000
