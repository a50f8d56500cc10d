"""`jupyter mlops clean`: says what would go, asks, and takes just that."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from command_line import CommandLine
from rows import add_job, queue_run

from jupyter_mlops.store.tables import Run

MONTH_AGO = datetime.now(timezone.utc) - timedelta(days=30)


@pytest.fixture
def old_run(command_line: CommandLine) -> Run:
    """A run that failed a month ago, with its outputs."""
    bench = command_line.bench
    job = add_job(bench.store, root=str(bench.root))
    ended = {"state": "failed", "created_at": MONTH_AGO, "ended_at": MONTH_AGO}
    run = queue_run(bench.store, job, snapshot_sha=None, **ended)
    folder = bench.root / "mlops-runs" / "job" / f"20261021-080000-{run.id}"
    folder.mkdir(parents=True)
    (folder / "train.ipynb").write_bytes(b"0" * 1234)
    with bench.store.session() as session:
        session.get_one(Run, run.id).output_path = str(folder / "train.ipynb")
    run.output_path = str(folder / "train.ipynb")
    return run


def test_a_dry_run_names_each_run_and_the_bytes_and_nothing_goes(
    command_line: CommandLine, old_run: Run
) -> None:
    said = command_line.call("clean", "--older-than", "7d", "--dry-run")
    assert said.returncode == 0 and old_run.id in said.stdout and "1 run would go" in said.stdout
    assert "1.23 kB" in said.stdout
    assert Path(old_run.output_path or "").exists()
    asked = command_line.call("clean", "--older-than", "7d")
    assert asked.returncode == 2 and "add --yes" in asked.stderr and Path(old_run.output_path or "").exists()
    done = command_line.json("clean", "--older-than", "7d", "--yes", "--job", old_run.job_id)
    assert (done["count"], done["bytes"], done["dry_run"], done["problems"]) == (1, 1234, False, [])
    assert not Path(old_run.output_path or "").parent.exists()
    assert command_line.call("show", old_run.id).returncode == 2


def test_without_any_limit_nothing_goes_and_it_says_how_to_give_one(
    command_line: CommandLine, old_run: Run
) -> None:
    said = command_line.call("clean", "--yes")
    assert said.returncode == 0 and "There is no limit" in said.stdout
    assert Path(old_run.output_path or "").exists()


def test_bad_limits_are_refused(command_line: CommandLine) -> None:
    for words in (["--older-than", "soon"], ["--max-size", "much"], ["--keep", "-1"], ["--job", "none"]):
        done = command_line.call("clean", *words, "--yes")
        assert done.returncode == 2, done.stdout
