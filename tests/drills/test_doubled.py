"""Two of everything on one store: each fire is one run, each run is executed once."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select
from waiting import wait_until
from workbench import Workbench

from jupyter_mlops.jobs.spec import RunRequest, ScheduleRequest
from jupyter_mlops.store.tables import Attempt, Run

FIRES = 10


@pytest.mark.slow
def test_two_workers_make_exactly_one_run_of_each_fire(drill_bench: Workbench) -> None:
    drill_bench.write("tick.ipynb", "1")
    workers = [drill_bench.start_worker() for _ in range(2)]
    job = drill_bench.jobs.create_job(RunRequest("tick.ipynb"), ScheduleRequest("* * * * * *", "UTC"))

    def runs() -> list[Run]:
        with drill_bench.store.reading() as session:
            return list(session.scalars(select(Run).order_by(Run.scheduled_for)))

    wait_until(lambda: len(runs()) >= FIRES, 4 * FIRES, f"{FIRES} fires")
    drill_bench.jobs.set_active(job.id, False)
    fired = [drill_bench.ended(run) for run in runs()]

    assert set(Counter(run.scheduled_for for run in fired).values()) == {1}
    assert {run.state for run in fired} <= {"succeeded", "skipped"}
    assert all(run.created_at >= run.scheduled_for for run in fired if run.scheduled_for)
    with drill_bench.store.reading() as session:
        attempts = Counter(session.scalars(select(Attempt.run_id)))
    assert attempts == Counter(run.id for run in fired if run.state == "succeeded")
    assert drill_bench.jobs.get_job(job.id).triggers[0].problem is None
    assert all(worker.is_running() for worker in workers)
    assert "Traceback" not in (drill_bench.settings.logs / "worker.log").read_text()
