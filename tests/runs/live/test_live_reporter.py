"""The runner's side: what a watcher sees, and that no disk or store of the watchers' harms the run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat.v4 as v4
import pytest
from waiting import wait_until

from jupyter_mlops.runs.live.estimate import CellHistory
from jupyter_mlops.runs.live.journal import LiveTail
from jupyter_mlops.runs.live.progress import Progress
from jupyter_mlops.runs.live.reporter import LiveReporter
from jupyter_mlops.runs.live.resources import ProcessTree

SPIN = """
held = bytearray(50_000_000)
held[::4096] = b"x" * len(held[::4096])
print(1, flush=True)
while True:
    pass
"""


@dataclass
class Watched:
    """What the reporter looks at: a notebook client's cells and kernel."""

    nb: Any
    kernel_pid: int | None = None

    @property
    def nb_man(self) -> Watched:
        return self

    def save_late(self) -> None:
        raise OSError("the disk is full")


@dataclass
class Row:
    """Takes what is told; fails when it is to."""

    told: list[dict[str, Any]] = field(default_factory=list)
    fails: bool = False

    def __call__(self, **columns: Any) -> None:
        if self.fails:
            raise RuntimeError("the store is locked")
        self.told.append(columns)


CELLS = [
    v4.new_markdown_cell("# Title"),
    v4.new_code_cell("# load\nx = 1", id="load"),
    v4.new_code_cell("fit(x)", id="fit"),
    v4.new_code_cell("score(x)", id="score"),
]
NOTEBOOK = v4.new_notebook(cells=CELLS)


@pytest.fixture
def busy_process() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", SPIN], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "1\n"
    yield process
    process.kill()
    process.communicate()


def test_what_happens_is_in_the_file_in_its_order(tmp_path: Path) -> None:
    path, row = tmp_path / "live.jsonl", Row()
    tail = LiveTail(path)
    lines: list[dict[str, Any]] = []

    def came() -> bool:
        lines.extend(tail.read())
        return any(line["kind"] == "output" for line in lines)

    with LiveReporter(path, CellHistory({}, 0), row) as live:
        live.watch(Watched(NOTEBOOK))
        live.cell_started(1, CELLS[1])
        live.message_came(1, {"msg_type": "stream", "content": {"name": "stdout", "text": "hello\n"}})
        wait_until(came, 5, "the output is in the file")
        live.cell_ended(1, CELLS[1])
        live.cell_started(2, CELLS[2])
        wait_until(lambda: row.told[-1]["cells_done"] == 1, 5, "the row knows")
    lines.extend(tail.read())
    assert [(line["kind"], line.get("index")) for line in lines] == [
        ("cell_started", 1),
        ("output", 1),
        ("cell_ended", 1),
        ("cell_started", 2),
    ]
    cell = row.told[-1]["progress"]["cell"]
    assert (cell["index"], cell["cell_id"], cell["line"]) == (2, "fit", "fit(x)")
    assert not path.exists()


def test_secrets_of_the_environment_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "correct-horse-battery")
    monkeypatch.setenv("JUPYTER_MLOPS_KEEP_LIVE", "1")
    with LiveReporter(tmp_path / "live.jsonl", CellHistory({}, 0), Row()) as live:
        text = "the password is correct-horse-battery"
        live.message_came(0, {"msg_type": "stream", "content": {"name": "stdout", "text": text}})
    kept = (tmp_path / "live.jsonl").read_text()
    assert "the password is" in kept and "correct-horse" not in kept


def test_a_secret_that_comes_letter_by_letter_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_PASSWORD", "correct-horse-battery")
    monkeypatch.setenv("JUPYTER_MLOPS_KEEP_LIVE", "1")
    path = tmp_path / "live.jsonl"

    def text() -> str:
        lines = map(json.loads, path.read_text("utf-8").splitlines()) if path.exists() else ()
        return "".join(line.get("text", "") for line in lines)

    with LiveReporter(path, CellHistory({}, 0), Row()) as live:
        live.cell_started(1, CELLS[1])
        for part, shown in (("it is correct-ho", "it is "), ("rse-battery. c", "it is ‹redacted›. ")):  # noqa: RUF001
            content = {"name": "stdout", "text": part}
            live.message_came(1, {"msg_type": "stream", "content": content})
            wait_until(lambda shown=shown: text() == shown, 5, f"{shown!r} is shown")
        live.cell_ended(1, CELLS[1])
    assert text() == "it is ‹redacted›. c"  # noqa: RUF001


def test_neither_a_disk_nor_a_store_that_fails_ends_the_run(tmp_path: Path) -> None:
    with LiveReporter(
        tmp_path / "no such folder" / "live.jsonl", CellHistory({}, 0), Row(fails=True)
    ) as live:
        live.watch(Watched(NOTEBOOK))
        for index in (1, 2, 3):
            live.cell_started(index, CELLS[index])
            live.cell_ended(index, CELLS[index])
    assert live.cells_done == 3


def test_facts_that_the_row_was_not_told_in_time_are_there_for_its_last_columns(tmp_path: Path) -> None:
    with LiveReporter(tmp_path / "live.jsonl", CellHistory({}, 0), Row(fails=True), {"a": 1}) as live:
        live.watch(Watched(NOTEBOOK))
        live.cell_ended(1, CELLS[1])
        live.note(resumable_until="2026-11-21T12:00:00+00:00")
    last = live.columns()
    assert last["cells_done"] == 1
    assert last["progress"].items() >= {"a": 1, "resumable_until": "2026-11-21T12:00:00+00:00"}.items()


def test_the_kernels_cpu_and_memory_are_told(tmp_path: Path, busy_process: subprocess.Popen[str]) -> None:
    row = Row()
    with LiveReporter(tmp_path / "live.jsonl", CellHistory({}, 0), row) as live:
        live.watch(Watched(NOTEBOOK, busy_process.pid))
        wait_until(lambda: live.last_usage and live.last_usage.cpu_percent > 10, 20, "it is seen to be busy")
        wait_until(lambda: row.told[-1]["progress"]["memory_bytes"], 10, "the row knows")
    assert live.memory_peak_bytes is not None and live.memory_peak_bytes > 50_000_000
    kept = Progress.of(row.told[-1]["progress"])
    assert kept is not None and kept.as_dict() == row.told[-1]["progress"]


def test_a_process_that_is_gone_uses_nothing(busy_process: subprocess.Popen[str]) -> None:
    tree = ProcessTree(busy_process.pid)
    looked = tree.look()
    assert looked is not None and looked.processes == 1
    busy_process.kill()
    busy_process.wait()
    assert tree.look() is None
    assert ProcessTree(os.getpid()).look() is not None


def test_the_rest_is_what_the_cells_took_before() -> None:
    history = CellHistory({"load": 1.0, "fit": 10.0, "score": 4.0}, runs=3)
    assert history.rest_s(None, 0, CELLS[1:]) == 15.0
    assert history.rest_s(CELLS[2], 4.0, [CELLS[3]]) == 10.0
    assert history.rest_s(CELLS[2], 60.0, [CELLS[3]]) == 4.0, "a cell that takes longer has nothing left"


def test_of_cells_that_never_ran_too_many_make_no_estimate() -> None:
    new = v4.new_code_cell("new()", id="new")
    assert CellHistory({"fit": 10.0}, 2).rest_s(CELLS[2], 0, [new]) == 20.0, (
        "taken to be as long as the others"
    )
    assert CellHistory({"fit": 10.0}, 2).rest_s(CELLS[2], 0, [new, new]) is None
    assert CellHistory({}, 0).rest_s(CELLS[2], 0, []) is None
