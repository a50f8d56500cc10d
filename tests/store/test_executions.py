"""What was executed is found by each of its sides, page by page, and a bad question is refused by name."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from jupyter_mlops.capture.health import look_at_records
from jupyter_mlops.capture.retention import Purged, purge
from jupyter_mlops.errors import BadInputError
from jupyter_mlops.server.contract import openapi
from jupyter_mlops.store import Store
from jupyter_mlops.store.executions import list_executions
from jupyter_mlops.store.paging import PageRequest
from jupyter_mlops.store.tables import CellExecution, KernelSession, Source

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


def add(store: Store, name: str, *, minutes_ago: float = 0, source: str = "x", **columns: Any) -> None:
    row = {
        "id": name,
        "session_id": "s1",
        "root": "/srv",
        "notebook": "nb.ipynb",
        "seq": 1,
        "cell_id": name,
        "cell_key": name,
        "key_kind": "id",
        "tags": [],
        "source_sha": f"sha of {source}",
        "status": "ok",
        "started_at": NOW - timedelta(minutes=minutes_ago),
        "outputs": [],
        **columns,
    }
    with store.session() as session:
        session.merge(
            KernelSession(id=row["session_id"], runner="lab", started_at=NOW, notebook="nb.ipynb", facts={})
        )
        session.merge(Source(sha=row["source_sha"], text=source))
        session.flush()
        session.add(CellExecution(**row))


def found(store: Store, *places: tuple[str | None, str], **filters: Any) -> list[str]:
    with store.reading() as session:
        return [row["id"] for row in list_executions(session, PageRequest(), places, **filters).items]


@pytest.fixture
def four(store: Store) -> Store:
    add(store, "d", minutes_ago=3, source="100 % of a_b", status="error")
    add(store, "c", minutes_ago=2, run_id="run1", session_id="s2")
    add(store, "b", minutes_ago=1, source="import Pandas", root=None, notebook="/srv/nb.ipynb")
    add(store, "a", cell_id=None, cell_key="injected-parameters", key_kind="tag")
    return store


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, "abcd"),
        ({"origin": "interactive"}, "abd"),
        ({"origin": "job"}, "c"),
        ({"status": "error"}, "d"),
        ({"cell_id": "injected-parameters"}, "a"),
        ({"cell_id": "b"}, "b"),
        ({"session_id": "s2"}, "c"),
        ({"since": NOW - timedelta(minutes=2)}, "abc"),
        ({"until": NOW - timedelta(minutes=2)}, "d"),
        ({"since": "2026-11-21T12:58:00+01:00", "until": "2026-11-21T12:00:00Z"}, "bc"),
        ({"text": "pandas"}, "b"),
        ({"text": "0 % of a_"}, "d"),
        ({"text": "%"}, "d"),
        ({"text": "a%b"}, ""),
        ({"root": "/srv", "notebook": "nb.ipynb"}, "acd"),
        ({"status": "ok", "origin": "interactive", "text": "x"}, "a"),
    ],
)
def test_each_filter_leaves_what_fits(four: Store, filters: dict[str, Any], names: str) -> None:
    assert found(four, **filters) == list(names)


def test_a_notebook_is_found_by_all_the_names_that_it_has(four: Store) -> None:
    assert found(four, ("/srv", "nb.ipynb"), (None, "/srv/nb.ipynb")) == list("abcd")
    assert found(four, (None, "/srv/nb.ipynb")) == ["b"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("origin", "hand"),
        ("origin", ""),
        ("status", "fine"),
        ("since", "yesterday"),
        ("since", "0d"),
        ("since", "999999w"),
        ("until", "2026-13-01"),
        ("until", datetime(2026, 1, 1)),
        ("text", " "),
        ("text", "x" * 201),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(store: Store, field: str, value: Any) -> None:
    with pytest.raises(BadInputError) as refused:
        found(store, **{field: value})
    assert refused.value.field == field


def test_a_record_has_the_fields_that_the_rest_schema_describes(four: Store) -> None:
    with four.reading() as session:
        (record, *_) = list_executions(session, PageRequest(1)).items
    assert set(record) == set(openapi()["components"]["schemas"]["Execution"]["properties"])


def test_facts_of_the_store_have_their_names_in_the_record(store: Store) -> None:
    facts = {"imports": [{"name": "numpy"}], "rss_bytes": 7, "hook_ns": 250_000, "gpu": [], "unknown": True}
    add(store, "a", facts={**facts, "late": {"stdout_bytes": 1, "stderr_bytes": 0}}, cpu_s=0.5)
    with store.reading() as session:
        (record,) = list_executions(session, PageRequest()).items
    assert record["packages"] == [{"name": "numpy"}]
    assert (record["memory_bytes"], record["hook_s"], record["cpu_s"]) == (7, 0.00025, 0.5)
    assert (record["is_unreadable"], record["gpus"], record["seeds"]) == (True, [], [])
    assert record["late_output"] == {"stdout_bytes": 1, "stderr_bytes": 0}


def test_pages_of_a_filtered_list_give_each_row_once(store: Store) -> None:
    for number in range(7):
        add(store, f"e{number}", minutes_ago=number // 3, status="ok" if number % 2 else "error")
    seen: list[str] = []
    cursor = None
    while True:
        with store.reading() as session:
            page = list_executions(session, PageRequest(2, cursor), status="error")
        seen += [row["id"] for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ["e2", "e0", "e4", "e6"]


def test_what_is_purged_is_what_was_counted_before_on_each_database(four: Store) -> None:
    before = NOW - timedelta(minutes=1)
    would_go = purge(four, before, dry_run=True)
    assert would_go == purge(four, before) == Purged(executions=2, sources=1, sessions=0)
    assert found(four) == ["a", "b"]


def test_failures_of_recording_are_counted_on_each_database(four: Store) -> None:
    with four.session() as session:
        session.get_one(KernelSession, "s2").facts = {"hook_errors": 4}
    health = look_at_records(four, NOW)
    assert (health.hook_errors, health.failing_notebooks) == (4, ("nb.ipynb",))
    assert look_at_records(four, NOW + timedelta(days=8)).hook_errors == 0
