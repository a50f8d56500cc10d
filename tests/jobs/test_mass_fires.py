"""Many triggers due at one moment: they fire together, and what they share is looked at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from notebook_files import WriteNotebook
from sqlalchemy import event, select, text

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import MlopsError
from jupyter_mlops.jobs import fires, glance, service
from jupyter_mlops.jobs.fires import fire_due_triggers
from jupyter_mlops.jobs.glance import MAX_HELD, Glance
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.spec import RunRequest, ScheduleRequest
from jupyter_mlops.notebooks.snapshots import SnapshotStore
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Job, Run, Trigger

MANY = 60
HOURLY = ScheduleRequest("0 * * * *", "UTC")
HOUR = timedelta(hours=1)
REFUSE = {
    "sqlite": [
        "CREATE TRIGGER refuse BEFORE INSERT ON runs WHEN NEW.notebook = 'bad.ipynb' "
        "BEGIN SELECT RAISE(ABORT, 'refused'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$ "
        "LANGUAGE plpgsql",
        "CREATE TRIGGER refuse BEFORE INSERT ON runs FOR EACH ROW WHEN (NEW.notebook = 'bad.ipynb') "
        "EXECUTE FUNCTION refuse()",
    ],
}


@pytest.fixture
def jobs(
    store: Store,
    settings: Settings,
    notebook_folder,
    write_notebook: WriteNotebook,
    monkeypatch: pytest.MonkeyPatch,
) -> JobService:
    monkeypatch.setattr(service, "ensure_worker", lambda *_: False)
    for number in range(3):
        write_notebook(f"{number}.ipynb", "C", f"print({number})", parameters="C: float = 1.0")
    return JobService(store, settings, notebook_folder)


def schedule_many(jobs: JobService, count: int = MANY, **policies: object) -> datetime:
    """Jobs of three notebooks, all due at the moment that is answered."""
    for number in range(count):
        request = RunRequest(f"{number % 3}.ipynb", f"job {number}", {"C": number}, policies=policies)
        job = jobs.create_job(request, HOURLY)
    due: datetime = job.triggers[0].next_fire_at
    return due


def fire(jobs: JobService, now: datetime) -> int:
    return fire_due_triggers(jobs.store, jobs.settings, now)


def all_runs(jobs: JobService) -> list[Run]:
    with jobs.store.reading() as session:
        return list(session.scalars(select(Run).order_by(Run.scheduled_for, Run.created_at)))


@contextmanager
def commits(store: Store) -> Iterator[list[object]]:
    """The transactions that are committed meanwhile."""
    seen: list[object] = []

    def note(connection: object) -> None:
        seen.append(connection)

    event.listen(store.engine, "commit", note)
    yield seen
    event.remove(store.engine, "commit", note)


def test_many_triggers_of_one_moment_fire_in_one_transaction(
    jobs: JobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = schedule_many(jobs)
    calls: Counter[str] = Counter()

    def counted(name: str, real):  # type: ignore[no-untyped-def]
        def call(*arguments):  # type: ignore[no-untyped-def]
            calls[name] += 1
            return real(*arguments)

        return call

    monkeypatch.setattr(glance, "available_kernels", counted("kernels", glance.available_kernels))
    monkeypatch.setattr(glance, "read_notebook", counted("parsed", glance.read_notebook))
    monkeypatch.setattr(SnapshotStore, "keep", counted("kept", SnapshotStore.keep))
    with commits(jobs.store) as committed:
        assert fire(jobs, due) == MANY
    assert len(committed) == 1
    assert calls["kernels"] == 1
    assert calls["parsed"] == 0, "they were read when the jobs were made, and have not changed since"
    assert calls["kept"] == 3
    runs = all_runs(jobs)
    assert {run.state for run in runs} == {"queued"}
    assert sorted(run.parameters["C"] for run in runs) == list(range(MANY))
    assert len({run.snapshot_sha for run in runs}) == 3
    assert fire(jobs, due) == 0


def test_a_look_at_nothing_due_takes_no_write_lock(jobs: JobService) -> None:
    due = schedule_many(jobs, 1)
    with commits(jobs.store) as committed:
        assert fire(jobs, due - timedelta(seconds=1)) == 0
    assert committed == []


def test_more_than_fit_into_one_transaction_all_fire_in_one_call(
    jobs: JobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fires, "BATCH", 7)
    due = schedule_many(jobs, 20)
    assert fire(jobs, due) == 20
    assert len({run.job_id for run in all_runs(jobs)}) == 20


def test_a_notebook_that_has_changed_is_read_anew(jobs: JobService, write_notebook: WriteNotebook) -> None:
    due = schedule_many(jobs, 3)
    fire(jobs, due)
    path = jobs.root / "0.ipynb"
    times = path.stat()
    write_notebook("0.ipynb", "C", "print(7)", parameters="C: float = 1.0")
    assert path.stat().st_size == times.st_size
    fire(jobs, due + HOUR)
    before, after = all_runs(jobs)[:3], all_runs(jobs)[3:]
    (old,) = (run.snapshot_sha for run in before if run.notebook == "0.ipynb")
    (new,) = (run.snapshot_sha for run in after if run.notebook == "0.ipynb")
    assert old is not None and new is not None and old != new
    assert b"print(7)" in SnapshotStore(jobs.settings.snapshots).read(new)


def test_a_trigger_whose_run_the_store_refuses_is_paused_and_all_others_fire(
    jobs: JobService, write_notebook: WriteNotebook
) -> None:
    write_notebook("bad.ipynb", "1")
    bad = jobs.create_job(RunRequest("bad.ipynb", "bad"), HOURLY)
    due = schedule_many(jobs, 5)
    with jobs.store.session() as session:
        for statement in REFUSE[jobs.store.engine.dialect.name]:
            session.execute(text(statement))
    assert fire(jobs, due) == 5
    assert {run.job_id for run in all_runs(jobs)}.isdisjoint({bad.id})
    trigger = jobs.get_job(bad.id).triggers[0]
    assert not trigger.active and "refused" in (trigger.problem or "")


def test_a_store_that_is_locked_pauses_no_trigger(jobs: JobService) -> None:
    due = schedule_many(jobs, 2)
    impatient = Store.open(jobs.store.engine.url.render_as_string(hide_password=False))
    sqlite = impatient.engine.dialect.name == "sqlite"

    @event.listens_for(impatient.engine, "connect")
    def wait_briefly(connection, _record):  # type: ignore[no-untyped-def]
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=20" if sqlite else "SET lock_timeout = '20ms'")
        cursor.close()
        connection.commit()

    impatient.engine.dispose()
    with jobs.store.session() as session:
        session.scalars(select(Trigger.id).with_for_update()).all()
        with pytest.raises(fires.PASSING):
            fire_due_triggers(impatient, jobs.settings, due)
    impatient.close()
    assert fire(jobs, due) == 2, "they are still active, and due"


def test_two_triggers_of_one_job_at_one_moment_keep_to_its_overlap_policy(jobs: JobService) -> None:
    due = schedule_many(jobs, 1, overlap="cancel_previous")
    with jobs.store.session() as session:
        first = session.scalars(select(Trigger)).one()
        columns = {column.key: getattr(first, column.key) for column in Trigger.__table__.columns}
        session.add(Trigger(**{**columns, "id": "second"}))
    assert fire(jobs, due) == 2
    assert sorted(run.state for run in all_runs(jobs)) == ["cancelled", "queued"]

    with jobs.store.session() as session:
        session.scalars(select(Job)).one().policies = {"overlap": "skip"}
    assert fire(jobs, due + HOUR) == 2
    states = Counter(run.state for run in all_runs(jobs))
    assert states == {"cancelled": 1, "queued": 1, "skipped": 2}


def test_a_glance_holds_no_more_than_it_should(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glance, "MAX_HELD", 10)
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"12345")
    large.write_bytes(b"1234567")
    look = Glance()
    assert [look.read(small)[0], look.read(large)[0], look.read(large)[0]] == [
        b"12345",
        b"1234567",
        b"1234567",
    ]
    assert look._held == 5 and MAX_HELD > 10
    with pytest.raises(MlopsError, match="cannot be read"):
        look.read(tmp_path / "gone")
