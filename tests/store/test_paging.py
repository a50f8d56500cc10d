"""Pages are complete and stable, whatever arrives while somebody reads on."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.ids import new_id
from jupyter_mlops.store import Store
from jupyter_mlops.store.paging import Page, PageRequest, fetch_page
from jupyter_mlops.store.tables import Job

START = datetime(2026, 3, 29, 0, 30, tzinfo=timezone.utc)
ROOT = "/home/someone"


def add_jobs(store: Store, *seconds: int) -> list[str]:
    """Add a job made at each of these seconds; gives their ids."""
    jobs = [
        Job(
            id=new_id(),
            root=ROOT,
            name=new_id(),
            notebook="a.ipynb",
            parameters={},
            created_at=moment,
            updated_at=moment,
        )
        for moment in (START + timedelta(seconds=second) for second in seconds)
    ]
    with store.session() as session:
        session.add_all(jobs)
    return [job.id for job in jobs]


def page_of(store: Store, cursor: str | None, limit: int) -> Page[Job]:
    with store.reading() as session:
        return fetch_page(session, select(Job), Job.created_at, Job.id, PageRequest(limit, cursor))


def read_on(store: Store, limit: int, cursor: str | None = None) -> Iterator[list[str]]:
    """Every page from the cursor on, as ids."""
    while True:
        page = page_of(store, cursor, limit)
        yield [job.id for job in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return


@pytest.fixture(scope="module")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store.open(tmp_path_factory.mktemp("paging") / "store.db")
    yield store
    store.close()


@given(
    seconds=st.lists(st.integers(0, 5), max_size=12),  # many are made at the same moment
    newer=st.lists(st.integers(6, 9), max_size=5),
    limit=st.integers(1, 5),
)
@settings(max_examples=40, deadline=None)
def test_reading_on_gives_every_row_once_while_newer_ones_arrive(
    sqlite_store: Store, seconds: list[int], newer: list[int], limit: int
) -> None:
    with sqlite_store.session() as session:
        session.execute(delete(Job))
    ids = dict(zip(add_jobs(sqlite_store, *seconds), seconds, strict=True))
    expected = sorted(ids, key=lambda job_id: (ids[job_id], job_id), reverse=True)

    pages = read_on(sqlite_store, limit)
    read = next(pages)
    add_jobs(sqlite_store, *newer)
    for page in pages:
        assert 1 <= len(page) <= limit
        read += page

    assert read == expected


def test_pages_go_on_right_on_each_database(store: Store) -> None:
    ids = add_jobs(store, *range(10))
    assert [len(page) for page in read_on(store, 4)] == [4, 4, 2]
    assert [job_id for page in read_on(store, 4) for job_id in page] == ids[::-1]


def test_a_full_last_page_has_no_next(store: Store) -> None:
    add_jobs(store, 1, 2, 3)
    assert page_of(store, None, 3).next_cursor is None


def test_a_row_deleted_between_two_pages_takes_no_other_with_it(store: Store) -> None:
    ids = add_jobs(store, *range(6))
    first = page_of(store, None, 3)
    with store.session() as session:
        session.execute(delete(Job).where(Job.id.in_([ids[3], ids[2]])))
    assert [job.id for job in page_of(store, first.next_cursor, 3).items] == [ids[1], ids[0]]


@pytest.mark.parametrize("limit", [0, -1, 201, 10**9])
def test_a_limit_out_of_bounds_is_refused(limit: int) -> None:
    with pytest.raises(BadInputError, match="limit must be from 1 to 200") as refused:
        PageRequest(limit)
    assert refused.value.field == "limit"


def coded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "%%%",
        "ü",
        "bm90IGpzb24=",
        coded(None),
        coded({"a": 1, "b": 2}),
        coded([1, 2]),
        coded(["2026-01-01T00:00:00", "no time zone"]),
        coded(["2026-01-01T00:00:00+00:00", 1]),
        coded(["2026-01-01T00:00:00+00:00", "a", "b"]),
        coded(["2026-01-01T00:00:00+00:00", "a\0b"]),
        coded(["0001-01-01T00:00:00+23:00", "before the first year"]),
        coded("[" * 10_000),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ],
)
def test_a_cursor_that_no_page_gave_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(BadInputError) as refused:
        page_of(store, cursor, 10)
    assert refused.value.field == "cursor"
