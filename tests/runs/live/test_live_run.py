"""A real run, watched while it goes on: by its row, its executed notebook, the Python interface."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from waiting import wait_until
from workbench import Workbench

from jupyter_mlops.jobs.views import run_progress
from jupyter_mlops.runs.live.feed import LiveEvent, LiveFeed
from jupyter_mlops.runs.live.journal import FILE_NAME
from jupyter_mlops.store.tables import Run
from jupyter_mlops.workspace import watch_run

pytestmark = pytest.mark.slow
WAIT = """
import os, time
print("waiting", flush=True)
while not os.path.exists({mark!r}):
    time.sleep(0.05)
print("went on")
"""


def outputs(events: list[LiveEvent]) -> str:
    return "".join(event.facts["text"] for event in events if event.kind == "output")


def test_a_run_is_seen_within_a_second_and_its_notebook_can_be_read(workbench: Workbench) -> None:
    mark = workbench.root / "go"
    workbench.write("live.ipynb", "print('first')\n1 + 1", WAIT.format(mark=str(mark)), "print('last')")
    run = workbench.submit("live.ipynb")
    feed, events = LiveFeed(), list[LiveEvent]()

    def waits() -> Run | None:
        now = workbench.jobs.get_run(run.id)
        events.extend(feed.read(now))
        return now if "waiting" in outputs(events) and run_progress(now) else None

    now = wait_until(waits, 150, "the second cell waits")
    arrived = time.time()
    assert outputs(events) == "first\n2\nwaiting\n"
    (said,) = (event for event in events if event.kind == "output" and "waiting" in event.facts["text"])

    def first_cell_is_saved() -> bool:
        cell = workbench.executed(now).cells[0]
        return [output.output_type for output in cell.outputs] == ["stream", "execute_result"]

    wait_until(first_cell_is_saved, 10, "the executed notebook shows the first cell while the second runs")
    assert said.facts["index"] == 1

    seen = wait_until(lambda: run_progress(waits() or now), 5, "the row tells")
    now = wait_until(
        lambda: (found := workbench.jobs.get_run(run.id)).progress.get("memory_bytes") and found, 10, "usage"
    )
    progress = run_progress(now)
    assert (
        seen is not None and progress is not None and progress.cell is not None and progress.usage is not None
    )
    assert (progress.cell.index, progress.cell.cell_id, progress.cell.line) == (
        1,
        "cell-1",
        "import os, time",
    )
    assert (now.cells_done, now.cells_total) == (1, 3)
    assert progress.usage.memory_bytes > 20_000_000 and progress.expected_end_at is None
    assert time.time() - arrived < 15

    mark.touch()
    ended = workbench.ended(run)
    while more := feed.read(ended):
        events.extend(more)
    assert outputs(events) == "first\n2\nwaiting\nwent on\nlast\n"
    assert ended.state == "succeeded" and run_progress(ended) is None
    assert not (Path(ended.output_path or "").parent / FILE_NAME).exists()


def test_the_second_run_of_a_job_knows_when_it_will_end(workbench: Workbench) -> None:
    workbench.write("again.ipynb", "import time; time.sleep(0.2)", "time.sleep(1.5)")
    assert workbench.run("again.ipynb").state == "succeeded"
    second = workbench.submit("again.ipynb")
    estimates = [
        (run_progress(run), time.time())
        for run, _ in watch_run(workbench.jobs, second.id)
        if run.cells_done == 1 and run.state == "running"
    ]
    progress, at = estimates[0]
    assert progress is not None and progress.expected_end_at is not None and progress.expected_from == 1
    assert 0.2 < progress.expected_end_at.timestamp() - at < 3


def test_who_comes_after_the_end_is_told_all_that_was_put_out(workbench: Workbench) -> None:
    workbench.write("over.ipynb", "print('one')", "print('two')", "raise ValueError('three')")
    ended = workbench.run("over.ipynb")
    ((_, events), *rest) = [(run, events) for run, events in watch_run(workbench.jobs, ended.id) if events]
    assert outputs(events) == "one\ntwo\nValueError: three\n" and rest == []
    assert LiveFeed(events[1].id).read(ended)[0].facts["text"] == "ValueError: three\n"


def test_a_cell_that_prints_without_end_fills_no_disk(workbench: Workbench) -> None:
    workbench.write("chatty.ipynb", "while True: print('x' * 1000)")
    run = workbench.submit("chatty.ipynb")
    files: list[int] = []

    def printed_much() -> bool:
        now = workbench.jobs.get_run(run.id)
        path = Path(now.output_path or "/").parent / FILE_NAME
        if path.exists():
            files.append(path.stat().st_size)
        return len(files) > 60

    try:
        wait_until(printed_much, 150, "it has printed for a while")
    finally:
        workbench.jobs.cancel_run(run.id)
    assert max(files) <= 1_000_000
    assert workbench.ended(run).state == "cancelled"
