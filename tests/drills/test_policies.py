"""What becomes of fires while a run is under way, and of those that no worker saw: each policy, really."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from waiting import wait_until
from workbench import RUN_WITHIN_S, Workbench

from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.jobs.triggers.request import TriggerRequest
from jupyter_mlops.store.tables import Run, Trigger

FIRES = 4
HELD = """
import os, time
begun, run_id = time.time(), os.environ["JUPYTER_MLOPS_RUN_ID"]
open(f"{run_id}.begun", "w").close()
while not os.path.exists("release"):
    time.sleep(0.05)
with open(f"{run_id}.times", "w") as told:
    told.write(f"{begun} {time.time()}")
"""


def runs_of(workbench: Workbench, job_id: str) -> list[Run]:
    with workbench.store.reading() as session:
        return list(session.scalars(select(Run).where(Run.job_id == job_id).order_by(Run.scheduled_for)))


def states(runs: list[Run]) -> list[str]:
    return [run.state for run in runs]


def executed_at_once(workbench: Workbench) -> int:
    """The most notebooks that were ever in their cell at the same moment, as they tell it themselves."""
    told = [path.read_text().split() for path in workbench.root.glob("*.times")]
    times = [(float(begun), float(ended)) for begun, ended in told]
    return max(sum(begun <= moment < ended for begun, ended in times) for moment, _ in times)


def schedule(workbench: Workbench, notebook: str, trigger: TriggerRequest, **policies: object) -> Trigger:
    return workbench.jobs.schedule_job(RunRequest(notebook, policies=policies), trigger).trigger


@pytest.mark.slow
@pytest.mark.parametrize(
    ("policies", "first", "between", "last"),
    [
        ({"overlap": "skip"}, "succeeded", "skipped", "skipped"),
        ({"overlap": "queue"}, "succeeded", "succeeded", "succeeded"),
        ({"overlap": "cancel_previous"}, "cancelled", "cancelled", "succeeded"),
        ({"overlap": "allow", "max_parallel": 2}, "succeeded", "succeeded", "succeeded"),
    ],
    ids=["skip", "queue", "cancel_previous", "allow"],
)
def test_a_fire_while_a_run_is_under_way_becomes_what_its_policy_says(
    drill_bench: Workbench, policies: dict[str, object], first: str, between: str, last: str
) -> None:
    bench, release = drill_bench, drill_bench.root / "release"
    bench.write("held.ipynb", HELD)
    bench.start_worker()
    trigger = schedule(bench, "held.ipynb", TriggerRequest("interval", {"seconds": 1}), **policies)
    job_id, at_once = trigger.job_id, policies.get("max_parallel", 1)

    wait_until(lambda: len(runs_of(bench, job_id)) >= FIRES, RUN_WITHIN_S, f"{FIRES} fires")
    bench.jobs.set_active(job_id, False)

    def in_their_cells() -> int:
        runs = [run for run in runs_of(bench, job_id) if run.state == "running" and not run.cancel_requested]
        return sum((bench.root / f"{run.id}.begun").exists() for run in runs)

    wait_until(lambda: in_their_cells() == at_once, RUN_WITHIN_S, f"{at_once} are in their cells")
    release.touch()
    runs = [bench.ended(run) for run in runs_of(bench, job_id)]

    assert states(runs) == [first, *[between] * (len(runs) - 2), last]
    assert executed_at_once(bench) == at_once
    assert len({run.scheduled_for for run in runs}) == len(runs)
    if between in ("skipped", "cancelled"):
        named, by = (runs[1], runs[0]) if between == "skipped" else (runs[0], runs[1])
        assert by.id in (named.message or "")


@pytest.mark.slow
@pytest.mark.parametrize("missed", ["skip", "latest", "all"])
def test_fires_that_came_while_no_worker_was_alive_become_what_their_policy_says(
    drill_bench: Workbench, missed: str
) -> None:
    bench = drill_bench
    bench.write("tick.ipynb", "1")
    worker = bench.start_worker()
    cron = {"cron": "0 * * * *", "timezone": "UTC"}
    trigger = schedule(bench, "tick.ipynb", TriggerRequest("cron", cron, missed=missed), overlap="queue")  # type: ignore[arg-type]
    assert bench.run("tick.ipynb", name="before").state == "succeeded"
    worker.kill()
    worker.wait(30)
    down_since = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    with bench.store.session() as session:
        session.get_one(Trigger, trigger.id).next_fire_at = down_since

    bench.start_worker()
    wait_until(lambda: runs_of(bench, trigger.job_id), RUN_WITHIN_S, "what was missed is noticed")
    runs = [bench.ended(run) for run in runs_of(bench, trigger.job_id)]
    hours = [int((run.scheduled_for - down_since) / timedelta(hours=1)) for run in runs if run.scheduled_for]
    # At the turn of an hour one more is on time, or one more is missed.
    assert hours in ([[2], [3], [2, 3]] if missed != "all" else [[*range(3)], [*range(4)]])
    wanted = "skipped" if missed == "skip" else "succeeded"
    assert states(runs)[0] == wanted and set(states(runs)[1:]) <= {"succeeded"}
    if missed == "skip":
        assert runs[0].reason == "missed" and "nobody was there" in (runs[0].message or "")
