"""Drills on what fails around cells: disks, kernels, stores, journals and our own hooks."""

from __future__ import annotations

import ast
import resource
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path

import pytest
from recorded_kernel import LOAD, StartKernel
from sqlalchemy import select

from jupyter_mlops.capture.health import look_at_records
from jupyter_mlops.capture.ingester import Ingester
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import CellExecution

FULL = "import resource; limits = resource.getrlimit(resource.RLIMIT_FSIZE)\n" + (
    "import signal; _ = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    "resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, limits[1]))"
)
CELLS = ["x = 1; print('one')", "1 / 0", "display('shown')", "[x] * 3"]


def statuses(store: Store) -> list[tuple[str | None, str]]:
    with store.reading() as reading:
        rows = reading.scalars(select(CellExecution).order_by(CellExecution.started_at))
        return [(row.cell_id, row.status) for row in rows]


def test_a_full_disk_changes_nothing_for_the_user_and_recording_goes_on_when_there_is_room(
    start_kernel: StartKernel, store: Store
) -> None:
    """Expected: the cells as without us; of those that found the disk full a torn line and no other, those
    before and after whole. (A limit on the size of files stands for the disk.)"""
    kernel = start_kernel()
    bare = [kernel.run(code) for code in CELLS]
    kernel.run(LOAD)
    kernel.run("room = True", cellId="before")
    size = kernel.journal.stat().st_size
    assert resource.RLIMIT_FSIZE is not None
    kernel.run(FULL.format(size=size + 1500))
    full = [kernel.run(code, cellId="full") for code in CELLS]
    kernel.run("resource.setrlimit(resource.RLIMIT_FSIZE, limits)", cellId="mended")
    kernel.run("room = 'again'", cellId="after")
    for with_us, without in zip(full, bare, strict=True):
        assert with_us.streams == without.streams
        assert with_us.reply["status"] == without.reply["status"]
        assert [output["kind"] for output in with_us.outputs] == [
            output["kind"] for output in without.outputs
        ]
    report = Ingester(store).ingest_folder(kernel.journals)
    assert report.problems == []
    seen = dict(statuses(store))
    assert (seen["before"], seen["after"]) == ("ok", "ok")
    told = kernel.run(
        "from jupyter_mlops.capture import recorder; r = recorder.active(); print((r.errors, r.problem))"
    )
    errors, problem = ast.literal_eval(told.streams["stdout"])
    assert errors > 0
    assert problem is None


HOOKS = {
    "the begin line": ("recorder", "begin_line"),
    "the end line": ("recorder", "end_line"),
    "the traceback": ("recorder", "traceback_text"),
    "the line's encoding": ("redaction", "to_line"),
    "the gauges": ("kernel.gauges", "Gauges.end"),
    "the meter": ("kernel.output_meter", "OutputMeter.open"),
    "the redactor": ("redaction", "Redactor.source"),
    "the audit hook": ("kernel.files", "_note_open"),
}


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS.keys())
def test_an_exception_in_any_part_of_a_hook_is_swallowed(
    start_kernel: StartKernel, hook: tuple[str, str]
) -> None:
    """Expected: the user sees nothing of it; it is counted (but in the audit hook, which cannot count)."""
    module, name = hook
    kernel = start_kernel()
    cells = [*CELLS, "open('own.txt', 'w').write('kept'); print(open('own.txt').read())"]
    bare = [kernel.run(code) for code in cells]
    kernel.run(LOAD)
    kernel.run(
        f"import importlib; target = importlib.import_module('jupyter_mlops.capture.{module}')\n"
        f"path = {name!r}.split('.')\n"
        "for part in path[:-1]: target = getattr(target, part)\n"
        "def fail(*args, **kwargs): raise RuntimeError('ours')\n"
        "setattr(target, path[-1], fail)"
    )
    for code, without in zip(cells, bare, strict=True):
        answer = kernel.run(code)
        assert answer.streams == without.streams
        assert [output["kind"] for output in answer.outputs] == [output["kind"] for output in without.outputs]
        assert "ours" not in str(answer.outputs)
    told = kernel.run("from jupyter_mlops.capture import recorder; print(recorder.loaded().errors)")
    assert int(told.streams["stdout"]) > 0 or name == "_note_open"


def test_failures_of_our_hooks_reach_the_store_with_the_next_cell(
    start_kernel: StartKernel, store: Store
) -> None:
    """Expected: the cell after them says how many there were; `doctor` names the notebook."""
    kernel = start_kernel(JUPYTER_MLOPS_NOTEBOOK="/work/fails.ipynb")
    kernel.run(LOAD)
    kernel.run(
        "from jupyter_mlops.capture import recorder; kept = recorder.begin_line\n"
        "def fail(*args, **kwargs): raise RuntimeError('ours')\nrecorder.begin_line = fail"
    )
    kernel.run("x = 1")
    kernel.run("recorder.begin_line = kept")
    kernel.run("x = 2", cellId="after")
    Ingester(store).ingest_folder(kernel.journals)
    health = look_at_records(store, datetime.now(timezone.utc))
    assert health.hook_errors >= 2
    assert health.failing_notebooks == ("/work/fails.ipynb",)


def test_two_ingesters_at_once_write_each_record_once(start_kernel: StartKernel, store: Store) -> None:
    """Expected: 30 executions, all `ok`, whoever reads which lines."""
    kernel = start_kernel()
    kernel.run(LOAD)
    other = Store(store.engine)
    with ThreadPoolExecutor(2) as pool:
        for number in range(29):
            kernel.run(f"x = {number}", cellId=str(number))
            done = [pool.submit(Ingester(each).ingest_folder, kernel.journals) for each in (store, other)]
            assert [future.result().problems for future in done] == [[], []]
    assert [status for _, status in statuses(store)] == ["ok"] * 30


def test_a_store_that_is_locked_for_a_while_is_waited_for(
    start_kernel: StartKernel, store: Store, tmp_path: Path
) -> None:
    """Expected: the ingester waits, and then writes all; nothing is reported."""
    kernel = start_kernel()
    kernel.run(LOAD)
    kernel.run("x = 1", cellId="c")
    lock = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None, check_same_thread=False)
    lock.execute("BEGIN IMMEDIATE")
    release = threading.Timer(3, lock.execute, ["COMMIT"])
    release.start()
    report = Ingester(store).ingest_folder(kernel.journals)
    release.join()
    lock.close()
    assert (report.problems, report.ended) == ([], 2)


def test_a_damaged_journal_costs_its_damaged_lines(start_kernel: StartKernel, store: Store) -> None:
    """Expected: the cell whose end was overwritten stays `running`; the others are whole; one is counted."""
    kernel = start_kernel()
    kernel.run(LOAD, cellId="load")
    for name in ("a", "b"):
        kernel.run(f"{name} = 1", cellId=name)
    lines = kernel.journal.read_bytes().splitlines(keepends=True)
    lines[4] = b"\xff\x00" * (len(lines[4]) // 2) + b"\n"
    kernel.journal.write_bytes(b"".join(lines))
    report = Ingester(store).ingest_folder(kernel.journals)
    assert (report.corrupt_lines, report.problems) == (1, [])
    assert statuses(store) == [("load", "ok"), ("a", "running"), ("b", "ok")]
