"""The outbox: every change is seen once, in order, by whoever watches."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

import pytest

from jupyter_mlops.store import Store, changes
from jupyter_mlops.store.watch import ChangeWatch


def write(store: Store, *ids: str) -> None:
    with store.session() as session:
        for run_id in ids:
            changes.record(session, "run", run_id, state="queued", root="/root", notebook="a.ipynb")


def seen(watch: ChangeWatch) -> list[str]:
    return [change.entity_id for change in watch.poll()]


def test_a_watch_sees_what_is_written_after_it_began_once_and_in_order(store: Store) -> None:
    write(store, "before")
    watch = ChangeWatch(store)
    assert seen(watch) == []
    write(store, "a", "b")
    write(store, "c")
    assert seen(watch) == ["a", "b", "c"]
    assert seen(watch) == []


def test_a_change_carries_what_an_event_tells(store: Store) -> None:
    watch = ChangeWatch(store)
    write(store, "a")
    (change,) = watch.poll()
    assert (change.kind, change.entity_id, change.state) == ("run", "a", "queued")
    assert (change.root, change.notebook) == ("/root", "a.ipynb")
    assert datetime.now(timezone.utc) - change.at < timedelta(minutes=1)


def test_a_change_whose_transaction_fails_was_none(store: Store) -> None:
    watch = ChangeWatch(store)
    with pytest.raises(RuntimeError), store.session() as session:
        changes.record(session, "run", "a")
        session.flush()
        raise RuntimeError
    write(store, "b")
    assert seen(watch) == ["b"]


def test_a_transaction_that_began_first_and_ends_last_is_not_overlooked(store: Store) -> None:
    """A number given before the commit would leave a gap that a watch has long passed."""
    watch = ChangeWatch(store)
    began, may_end = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with store.session() as session:
            changes.record(session, "run", "slow")
            session.flush()
            began.set()
            may_end.wait(10)

    slow = threading.Thread(target=write_slowly)
    quick = threading.Thread(target=write, args=(store, "quick"))
    slow.start()
    assert began.wait(5)
    quick.start()
    quick.join(0.5)  # on SQLite it waits for the slow one: there is one write lock
    found = seen(watch)
    may_end.set()
    slow.join()
    quick.join()
    assert sorted(found + seen(watch)) == ["quick", "slow"]


def test_old_changes_are_forgotten_and_numbers_are_never_given_twice(store: Store) -> None:
    write(store, "a")
    with store.reading() as session:
        last = changes.last_seq(session)
    with store.session() as session:
        changes.forget_old_changes(session, datetime.now(timezone.utc) + changes.KEEP)
    watch = ChangeWatch(store)
    write(store, "b")
    (change,) = watch.poll()
    assert (change.entity_id, change.seq) == ("b", last + 1)
