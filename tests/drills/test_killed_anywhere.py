"""Everything is killed, anywhere, again and again: every run ends, none runs twice, nothing is left."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

import pytest
from jupyter_process import jupyter_process
from processes import kill
from sqlalchemy import select
from waiting import wait_until
from workbench import Workbench

from jupyter_mlops.jobs.spec import RunRequest, ScheduleRequest
from jupyter_mlops.runs.queue import LEASE
from jupyter_mlops.runs.states import Reason, RunState
from jupyter_mlops.runs.workers import ensure_worker
from jupyter_mlops.store.tables import Attempt, Run

RECOVERED_WITHIN_S = LEASE.total_seconds() + 5
RUNS = int(os.environ.get("DRILL_RUNS", "200"))
FIRES = int(os.environ.get("DRILL_FIRES", "60"))
HOLD_THE_GIL = "import ctypes; open({mark!r}, 'w').close(); ctypes.PyDLL(None).sleep(600)"


def note_in(path: Path) -> str:
    """A cell that writes its run down in one atomic append."""
    return (
        f"import os\nfile = os.open({str(path)!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)\n"
        "os.write(file, (os.environ['JUPYTER_MLOPS_RUN_ID'] + '\\n').encode())"
    )


def all_runs(workbench: Workbench) -> list[Run]:
    with workbench.store.reading() as session:
        return list(session.scalars(select(Run).order_by(Run.created_at)))


def unfinished(workbench: Workbench) -> list[Run]:
    return [run for run in all_runs(workbench) if not RunState(run.state).is_final]


@pytest.mark.slow
def test_a_killed_kernel_is_tried_again_by_its_policy(each_workbench: Workbench) -> None:
    mark = each_workbench.root / "mark"
    each_workbench.write(
        "dies.ipynb",
        f"import os, time\nfirst = not os.path.exists({str(mark)!r})\nopen({str(mark)!r}, 'w').close()",
        "time.sleep(60 if first else 0)",
    )
    run = each_workbench.submit("dies.ipynb", policies={"max_attempts": 2, "retry_delay_s": 0.5})
    each_workbench.running_cell(run, mark)
    kill(each_workbench.modules()["ipykernel_launcher"])
    run = each_workbench.ended(run)
    assert run.state == "succeeded"
    attempts = each_workbench.jobs.list_attempts(run.id)
    assert [(one.state, one.reason) for one in attempts] == [("failed", "kernel_died"), ("succeeded", None)]
    assert statuses(each_workbench, run) == ["completed", "completed"]


@pytest.mark.slow
def test_worker_and_runner_killed_leave_no_kernel_even_one_that_holds_the_gil(
    each_workbench: Workbench,
) -> None:
    mark = each_workbench.root / "mark"
    each_workbench.write("gil.ipynb", "1", HOLD_THE_GIL.format(mark=str(mark)))
    run = each_workbench.running_cell(each_workbench.submit("gil.ipynb"), mark)
    found = each_workbench.modules()
    kill(found["worker_main"] + found["runner"])
    wait_until(lambda: not each_workbench.processes(), 5, "the kernel is gone")

    killed_at = time.monotonic()
    ensure_worker(each_workbench.store, each_workbench.settings)
    run = each_workbench.ended(run)
    assert time.monotonic() - killed_at < RECOVERED_WITHIN_S + 10  # a worker's own start on a busy machine
    assert (run.state, run.reason) == ("lost", Reason.WORKER_LOST) and run.ended_at is not None
    wait_until(lambda: "killed" in statuses(each_workbench, run), 10, "its notebook is closed")
    # The file is at most some seconds older than the kill: a cell that had just ended may read `killed`.
    assert statuses(each_workbench, run) in (["completed", "killed"], ["killed", "not-run"])


def statuses(workbench: Workbench, run: Run) -> list[str]:
    cells = workbench.executed(run).cells
    return [cell.metadata.get("mlops", {}).get("status", cell.metadata.papermill.status) for cell in cells]


@pytest.mark.slow
def test_a_killed_server_takes_no_run_along(drill_bench: Workbench, tmp_path: Path) -> None:
    mark, release = drill_bench.root / "mark", drill_bench.root / "release"
    hold = f"while not os.path.exists({str(release)!r}): time.sleep(0.05)"
    drill_bench.write("held.ipynb", f"import os, time\nopen({str(mark)!r}, 'w').close()\n{hold}")
    with jupyter_process(tmp_path, JUPYTER_MLOPS_STORE_URL=drill_bench.settings.store_url) as server:
        posted = [
            server.call("POST", "/jupyter-mlops/api/runs", {"notebook": "held.ipynb"})["id"] for _ in range(3)
        ]
        wait_until(mark.exists, 120, "the first run is in its cell")
        server.kill()
        release.touch()
        ended = [drill_bench.ended(drill_bench.jobs.get_run(run_id)) for run_id in posted]
    assert [run.state for run in ended] == ["succeeded"] * 3


@pytest.mark.drill
@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_two_hundred_short_runs_end_while_everything_is_killed_at_random(each_workbench: Workbench) -> None:
    """Without retries, so that a run that was executed twice is a fault whatever the reason."""
    begun, ended = each_workbench.root / "begun", each_workbench.root / "ended"
    each_workbench.write("short.ipynb", note_in(begun), "import time; time.sleep(0.2)", note_in(ended))
    chance = random.Random(20261121)
    acknowledged = [each_workbench.submit("short.ipynb", name=f"job {n % 20}").id for n in range(RUNS)]
    until = time.monotonic() + 15 * RUNS
    while unfinished(each_workbench) and time.monotonic() < until:
        ensure_worker(each_workbench.store, each_workbench.settings)
        next_kill = time.monotonic() + chance.uniform(3, 20)
        wait_until(
            lambda at=next_kill: time.monotonic() > at or not unfinished(each_workbench), 60, "the next kill"
        )
        found = each_workbench.modules()
        kinds = [kind for kind in ("worker_main", "runner", "ipykernel_launcher") if kind in found]
        whom = chance.choice([*kinds, "all"])
        kill(each_workbench.processes() if whom == "all" else found[whom][:1])

    runs = all_runs(each_workbench)
    assert sorted(run.id for run in runs) == sorted(acknowledged)
    assert all(
        RunState(run.state).is_final and run.ended_at and (run.reason or run.state == "succeeded")
        for run in runs
    )
    begins = Counter(begun.read_text().split())
    assert max(begins.values()) == 1, "no run was begun twice"
    ends = set(ended.read_text().split())
    succeeded = {run.id for run in runs if run.state == "succeeded"}
    assert succeeded <= ends
    assert succeeded, Counter((run.state, run.reason) for run in runs)
    ensure_worker(each_workbench.store, each_workbench.settings)

    def says_that_it_is_not_whole(run: Run) -> bool:
        told = each_workbench.executed(run).metadata
        return bool(told.papermill.get("exception") or told.get("mlops", {}).get("status") or run.id in ends)

    for run in runs:  # a worker closes the notebook right after the run's row
        if run.state != "succeeded" and run.output_path and Path(run.output_path).exists():
            wait_until(
                lambda run=run: says_that_it_is_not_whole(run), 10, f"the notebook of {run.id} is closed"
            )
    left = {"worker_main", "runner", "late_tellings"}
    wait_until(lambda: set(each_workbench.modules()) <= left, RECOVERED_WITHIN_S, "nothing is left behind")


@pytest.mark.drill
@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_two_servers_and_three_workers_execute_each_of_sixty_fires_once(
    each_workbench: Workbench, tmp_path: Path
) -> None:
    begun = each_workbench.root / "begun"
    each_workbench.write("tick.ipynb", note_in(begun))
    where = {"JUPYTER_MLOPS_STORE_URL": each_workbench.settings.store_url}
    data_dir = each_workbench.settings.data_dir
    with jupyter_process(tmp_path, data_dir=data_dir, **where) as one:
        other_folder = tmp_path / "other"
        with jupyter_process(other_folder, data_dir=data_dir, **where):
            workers = [each_workbench.start_worker() for _ in range(3)]
            request = RunRequest("tick.ipynb", policies={"overlap": "queue"})
            started = datetime.now(timezone.utc)  # before: a fire may be due while the job is being made
            job = each_workbench.jobs.create_job(request, ScheduleRequest("* * * * * *", "UTC"))
            wait_until(lambda: len(all_runs(each_workbench)) >= FIRES, 10 * FIRES, f"{FIRES} fires")
            each_workbench.jobs.set_active(job.id, False)
            wait_until(lambda: not unfinished(each_workbench), 10 * FIRES, "all have ended")
            assert one.process.poll() is None
    runs = all_runs(each_workbench)
    assert set(Counter(run.scheduled_for for run in runs).values()) == {1}
    moments = sorted(run.scheduled_for for run in runs if run.scheduled_for)
    assert moments[0] >= started and len(set(moments)) == len(runs)
    executed = Counter(begun.read_text().split())
    succeeded = [run.id for run in runs if run.state == "succeeded"]
    assert executed == Counter(succeeded)
    assert {run.state for run in runs} <= {"succeeded", "skipped"}
    with each_workbench.store.reading() as session:
        assert Counter(session.scalars(select(Attempt.run_id))) == executed
    for worker in workers:
        worker.terminate()
        worker.wait(60)
