from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from heard import START, at, begin, heard, request, state
from sqlalchemy import select

from jupyter_mlops.capture.listener.cell_run import CellRun
from jupyter_mlops.capture.listener.kernel_life import KernelLife
from jupyter_mlops.capture.listener.lost_sessions import close_lost_sessions, this_server
from jupyter_mlops.capture.listener.rows import HeardKernel, write_runs
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import CellExecution, Change, KernelSession

KERNEL = HeardKernel("k1", "heard", ("/srv", "nb.ipynb"), START, facts={"language": "bash"})
HOUR = timedelta(hours=1)


def runs(life: KernelLife | None = None) -> list[CellRun]:
    """A cell that fails and one that it keeps from running."""
    life = life or KernelLife()
    life.ask(request("m1"), at(1))
    life.ask(request("m2"), at(1))
    life.hear(begin("m1"), at(2))
    life.hear(heard("error", "m1", ename="E", evalue="bad"), at(3))
    for msg_id, name in (("m1", "idle"), ("m2", "busy"), ("m2", "idle")):
        life.hear(state(name, msg_id), at(4))
    return life.take_changed()


def write(
    store: Store, found: list[CellRun], kernel: HeardKernel = KERNEL, *, on: bool = True
) -> list[CellRun]:
    with store.session() as session:
        return write_runs(session, kernel, found, 0.0 if on else None, keeps_text=True)


def rows(store: Store) -> dict[str | None, CellExecution]:
    with store.reading() as session:
        found = list(session.scalars(select(CellExecution)))
    assert len({row.msg_id for row in found}) == len(found)
    return {row.msg_id: row for row in found}


def add_recorder(store: Store, *told: str, **columns: Any) -> None:
    """A recorder's session, and its executions of these requests."""
    with store.session() as session:
        if session.get(KernelSession, "recorder") is None:
            session.add(
                KernelSession(
                    id="recorder",
                    kernel_id="k1",
                    runner="lab",
                    root="/srv",
                    notebook="nb.ipynb",
                    started_at=START,
                    facts={},
                )
            )
            session.flush()
        for msg_id in told:
            made = {
                "status": "error",
                "seq": 1,
                "started_at": START,
                "source_sha": "s",
                "tags": [],
                "outputs": [],
            }
            row = {**made, "cell_key": "c", "key_kind": "id", "facts": {"seeds": 1}, **columns}
            session.add(CellExecution(id=f"r-{msg_id}", session_id="recorder", msg_id=msg_id, **row))


def test_what_is_written_twice_is_written_once(store: Store) -> None:
    assert write(store, runs()) == []
    assert write(store, runs()) == []
    found = rows(store)
    assert {msg_id: row.status for msg_id, row in found.items()} == {"m1": "error", "m2": "aborted"}
    assert {row.recorded_by for row in found.values()} == {"listener"}
    with store.reading() as session:
        assert {change.entity_id for change in session.scalars(select(Change))} == {"nb.ipynb"}


def test_where_nobody_asked_for_it_nothing_is_written(store: Store) -> None:
    found = runs()
    assert write(store, found, on=False) == found
    with store.session() as session:
        assert write_runs(session, KERNEL, found, 3600.0, keeps_text=True) == found
    assert rows(store) == {}


def test_beside_a_recorder_only_the_hole_is_filled_and_only_once_it_has_told_of_the_cause(
    store: Store,
) -> None:
    add_recorder(store)
    found = runs()
    assert write(store, found) == found
    add_recorder(store, "m1")
    assert write(store, found) == []
    told = rows(store)
    assert (told["m1"].id, told["m1"].recorded_by, told["m1"].facts) == ("r-m1", "recorder", {"seeds": 1})
    assert (told["m2"].status, told["m2"].recorded_by, told["m2"].session_id) == (
        "aborted",
        "listener",
        "recorder",
    )


def test_a_death_is_dated_in_the_recorders_row_and_its_own_end_wins(store: Store) -> None:
    add_recorder(store, "m1", status="running", started_at=at(2).wall)
    life = KernelLife()
    life.hear(begin("m1"), at(2))
    life.end(at(5))
    died = life.take_changed()
    write(store, died)
    row = rows(store)["m1"]
    assert (row.status, row.ended_at, row.duration_s) == ("kernel_died", at(5).wall, 3)
    assert row.facts == {"seeds": 1, "closed_by": "listener"}
    with store.session() as session:
        session.get_one(CellExecution, "r-m1").status = "interrupted"
    write(store, died)
    assert rows(store)["m1"].status == "interrupted"


def test_the_recorder_of_an_earlier_life_says_nothing_of_this_one(store: Store) -> None:
    add_recorder(store, "m1")
    later = HeardKernel("k1", "later", ("/srv", "nb.ipynb"), START + HOUR)
    assert write(store, runs(), later) == []
    with store.reading() as session:
        heard_of = session.scalars(select(CellExecution.session_id).where(CellExecution.msg_id == "m2")).all()
    assert heard_of == ["later"]


def test_a_recorder_is_known_by_its_process_when_the_clock_was_stepped_back(store: Store) -> None:
    """Expected: the recorder's word wins, though by the clock it began before its own process."""
    add_recorder(store, "m1")
    with store.session() as session:
        told = session.get_one(KernelSession, "recorder")
        told.pid, told.host = 4711, "here"
    process = HeardKernel("k1", "heard", ("/srv", "nb.ipynb"), START + HOUR, host="here", pid=4711)
    assert write(store, runs(), process) == []
    assert {row.session_id for row in rows(store).values()} == {"recorder"}


@pytest.mark.parametrize(("server", "closed"), [({"pid": 2**22 + 1, "started": 1.0}, 1), (None, 0)])
def test_what_a_killed_server_left_open_is_closed_at_its_last_sign(
    store: Store, server: dict[str, Any] | None, closed: int
) -> None:
    import socket

    facts = {"server": server or this_server()}
    kernel = HeardKernel("k1", "heard", ("/srv", "nb.ipynb"), START, host=socket.gethostname(), facts=facts)
    life = KernelLife()
    life.hear(begin("m1"), at(2))
    life.hear(heard("stream", name="stdout", text="x"), at(7))
    write(store, life.take_changed(), kernel)
    with store.session() as session:
        assert close_lost_sessions(session) == closed
    row = rows(store)["m1"]
    expected = ("kernel_died", at(7).wall, "listener") if closed else ("running", None, None)
    assert (row.status, row.ended_at, row.facts.get("closed_by")) == expected
