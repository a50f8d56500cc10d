"""However much a notebook puts out, the run goes on and everything stays bounded."""

from __future__ import annotations

from pathlib import Path

import pytest
from waiting import wait_until
from workbench import Workbench

from jupyter_mlops.runs.output_limit import MAX_CELL_BYTES
from jupyter_mlops.store.tables import Run

MEGABYTE = "'x' * 999_999 + chr(10)"


def size(run: Run) -> int:
    assert run.output_path is not None
    return Path(run.output_path).stat().st_size


def text(drill_bench: Workbench, run: Run, cell: int) -> str:
    return "".join(output.get("text", "") for output in drill_bench.executed(run).cells[cell].outputs)


def notes(drill_bench: Workbench, run: Run, cell: int) -> int:
    return text(drill_bench, run, cell).count("[jupyter_mlops: the rest of this output was dropped.")


@pytest.mark.slow
def test_500_mb_in_pieces_are_cut_with_one_note_and_the_next_cell_runs(drill_bench: Workbench) -> None:
    pieces = f"for _ in range(500):\n    print({MEGABYTE}, end='', flush=True)"
    drill_bench.write("much.ipynb", pieces, "print('and on')")
    run = drill_bench.ended(drill_bench.submit("much.ipynb"), within_s=280)  # 10 s where nothing else runs
    assert run.state == "succeeded", run.message
    assert size(run) < MAX_CELL_BYTES + 1_000_000
    assert notes(drill_bench, run, 0) == 1
    assert text(drill_bench, run, 1) == "and on\n"


@pytest.mark.slow
def test_one_message_of_200_mb_is_dropped_with_a_note_and_the_next_cell_runs(drill_bench: Workbench) -> None:
    drill_bench.write("huge.ipynb", "print('x' * 200_000_000)", "print('and on')")
    run = drill_bench.run("huge.ipynb")
    assert run.state == "succeeded", run.message
    assert size(run) < 1_000_000
    assert notes(drill_bench, run, 0) == 1
    assert text(drill_bench, run, 1) == "and on\n"


@pytest.mark.slow
def test_a_notebook_that_prints_without_end_is_ended_by_its_limit_and_stays_small(
    drill_bench: Workbench,
) -> None:
    drill_bench.write("endless.ipynb", "while True:\n    print('again' * 100)")
    run = drill_bench.run("endless.ipynb", policies={"cell_timeout_s": 15})
    assert run.state == "timed_out", run.message
    assert size(run) < MAX_CELL_BYTES + 1_000_000
    (runner, *_) = drill_bench.modules()["runner"]
    wait_until(lambda: runner.memory_info().rss < 1_500_000_000, 10, "the runner stays small")
