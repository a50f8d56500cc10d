"""Drills on disks that fill up: a small file system of its own, for the journal and for the store."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from recorded_kernel import LOAD, Answer, RecordedKernel
from sqlalchemy import select

from jupyter_mlops.capture.ingester import Ingester
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import CellExecution

CELLS = ["x = 1; print('one')", "1 / 0", "display('shown')", "[x] * 3"]
LARGE = "data = '''" + "x" * 20_000 + "'''"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user may not mount")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave no byte free."""
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65536)
        except OSError:
            return ballast


def shown(answer: Answer) -> tuple[object, ...]:
    kinds = [output["kind"] for output in answer.outputs]
    return answer.streams, kinds, answer.reply["status"]


def recorded(store: Store) -> list[tuple[str | None, str]]:
    with store.reading() as session:
        rows = session.scalars(select(CellExecution).order_by(CellExecution.seq, CellExecution.started_at))
        return [(row.cell_id, row.status) for row in rows]


@pytest.mark.parametrize("rounds", [1, 2])
def test_a_full_disk_under_the_journal_costs_only_the_cells_that_found_it_full(
    small_disk: Path, tmp_path: Path, store: Store, rounds: int
) -> None:
    """Expected: every cell as without us; those before and after the full disk whole, none twice."""
    kernel = RecordedKernel(small_disk / "journals", tmp_path)
    try:
        bare = [shown(kernel.run(code)) for code in CELLS]
        kernel.run(LOAD)
        kernel.run("room = 1", cellId="before")
        ballast = fill(small_disk)
        for _ in range(rounds):
            assert [shown(kernel.run(code, cellId="full")) for code in CELLS] == bare
        ballast.unlink()
        kernel.run("room = 2", cellId="mended")
        kernel.run("room = 3", cellId="after")
        assert Ingester(store).ingest_folder(kernel.journals).problems == []
        rows = recorded(store)
        assert [rows.count((cell, "ok")) for cell in ("before", "mended", "after")] == [1, 1, 1]
    finally:
        kernel.stop()


def test_a_full_disk_under_the_store_loses_nothing(small_disk: Path, tmp_path: Path) -> None:
    """Expected: a problem is reported and nothing raised; with room again, each cell once, all `ok`."""
    store = Store.open(small_disk / "store.db")
    kernel = RecordedKernel(tmp_path / "journals", tmp_path)
    try:
        kernel.run(LOAD, cellId="load")
        Ingester(store).ingest_folder(kernel.journals)
        ballast = fill(small_disk)
        for number in range(60):  # more than what is left of pages that are already the store's
            kernel.run(f"{LARGE}; number = {number}", cellId=f"c{number}")
        report = Ingester(store).ingest_folder(kernel.journals)
        assert len(report.problems) == 1
        assert "full" in report.problems[0]
        assert recorded(store) == [("load", "ok")]
        ballast.unlink()
        assert Ingester(store).ingest_folder(kernel.journals).problems == []
        assert recorded(store) == [("load", "ok"), *((f"c{number}", "ok") for number in range(60))]
    finally:
        kernel.stop()
        store.close()
