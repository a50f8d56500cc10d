"""The scribe writes what was heard, whole and once, whatever fails around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from heard import START, at, begin, heard, iopub_frames, request, state
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from jupyter_mlops.capture.listener import recordings, scribe
from jupyter_mlops.capture.listener.hearing import Event, Message, Sign
from jupyter_mlops.capture.listener.messages import Heard, Moment, Reply, Request
from jupyter_mlops.capture.listener.privacy import Privacy
from jupyter_mlops.capture.listener.rows import HeardKernel
from jupyter_mlops.capture.listener.scribe import Known, Scribe
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import CellExecution, KernelSession, Source

ROOT = "/srv"
KERNEL = HeardKernel("k1", "", (ROOT, "nb.ipynb"), START, facts={"language": "bash"})


class Desk:
    """A scribe at work on a store that may refuse."""

    def __init__(self, store: Store, environ: Mapping[str, str] = {}) -> None:
        self.store = store
        self.refuses = False
        self.errors: list[BaseException] = []
        self.ingested = 0
        self.scribe = Scribe(
            self._open, ROOT, self._ingest, self.errors.append, Privacy(environ), lambda: at(0)
        )
        with store.session() as session:
            recordings.switch(session, ROOT, "nb.ipynb", True, START)

    def _open(self) -> Store:
        if self.refuses:
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))
        return self.store

    def _ingest(self) -> None:
        self.ingested += 1

    def hear(self, *events: Event, kernel: HeardKernel = KERNEL) -> Known:
        return self.scribe.update(events, {kernel.kernel_id: kernel})

    def rows(self) -> list[CellExecution]:
        with self.store.reading() as session:
            return list(session.scalars(select(CellExecution).order_by(CellExecution.seq)))


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    yield Desk(store)


def event(what: Request | Reply | Heard | Sign, when: float | Moment = 1) -> Event:
    told = Message(iopub_frames(what), lambda frames: True) if isinstance(what, Heard) else what
    return Event("k1", told, when if isinstance(when, Moment) else at(when))


def cell(msg_id: str = "m1", since: float = 1, **how: Any) -> list[Event]:
    """A whole cell: asked for, begun, ended a second later."""
    return [
        event(request(msg_id, **how), since),
        event(begin(msg_id), since),
        event(state("idle", msg_id), since + 1),
    ]


def test_a_cell_is_written_when_it_begins_and_when_it_ends(desk: Desk) -> None:
    asked, begun, ended = cell()
    assert desk.hear(asked, begun).busy == {"k1"}
    assert [row.status for row in desk.rows()] == ["running"]
    assert desk.hear(ended).busy == frozenset()
    (row,) = desk.rows()
    assert (row.status, row.duration_s, row.cell_id) == ("ok", 1.0, "c")


def test_what_a_store_refuses_is_written_once_it_does_not(desk: Desk) -> None:
    desk.hear()
    desk.refuses = True
    for number in range(3):
        with pytest.raises(OperationalError):
            desk.hear(*cell(f"m{number}", number * 2))
    assert desk.scribe.has_work
    desk.refuses = False
    desk.hear()
    assert [(row.msg_id, row.status) for row in desk.rows()] == [(f"m{n}", "ok") for n in range(3)]
    assert (desk.scribe.lost, desk.scribe.has_work) == (0, False)


def test_when_it_refuses_too_long_the_oldest_are_lost_and_counted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scribe, "MAX_PENDING", 3)
    desk.hear()
    desk.refuses = True
    for number in range(5):
        with pytest.raises(OperationalError):
            desk.hear(*cell(f"m{number}", number * 2))
    desk.refuses = False
    desk.hear()
    assert [row.msg_id for row in desk.rows()] == ["m2", "m3", "m4"]
    assert desk.scribe.lost == 2


def test_one_odd_message_costs_only_itself(desk: Desk) -> None:
    asked, begun, ended = cell()
    odd = Event("k1", Message([b"signature", b"{}", b"not JSON", b"{}", b"{}"], lambda frames: True), at(1))
    desk.hear(asked, odd, begun, ended)
    assert [row.status for row in desk.rows()] == ["ok"]
    assert len(desk.errors) == 1


def test_a_forged_message_is_not_believed(desk: Desk) -> None:
    asked, begun, ended = cell()
    forged = Event("k1", Message(iopub_frames(heard("error", ename="E")), lambda frames: False), at(1))
    desk.hear(asked, begun, forged, ended)
    assert [(row.status, row.error_name) for row in desk.rows()] == [("ok", None)]
    assert desk.errors == []


def test_the_end_of_a_kernel_closes_its_cell_and_begins_a_new_session(desk: Desk) -> None:
    desk.hear(*cell()[:2], event(Sign.ENDED, 5))
    assert desk.ingested == 1  # the recorder's word first, where there is one
    desk.hear(*cell("m2", 7))
    died, after = sorted(desk.rows(), key=lambda row: row.started_at)
    assert (died.status, died.duration_s, died.facts["closed_by"]) == ("kernel_died", 4.0, "listener")
    assert (after.status, after.seq) == ("ok", 1)
    assert after.session_id != died.session_id
    with desk.store.reading() as session:
        ended = {row.id: row.ended_at for row in session.scalars(select(KernelSession))}
    assert ended == {died.session_id: at(5).wall, after.session_id: None}


def test_rows_and_the_switch_follow_a_notebook_that_is_renamed(desk: Desk) -> None:
    desk.hear(*cell())
    renamed = replace(KERNEL, place=(ROOT, "new.ipynb"))
    known = desk.hear(*cell("m2", 3), kernel=renamed)
    assert {row.notebook for row in desk.rows()} == {"new.ipynb"}
    assert set(known.on) == {"new.ipynb"}


def test_a_recorders_word_is_waited_for_and_then_done_without(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk.store.session() as session:
        session.add(KernelSession(id="r", kernel_id="k1", runner="lab", started_at=START, facts={}))
    known = desk.hear(*cell())
    assert (known.recorders, desk.rows(), desk.scribe.has_work) == ({"k1"}, [], True)
    monkeypatch.setattr(scribe, "WAIT_S", -1.0)
    desk.hear()
    assert (desk.rows(), desk.scribe.has_work) == ([], False)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_stepped_bends_neither_durations_nor_the_order(desk: Desk, hours: int) -> None:
    """Expected: durations by the monotonic clock, the order by the place in the session."""

    def stepped(second: float) -> Moment:
        return Moment(START + timedelta(hours=hours, seconds=second), second)

    asked, begun, _ = cell("m1", 1)
    desk.hear(asked, begun, event(state("idle", "m1"), stepped(3)))
    desk.hear(*(event(said, stepped(4)) for said in (request("m2"), begin("m2"))))
    desk.hear(event(state("idle", "m2"), stepped(6)))
    assert [(row.msg_id, row.seq, row.duration_s) for row in desk.rows()] == [("m1", 1, 2.0), ("m2", 2, 2.0)]


def test_secrets_and_cells_marked_to_be_skipped_are_not_written(store: Store) -> None:
    desk = Desk(store, {"DB_PASSWORD": "a-long-password"})
    secret = request("m1", code="login a-long-password")
    desk.hear(event(secret), event(begin("m1", code=secret.code)), event(state("idle", "m1"), 2))
    desk.hear(*cell("m2", 3, tags=("mlops-skip",)))
    (row,) = desk.rows()
    assert row.msg_id == "m1"
    with store.reading() as session:
        text = session.scalars(select(Source.text)).one()
    assert text == "login ‹redacted›"  # noqa: RUF001
