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
def test_two_workers_make_exactly_one_run_of_each_fire(own_workbench: Workbench) -> None:
    own_workbench.write("tick.ipynb", "1")
    workers = [own_workbench.start_worker() for _ in range(2)]
    job = own_workbench.jobs.create_job(RunRequest("tick.ipynb"), ScheduleRequest("* * * * * *", "UTC"))

    def runs() -> list[Run]:
        with own_workbench.store.reading() as session:
            return list(session.scalars(select(Run).order_by(Run.scheduled_for)))

    wait_until(lambda: len(runs()) >= FIRES, 4 * FIRES, f"{FIRES} fires")
    own_workbench.jobs.set_active(job.id, False)
    fired = [own_workbench.ended(run) for run in runs()]

    assert set(Counter(run.scheduled_for for run in fired).values()) == {1}
    assert {run.state for run in fired} <= {"succeeded", "skipped"}
    assert all(run.created_at >= run.scheduled_for for run in fired if run.scheduled_for)
    with own_workbench.store.reading() as session:
        attempts = Counter(session.scalars(select(Attempt.run_id)))
    assert attempts == Counter(run.id for run in fired if run.state == "succeeded")
    assert own_workbench.jobs.get_job(job.id).triggers[0].problem is None
    assert all(worker.is_running() for worker in workers)
    assert "Traceback" not in (own_workbench.settings.logs / "worker.log").read_text()
