"""What the server tells its interpreter for the event loop's sake (`benchmarks/event_loop.py`)."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator

import pytest
from waiting import wait_until

from jupyter_mlops.server.interpreter import (
    LONGEST_TURN_S,
    PATIENCE_S,
    CollectorAtRest,
    RequestThreads,
    keep_from_collector,
    take_short_turns,
)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)


async def test_a_server_takes_short_turns_and_keeps_what_it_loaded_from_the_collector(ask) -> None:
    assert (await ask("get", "/runs")).status == 200
    assert sys.getswitchinterval() <= LONGEST_TURN_S
    assert gc.get_freeze_count() > 0


def test_who_takes_shorter_turns_already_goes_on_doing_so() -> None:
    sys.setswitchinterval(LONGEST_TURN_S / 2)
    take_short_turns()
    assert sys.getswitchinterval() < LONGEST_TURN_S


def test_the_same_is_taken_from_sight_once_only() -> None:
    keep_from_collector("a test's")
    frozen = gc.get_freeze_count()
    kept = [[number] for number in range(1000)]
    keep_from_collector("a test's")
    assert gc.get_freeze_count() <= frozen and len(kept) == 1000


def make_much_garbage() -> None:
    """As much as Python itself would look through everything for."""
    while gc.get_count()[2] <= 2 * gc.get_threshold()[1]:
        gc.collect(1)


def full_collections() -> int:
    return gc.get_stats()[2]["collections"]


def test_everything_is_looked_through_between_requests_only() -> None:
    threads, go = RequestThreads(), threading.Event()
    collector = CollectorAtRest(lambda: threads.are_idle)
    collector.take_over()
    before = full_collections()
    request = threads.submit(go.wait, 30)
    make_much_garbage()
    rows = [[number] for number in range(10_000)]
    collector.tick()
    assert full_collections() == before and len(rows) == 10_000
    go.set()
    assert request.result()
    wait_until(lambda: threads.are_idle, 10, "the request is answered")
    collector.tick()
    collector.tick()
    assert full_collections() == before + 1
    threads.shutdown()


def test_where_requests_never_end_it_is_done_all_the_same() -> None:
    now = [0.0]
    collector = CollectorAtRest(lambda: False, lambda: now[0])
    collector.take_over()
    before = full_collections()
    make_much_garbage()
    collector.tick()
    now[0] += PATIENCE_S - 1
    collector.tick()
    assert full_collections() == before
    now[0] += 1
    collector.tick()
    assert full_collections() == before + 1


def test_at_its_end_python_collects_as_before() -> None:
    usual = gc.get_threshold()
    collector = CollectorAtRest(lambda: True)
    collector.take_over()
    assert gc.get_threshold() != usual
    collector.give_back()
    assert gc.get_threshold() == usual
