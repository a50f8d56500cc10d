"""The store or the disk refuses for a while: what was acknowledged goes on when they take writes again."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from notebook_files import notebook_writer
from sqlalchemy import select
from waiting import wait_until
from workbench import Workbench, make_workbench

from jupyter_mlops.jobs.views import run_progress
from jupyter_mlops.runs.live.feed import LiveFeed
from jupyter_mlops.runs.queue import LEASE
from jupyter_mlops.store.tables import Attempt

LOCKED_S = LEASE.total_seconds() + 10
HOLD_THE_LOCK = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("ROLLBACK")
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if mount("-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)) != 0:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield folder
    finally:
        mount("-o", "remount,rw", str(folder))
        subprocess.run(["umount", "-l", str(folder)], check=False)


def mount(*words: str) -> int:
    try:
        return subprocess.run(["mount", *words], check=False, capture_output=True).returncode
    except FileNotFoundError:
        return 1


def start_waiting_run(workbench: Workbench) -> tuple[str, Path]:
    """A run in its cell, and the file that lets it go on."""
    mark, release = workbench.root / "mark", workbench.root / "release"
    hold = f"while not os.path.exists({str(release)!r}): time.sleep(0.05)"
    workbench.write("held.ipynb", f"import os, time\nopen({str(mark)!r}, 'w').close()\n{hold}\nprint('done')")
    run = workbench.running_cell(workbench.submit("held.ipynb"), mark)
    return run.id, release


@pytest.mark.slow
def test_a_store_locked_for_longer_than_a_lease_loses_no_run(own_workbench: Workbench) -> None:
    run_id, release = start_waiting_run(own_workbench)
    path = str(own_workbench.store.engine.url.database)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_LOCK, path, str(LOCKED_S)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "locked\n"
        release.touch()  # the run ends while nobody can write that down
        assert holder.wait(LOCKED_S + 30) == 0
    run = own_workbench.ended(own_workbench.jobs.get_run(run_id), within_s=40)
    assert run.state == "succeeded", run.message
    with own_workbench.store.reading() as session:
        attempts = session.scalars(select(Attempt).where(Attempt.run_id == run_id)).all()
    assert [attempt.state for attempt in attempts] == ["succeeded"]


@pytest.mark.slow
def test_a_disk_that_is_full_at_the_end_of_a_run_delays_its_end_and_loses_nothing(
    small_disk: Path, mlflow_template: Path
) -> None:
    with make_workbench(small_disk, notebook_writer, mlflow_template) as workbench:
        run_id, release = start_waiting_run(workbench)
        filler = fill(small_disk)
        release.touch()
        log = workbench.settings.logs / "runner.log"
        wait_until(lambda: refuses(workbench), 30, "the store refuses")
        assert workbench.jobs.get_run(run_id).state == "running"
        filler.unlink()
        run = workbench.ended(workbench.jobs.get_run(run_id), within_s=60)
        assert run.state in ("succeeded", "failed"), run.message
        assert run.state == "succeeded" or run.reason == "disk", (run.reason, run.message, log.read_text())
        workbench.write("after.ipynb", "1")
        assert workbench.run("after.ipynb").state == "succeeded"


@pytest.mark.slow
def test_a_full_disk_under_the_live_file_stops_no_run_and_is_told(
    small_disk: Path, own_workbench: Workbench
) -> None:
    """The disk of notebooks and their outputs; the store is on another."""
    root = small_disk / "notebooks"
    root.mkdir()
    elsewhere = Workbench(own_workbench.settings, own_workbench.store, root, notebook_writer(root))
    mark, release = own_workbench.root / "mark", own_workbench.root / "release"
    talk = f"while not os.path.exists({str(release)!r}):\n    print('still here')\n    time.sleep(0.05)"
    elsewhere.write(
        "talks.ipynb", f"import os, time\nopen({str(mark)!r}, 'w').close()\n{talk}\nprint('done')"
    )
    run = elsewhere.running_cell(elsewhere.submit("talks.ipynb"), mark)
    feed = LiveFeed()

    def problem() -> str | None:
        progress = run_progress(elsewhere.jobs.get_run(run.id))
        return progress.problem if progress is not None else None

    def heard() -> bool:
        events = feed.read(elsewhere.jobs.get_run(run.id))
        return any(event.kind == "output" for event in events)

    wait_until(heard, 60, "its output is shown")
    filler = fill(small_disk)
    wait_until(problem, 60, "it is told why nothing more is shown")
    assert "No space left" in str(problem())
    while feed.read(elsewhere.jobs.get_run(run.id)):
        pass  # what was written before
    assert elsewhere.jobs.get_run(run.id).state == "running"
    filler.unlink()
    wait_until(heard, 60, "its output is shown again")
    wait_until(lambda: problem() is None, 60, "and nothing is wrong any more")
    release.touch()
    run = elsewhere.ended(run, within_s=60)
    assert run.state == "succeeded", run.message
    said = "".join(output.text for output in elsewhere.executed(run).cells[-1].outputs)
    assert said.startswith("still here\n") and said.endswith("done\n")


@pytest.mark.slow
def test_a_disk_that_is_read_only_ends_its_run_with_that_reason_and_harms_no_other(
    small_disk: Path, own_workbench: Workbench
) -> None:
    """The notebooks' disk; the store is on another."""
    root = small_disk / "notebooks"
    root.mkdir()
    elsewhere = Workbench(own_workbench.settings, own_workbench.store, root, notebook_writer(root))
    elsewhere.write("plain.ipynb", "1")
    if mount("-o", "remount,ro", str(small_disk)) != 0:
        pytest.skip("a file system cannot be made read-only here")
    run = elsewhere.run("plain.ipynb")
    assert (run.state, run.reason) == ("failed", "disk"), run.message
    assert "Read-only" in str(run.message)
    own_workbench.write("other.ipynb", "1")
    assert own_workbench.run("other.ipynb").state == "succeeded"
    mount("-o", "remount,rw", str(small_disk))
    assert elsewhere.run("plain.ipynb").state == "succeeded"


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        size = 1_000_000
        while size:
            try:
                file.write(b"x" * size)
            except OSError:
                size //= 2
    return filler


def refuses(workbench: Workbench) -> bool:
    connection = sqlite3.connect(str(workbench.store.engine.url.database), timeout=5)
    try:
        connection.execute("CREATE TABLE filler AS SELECT zeroblob(200000) AS b")
        connection.execute("DROP TABLE filler")
        connection.commit()
    except sqlite3.OperationalError as error:
        return "full" in str(error)
    finally:
        connection.close()
    return False
