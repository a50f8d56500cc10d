"""Records are forgotten when somebody says so, or every day by the setting; nothing that is used goes."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from jupyter_mlops.capture.ingester import Ingester
from jupyter_mlops.capture.retention import RETENTION, Purged, forget_daily, parse_retention, purge
from jupyter_mlops.errors import BadInputError
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import CellExecution, KernelSession, Source

NOW = datetime.now(timezone.utc)
MONTH_AGO = NOW - timedelta(days=30)


def add_execution(
    store: Store,
    name: str,
    *,
    days_old: int,
    ended: bool = True,
    status: str = "ok",
    notebook: str = "nb.ipynb",
) -> None:
    began = NOW - timedelta(days=days_old)
    with store.session() as session:
        session.add(
            KernelSession(
                id=f"s-{name}", runner="lab", started_at=began, ended_at=began if ended else None, facts={}
            )
        )
        session.merge(Source(sha="shared", text="x"))
        session.merge(Source(sha=f"sha-{name}", text=name))
        session.flush()
        for number, sha in enumerate(("shared", f"sha-{name}")):
            session.add(
                CellExecution(
                    id=f"{name}-{number}",
                    session_id=f"s-{name}",
                    notebook=notebook,
                    seq=number,
                    cell_key="k",
                    key_kind="id",
                    tags=[],
                    source_sha=sha,
                    status=status,
                    started_at=began,
                    outputs=[],
                )
            )


def ids(store: Store, column: Any) -> set[str]:
    with store.reading() as reading:
        return set(reading.scalars(select(column)))


def test_purging_deletes_what_is_old_and_nothing_that_is_used(store: Store) -> None:
    add_execution(store, "old", days_old=40)
    add_execution(store, "living", days_old=40, ended=False)
    add_execution(store, "running", days_old=40, ended=False, status="running")
    add_execution(store, "new", days_old=5)
    would_go = purge(store, MONTH_AGO, dry_run=True)
    assert len(ids(store, CellExecution.id)) == 8
    assert would_go == purge(store, MONTH_AGO) == Purged(executions=4, sources=2, sessions=1)
    assert ids(store, CellExecution.id) == {"running-0", "running-1", "new-0", "new-1"}
    assert ids(store, Source.sha) == {"shared", "sha-running", "sha-new"}
    assert ids(store, KernelSession.id) == {"s-living", "s-running", "s-new"}
    assert purge(store, MONTH_AGO) == Purged(0, 0, 0)


def test_purging_needs_a_moment_with_a_zone(store: Store) -> None:
    with pytest.raises(ValueError, match="time zone"):
        purge(store, datetime(2026, 1, 1))


def test_purging_one_notebook_leaves_the_others(store: Store) -> None:
    add_execution(store, "mine", days_old=40)
    add_execution(store, "other", days_old=40, notebook="other.ipynb")
    names = [(None, "nb.ipynb")]
    assert purge(store, MONTH_AGO, names, dry_run=True) == Purged(executions=2, sources=1, sessions=1)
    assert purge(store, MONTH_AGO, names) == Purged(executions=2, sources=1, sessions=1)
    assert ids(store, CellExecution.id) == {"other-0", "other-1"}


@pytest.mark.parametrize(("said", "days"), [(None, None), ("", None), ("off", None), ("30d", 30), ("2w", 14)])
def test_the_setting_is_a_length_of_time(said: str | None, days: int | None) -> None:
    assert parse_retention(said) == (None if days is None else timedelta(days=days))


@pytest.mark.parametrize("said", ["30", "5h", "month", "-1d", "0d"])
def test_a_setting_that_cannot_be_meant_is_refused_and_purges_nothing(
    store: Store, tmp_path: Path, said: str
) -> None:
    add_execution(store, "old", days_old=400)
    with pytest.raises(BadInputError) as refused:
        parse_retention(said)
    assert refused.value.field == RETENTION
    assert forget_daily(store, tmp_path, {RETENTION: said}) is None
    assert len(ids(store, CellExecution.id)) == 2


def test_the_ingester_purges_by_the_setting_and_only_once_a_day(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_execution(store, "old", days_old=40)
    Ingester(store).ingest_folder(tmp_path)
    assert len(ids(store, CellExecution.id)) == 2
    monkeypatch.setenv(RETENTION, "30d")
    Ingester(store).ingest_folder(tmp_path)
    assert ids(store, CellExecution.id) == set()
    add_execution(store, "late", days_old=40)
    Ingester(store).ingest_folder(tmp_path)
    assert len(ids(store, CellExecution.id)) == 2
    yesterday = (NOW - timedelta(days=1, minutes=1)).timestamp()
    os.utime(tmp_path / ".purged", (yesterday, yesterday))
    Ingester(store).ingest_folder(tmp_path)
    assert ids(store, CellExecution.id) == set()


def test_a_clock_that_was_stepped_back_does_not_stop_the_purging(store: Store, tmp_path: Path) -> None:
    add_execution(store, "old", days_old=40)
    (tmp_path / ".purged").touch()
    tomorrow = (NOW + timedelta(days=1)).timestamp()
    os.utime(tmp_path / ".purged", (tomorrow, tomorrow))
    assert forget_daily(store, tmp_path, {RETENTION: "30d"}) == Purged(executions=2, sources=2, sessions=1)
