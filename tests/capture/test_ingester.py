from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from recorded_kernel import LOAD, StartKernel
from sqlalchemy import func, select

from jupyter_mlops.capture.ingester import CHUNK_BYTES, KEEP_JOURNALS, Ingester
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import CellExecution, Change, JournalOffset, KernelSession, Source

DEAD_PID = 2**22 + 1  # above the kernel's pid_max
T0 = 1_700_000_000_000_000_000


def write(path: Path, *lines: dict[str, Any] | bytes) -> Path:
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as file:
        for line in lines:
            file.write(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")
    return path


def session(session_id: str = "s1", **facts: Any) -> dict[str, Any]:
    return {
        "v": 1,
        "ph": "S",
        "session_id": session_id,
        "kernel_id": "k1",
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "start": T0,
        "runner": "lab",
        "root": "/srv",
        "notebook_path": "/srv/nb.ipynb",
        **facts,
    }


def begin(number: int, session_id: str = "s1", **facts: Any) -> dict[str, Any]:
    return {
        "v": 1,
        "ph": "B",
        "exec_id": f"{session_id}-e{number}",
        "session_id": session_id,
        "seq": number,
        "t0": T0 + number * 10**9,
        "cell_id": f"c{number}",
        "cell_key": f"c{number}",
        "key_kind": "id",
        "source_sha": f"sha{number}",
        "source": f"x = {number}",
        **facts,
    }


def end(number: int, session_id: str = "s1", **facts: Any) -> dict[str, Any]:
    return {
        "v": 1,
        "ph": "E",
        "exec_id": f"{session_id}-e{number}",
        "t1": T0 + number * 10**9 + 5 * 10**8,
        "duration_ns": 5 * 10**8,
        "execution_count": number,
        "status": "ok",
        **facts,
    }


def executions(store: Store) -> list[CellExecution]:
    with store.reading() as reading:
        return list(reading.scalars(select(CellExecution).order_by(CellExecution.started_at)))


def count(store: Store, table: Any) -> int:
    with store.reading() as reading:
        return reading.scalar(select(func.count()).select_from(table)) or 0


def snapshot(store: Store) -> list[tuple[Any, ...]]:
    """Every row of capture's, but for when a journal was last looked at."""
    with store.reading() as reading:
        return [
            tuple(row)
            for table in (KernelSession, CellExecution, Source)
            for row in reading.execute(select(*table.__table__.columns))
        ]


def test_what_ran_in_a_real_kernel_is_in_the_store(start_kernel: StartKernel, store: Store) -> None:
    kernel = start_kernel(
        JPY_SESSION_NAME="/srv/work/nb.ipynb", JUPYTER_MLOPS_ROOT="/srv", JUPYTER_MLOPS_RUN_ID="abcdefabcdef"
    )
    kernel.run(LOAD, cellId="load")
    kernel.run("%%capture kept\nprint('x')", cellId="one")
    kernel.run("print('ü')\n1/0", cellId="two", tags=["slow"])
    report = Ingester(store).ingest_folder(kernel.journals)
    assert (report.begun, report.ended, report.orphans, report.problems) == (3, 3, 0, [])
    load, one, two = executions(store)
    assert [load.seq, one.seq, two.seq] == [1, 2, 3]
    assert (one.cell_id, one.status, one.outputs, one.stdout_bytes) == ("one", "ok", [], 0)
    assert (two.cell_id, two.cell_key, two.key_kind, two.tags) == ("two", "two", "id", ["slow"])
    assert (two.status, two.error_name, two.error_message) == (
        "error",
        "ZeroDivisionError",
        "division by zero",
    )
    assert (two.root, two.notebook, two.run_id) == ("/srv", "work/nb.ipynb", "abcdefabcdef")
    assert two.stdout_bytes == 3
    assert two.execution_count == 3
    assert two.ended_at is not None
    assert two.duration_s is not None
    assert abs((two.ended_at - two.started_at).total_seconds() - two.duration_s) < 0.01
    with store.reading() as reading:
        source = reading.get(Source, two.source_sha)
        kept = reading.get(KernelSession, two.session_id)
    assert source is not None
    assert source.text == "print('ü')\n1/0"
    assert kept is not None
    assert (kept.kernel_id, kept.runner, kept.pid, kept.ended_at) == ("0f1e2d3c", "job", kernel.pid, None)
    assert (kept.facts["kernel_name"], kept.facts["language"]) == ("python3", "python")


def test_a_cell_whose_kernel_was_killed_ends_as_kernel_died(start_kernel: StartKernel, store: Store) -> None:
    kernel = start_kernel()
    kernel.run(LOAD)
    kernel.wait_until_running(kernel.send("print('go', flush=True)\nimport time; time.sleep(60)", cellId="c"))
    ingester = Ingester(store)
    ingester.ingest_folder(kernel.journals)
    assert executions(store)[-1].status == "running"
    kernel.kill()
    assert ingester.ingest_folder(kernel.journals).closed == 1
    killed = executions(store)[-1]
    assert (killed.cell_id, killed.status, killed.duration_s) == ("c", "kernel_died", None)
    assert killed.ended_at is not None
    assert killed.ended_at >= killed.started_at
    with store.reading() as reading:
        kept = reading.get(KernelSession, killed.session_id)
        offset = reading.scalar(select(JournalOffset))
    assert kept is not None
    assert kept.ended_at is not None
    assert offset is not None
    assert offset.closed
    after = snapshot(store)
    assert ingester.ingest_folder(kernel.journals).closed == 0
    assert snapshot(store) == after


def test_ingesting_twice_or_from_the_start_again_gives_the_same_rows(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "journals"
    write(folder / "s1.jsonl", session(), begin(1), end(1), begin(2))
    Ingester(store).ingest_folder(folder)
    once = snapshot(store)
    assert Ingester(store).ingest_folder(folder).begun == 0
    assert snapshot(store) == once
    with store.session() as writing:
        writing.delete(writing.scalar(select(JournalOffset)))
    report = Ingester(store).ingest_folder(folder)  # as if the offset had never been kept
    assert (report.begun, report.ended) == (0, 1)
    assert snapshot(store) == once


def test_a_torn_tail_waits_for_its_rest(tmp_path: Path, store: Store) -> None:
    line = json.dumps(end(1)).encode()
    path = write(tmp_path / "s1.jsonl", session(), begin(1), line[:20])
    ingester = Ingester(store)
    ingester.ingest_file(path)
    assert [row.status for row in executions(store)] == ["running"]
    write(path, line[20:] + b"\n")
    report = ingester.ingest_file(path)
    assert (report.ended, report.corrupt_lines) == (1, 0)
    assert [row.status for row in executions(store)] == ["ok"]


def test_a_damaged_line_costs_only_itself(tmp_path: Path, store: Store) -> None:
    path = write(tmp_path / "s1.jsonl", session(), begin(1), b"{broken\n", end(1), end(9))
    report = Ingester(store).ingest_file(path)
    assert (report.corrupt_lines, report.orphans, report.ended) == (1, 1, 1)
    with store.reading() as reading:
        offset = reading.scalar(select(JournalOffset))
    assert offset is not None
    assert (offset.corrupt_lines, offset.offset) == (1, path.stat().st_size)


def test_without_its_first_line_a_journal_still_tells_of_its_cells(tmp_path: Path, store: Store) -> None:
    path = write(tmp_path / "s1.jsonl", b"{broken\n", begin(1, notebook_path="/srv/nb.ipynb"), end(1))
    Ingester(store).ingest_file(path)
    (row,) = executions(store)
    assert (row.status, row.notebook) == ("ok", "/srv/nb.ipynb")


def test_lines_longer_than_a_read_are_read_whole(tmp_path: Path, store: Store) -> None:
    text = "x" * (3 * CHUNK_BYTES)
    path = write(tmp_path / "s1.jsonl", session(), begin(1, source=text), end(1), begin(2), end(2))
    assert Ingester(store).ingest_file(path).ended == 2
    with store.reading() as reading:
        source = reading.get(Source, "sha1")
    assert source is not None
    assert source.text == text


def test_a_notebook_is_where_its_server_says_and_its_records_follow_a_rename(
    tmp_path: Path, store: Store
) -> None:
    path = write(tmp_path / "s1.jsonl", session(), begin(1), end(1))
    ingester = Ingester(store)
    ingester.ingest_file(path)
    assert [(row.root, row.notebook) for row in executions(store)] == [("/srv", "nb.ipynb")]
    known = {"k1": ("/srv", "renamed.ipynb")}
    write(path, begin(2))
    ingester.ingest_file(path, known.get)
    assert [row.notebook for row in executions(store)] == ["renamed.ipynb"] * 2
    ingester.ingest_file(path, {}.get)  # the server does not know: keep what is known
    write(path, begin(3))
    ingester.ingest_file(path)
    assert [row.notebook for row in executions(store)] == ["renamed.ipynb"] * 3


def test_a_resolver_that_fails_costs_only_the_new_name(tmp_path: Path, store: Store) -> None:
    def fail(kernel_id: str) -> tuple[str, str] | None:
        raise KeyError(kernel_id)

    path = write(tmp_path / "s1.jsonl", session(), begin(1))
    assert Ingester(store, fail).ingest_file(path).begun == 1
    assert executions(store)[0].notebook == "nb.ipynb"


def test_a_notebook_that_the_kernel_learns_late_is_its_sessions(tmp_path: Path, store: Store) -> None:
    path = write(
        tmp_path / "s1.jsonl", session(notebook_path=None), begin(1, notebook_path="/srv/late.ipynb")
    )
    Ingester(store).ingest_file(path)
    assert executions(store)[0].notebook == "late.ipynb"


def test_views_are_told_once_per_batch_and_only_of_news(tmp_path: Path, store: Store) -> None:
    path = write(tmp_path / "s1.jsonl", session(), begin(1), end(1), begin(2))
    ingester = Ingester(store)
    ingester.ingest_file(path)
    ingester.ingest_file(path)
    write(path, end(2))
    ingester.ingest_file(path)
    with store.reading() as reading:
        told = [(row.kind, row.entity_id, row.root, row.notebook) for row in reading.scalars(select(Change))]
    assert told == [("execution", "nb.ipynb", "/srv", "nb.ipynb")] * 2


def test_one_journal_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "journals"
    write(folder / "s2.jsonl", session("s2"), begin(1, "s2"))
    (folder / "s1.jsonl").mkdir()
    report = Ingester(store).ingest_folder(folder)
    assert report.begun == 1
    assert len(report.problems) == 1
    assert report.problems[0].startswith("s1.jsonl: ")


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path, store: Store) -> None:
    assert Ingester(store).ingest_folder(tmp_path / "none").begun == 0


@contextmanager
def holder(path: Path) -> Iterator[int]:
    """Another process that holds the journal as a living kernel does."""
    script = (
        "import os, sys; from jupyter_mlops.capture.journal_lock import hold;"
        "print(hold(os.open(sys.argv[1], os.O_RDWR)), flush=True); sys.stdin.read()"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    yield process.pid
    process.communicate("")


def test_a_kernel_lives_while_it_holds_its_journal_though_its_number_be_taken_later(
    tmp_path: Path, store: Store
) -> None:
    path = write(tmp_path / "s1.jsonl", b"")
    with holder(path) as pid:
        write(path, session(pid=pid, locked=True), begin(1))
        assert Ingester(store).ingest_file(path).closed == 0
    other = write(tmp_path / "s2.jsonl", session("s2", pid=os.getpid(), locked=True), begin(1, "s2"))
    assert Ingester(store).ingest_file(other).closed == 1  # our own number, but nobody holds the journal


@pytest.mark.parametrize(
    ("facts", "closed"),
    [
        ({"pid": DEAD_PID}, 1),
        ({"pid": DEAD_PID, "host": "elsewhere"}, 0),
        ({"pid": None}, 0),
        ({"pid": os.getpid(), "locked": False}, 0),
    ],
)
def test_only_a_kernel_known_to_be_dead_is_closed(
    tmp_path: Path, store: Store, facts: dict[str, Any], closed: int
) -> None:
    path = write(tmp_path / "s1.jsonl", session(**facts), begin(1))
    assert Ingester(store).ingest_file(path).closed == closed
    assert executions(store)[0].status == ("kernel_died" if closed else "running")


def test_the_recorders_word_wins_over_a_death_that_was_only_believed(tmp_path: Path, store: Store) -> None:
    path = write(tmp_path / "s1.jsonl", session(pid=DEAD_PID), begin(1))
    Ingester(store).ingest_file(path)
    write(path, end(1))
    Ingester(store).ingest_file(path)
    assert executions(store)[0].status == "ok"


def test_a_dead_kernels_journal_is_removed_after_a_day_and_its_rows_stay(
    tmp_path: Path, store: Store
) -> None:
    folder = tmp_path / "journals"
    torn = write(folder / "s1.jsonl", session(pid=DEAD_PID), begin(1), end(1), b'{"torn')
    living = write(folder / "s2.jsonl", session("s2"), begin(1, "s2"))
    ingester = Ingester(store)
    assert ingester.ingest_folder(folder).removed == 0
    assert ingester.ingest_folder(folder).removed == 0  # dead, but young
    old = time.time() - (KEEP_JOURNALS + timedelta(minutes=1)).total_seconds()
    os.utime(torn, (old, old))
    os.utime(living, (old, old))
    assert ingester.ingest_folder(folder).removed == 1
    assert not torn.exists()
    assert living.exists()
    assert count(store, CellExecution) == 2
    assert count(store, JournalOffset) == 1


def test_thousands_of_records_are_ingested_in_batches(tmp_path: Path, store: Store) -> None:
    cells = [line for number in range(1, 3001) for line in (begin(number), end(number))]
    path = write(tmp_path / "s1.jsonl", session(), *cells)
    started = time.process_time()
    report = Ingester(store).ingest_file(path)
    took = time.process_time() - started
    assert (report.begun, report.ended) == (3000, 3000)
    assert count(store, Source) == 3000
    assert 6000 / took > 5000
