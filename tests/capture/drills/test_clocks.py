"""Drills on clocks that are stepped while a kernel records, and between it and who reads its journal.

Expected throughout: durations by the monotonic clock, the order of a session by `seq`, no cell missing;
moments are what the wall clock said then.
"""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta, timezone

import pytest
from recorded_kernel import LOAD, StartKernel
from sqlalchemy import select

from jupyter_mlops.capture.ingester import Ingester
from jupyter_mlops.capture.session_state import judge_notebook
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import CellExecution, KernelSession

STEP = "import time; time.time_ns = lambda kept=time.time_ns: kept() + ({hours}) * 3_600_000_000_000"
DAY_S = 24 * 3600


def rows(store: Store) -> list[CellExecution]:
    with store.reading() as session:
        return list(session.scalars(select(CellExecution).order_by(CellExecution.seq)))


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_clock_stepped_between_cells_bends_neither_order_nor_durations(
    start_kernel: StartKernel, store: Store, hours: int
) -> None:
    kernel = start_kernel(JUPYTER_MLOPS_ROOT="/work", JUPYTER_MLOPS_NOTEBOOK="/work/nb.ipynb")
    kernel.run(LOAD, silent=True)
    cells = {
        "a": "x = 1",
        "step": STEP.format(hours=hours),
        "b": "y = x; time.sleep(0.02)",
        "back": STEP.format(hours=-hours),
        "c": "z = y",
    }
    for cell, code in cells.items():
        kernel.run(code, cellId=cell)
        assert Ingester(store).ingest_folder(kernel.journals).problems == []
    found = rows(store)
    assert [row.cell_id for row in found] == list(cells)
    assert {row.status for row in found} == {"ok"}
    assert all(row.duration_s is not None and 0 <= row.duration_s < 60 for row in found)
    assert found[2].duration_s is not None and found[2].duration_s >= 0.02
    stepped = found[2].started_at - found[0].started_at
    assert abs(stepped - timedelta(hours=hours)) < timedelta(minutes=5)
    with store.reading() as session:
        state = judge_notebook(session, "/work", "nb.ipynb", list(cells.items()))
    assert (state["clean"], state["reasons"]) == (True, [])


@pytest.mark.parametrize("days", [-2, 2])
def test_a_journal_dated_by_another_clock_is_read_on_and_closed(
    start_kernel: StartKernel, store: Store, days: int
) -> None:
    """Expected: what was written after the step is in the store, and the killed kernel's cell is closed."""
    kernel = start_kernel()
    kernel.run(LOAD, cellId="load")
    Ingester(store).ingest_folder(kernel.journals)
    kernel.run("x = 1", cellId="after")
    running = kernel.send("import time; print('go', flush=True); time.sleep(60)", cellId="killed")
    kernel.wait_until_running(running)
    kernel.kill()
    stepped = time.time() + days * DAY_S
    os.utime(kernel.journal, (stepped, stepped))
    report = Ingester(store).ingest_folder(kernel.journals)
    assert (report.problems, report.closed, report.removed) == ([], 1, 0)
    assert [(row.cell_id, row.status) for row in rows(store)] == [
        ("load", "ok"),
        ("after", "ok"),
        ("killed", "kernel_died"),
    ]
    killed = rows(store)[-1]
    assert killed.ended_at is not None
    assert killed.ended_at >= killed.started_at
    with store.reading() as session:
        assert session.scalars(select(KernelSession)).one().ended_at is not None
    assert datetime.now(timezone.utc) - killed.started_at < timedelta(minutes=5)
