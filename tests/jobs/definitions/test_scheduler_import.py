"""Definitions of jupyter-scheduler 2.12.1, in the tables that it makes, become jobs."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from notebook_files import WriteNotebook

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import NotFoundError
from jupyter_mlops.jobs import service as job_service
from jupyter_mlops.jobs.definitions.scheduler_import import Imported, import_definitions
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.store import Store
from jupyter_mlops.store.paging import PageRequest
from jupyter_mlops.store.tables import Job

TABLE = """
CREATE TABLE job_definitions (
	job_definition_id VARCHAR(36) NOT NULL,
	schedule VARCHAR(256),
	timezone VARCHAR(36),
	url VARCHAR(256),
	create_time INTEGER,
	active BOOLEAN,
	runtime_environment_name VARCHAR(256) NOT NULL,
	runtime_environment_parameters VARCHAR(1024),
	compute_type VARCHAR(256),
	input_filename VARCHAR(256) NOT NULL,
	output_formats VARCHAR(512),
	name VARCHAR(256),
	tags VARCHAR(1024),
	parameters VARCHAR(1024),
	email_notifications VARCHAR(1024),
	timeout_seconds INTEGER,
	retry_on_timeout BOOLEAN,
	max_retries INTEGER,
	min_retry_interval_millis INTEGER,
	output_filename_template VARCHAR(256),
	update_time INTEGER,
	package_input_folder BOOLEAN,
	packaged_files VARCHAR,
	PRIMARY KEY (job_definition_id)
)
"""


class Peer:
    """jupyter-scheduler's data directory, and a root with a notebook."""

    def __init__(self, store: Store, settings: Settings, root: Path, data: Path) -> None:
        self.store, self.settings, self.root, self.data = store, settings, root, data
        self.database = data / "scheduler.sqlite"
        with sqlite3.connect(self.database) as connection:
            connection.execute(TABLE)
        self.count = 0

    def define(self, notebook: str = "weekly.ipynb", **columns: Any) -> str:
        self.count += 1
        row = {
            "job_definition_id": f"def{self.count}",
            "schedule": "0 6 * * 1",
            "timezone": "Europe/Berlin",
            "create_time": self.count,
            "active": 1,
            "runtime_environment_name": "base",
            "input_filename": notebook,
            "output_formats": '["ipynb"]',
            "name": "weekly report",
            "timeout_seconds": 600,
            **columns,
        }
        with sqlite3.connect(self.database) as connection:
            connection.execute(
                f"INSERT INTO job_definitions ({','.join(row)}) VALUES ({','.join('?' * len(row))})",
                list(row.values()),
            )
        return str(row["job_definition_id"])

    def stage(self, definition_id: str, source: Path) -> None:
        target = self.data / "scheduler_staging_area" / definition_id / source.name
        target.parent.mkdir(parents=True)
        shutil.copy(source, target)

    def take_over(self, **options: Any) -> list[Imported]:
        return import_definitions(self.store, self.settings, self.root, self.database, **options)

    def jobs(self) -> dict[str, Job]:
        service = JobService(self.store, self.settings, self.root)
        return {job.name: job for job in service.list_jobs(PageRequest(200)).items}


@pytest.fixture
def peer(
    store: Store,
    settings: Settings,
    notebook_folder: Path,
    write_notebook: WriteNotebook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Peer:
    monkeypatch.setattr(job_service, "ensure_worker", lambda *_: False)
    (notebook_folder / "reports").mkdir()
    write_notebook("reports/weekly.ipynb", "C", parameters="C: float = 1.0\nday: str = ''")
    data = tmp_path / "jupyter"
    data.mkdir()
    return Peer(store, settings, notebook_folder.resolve(), data)


def test_a_definition_becomes_a_job_with_a_paused_cron_trigger(peer: Peer) -> None:
    peer.define(parameters=json.dumps({"C": "2.5", "day": "7"}), tags='["weekly"]')
    before = peer.database.read_bytes()
    (done,) = peer.take_over()
    job = peer.jobs()["weekly report"]
    assert (done.job_id, done.problem, done.not_taken) == (job.id, None, ['its tags ["weekly"]'])
    assert (job.notebook, job.parameters) == ("reports/weekly.ipynb", {"C": 2.5, "day": "7"})
    (trigger,) = job.triggers
    assert (trigger.kind, trigger.spec) == ("cron", {"cron": "0 6 * * 1", "timezone": "Europe/Berlin"})
    assert not trigger.active
    assert peer.database.read_bytes() == before
    assert [path.name for path in peer.data.iterdir()] == ["scheduler.sqlite"]


def test_activated_what_was_active_fires_and_what_was_paused_does_not(peer: Peer) -> None:
    peer.define(name="active", timezone=None)
    peer.define(name="paused", active=0)
    peer.define(name="by hand", schedule=None)
    peer.take_over(activate=True)
    jobs = peer.jobs()
    assert jobs["active"].triggers[0].active and not jobs["paused"].triggers[0].active
    assert jobs["active"].triggers[0].spec["timezone"] == "UTC", "which is what it means there"
    assert jobs["by hand"].triggers == []


def test_done_twice_nothing_is_made_twice(peer: Peer) -> None:
    peer.define()
    peer.define()
    peer.take_over()
    assert set(peer.jobs()) == {"weekly report", "weekly report (2)"}
    again = peer.take_over()
    assert all("taken over before" in str(one.problem) for one in again)
    assert len(peer.jobs()) == 2


def test_what_cannot_be_taken_over_says_why_and_stops_no_other(
    peer: Peer, write_notebook: WriteNotebook
) -> None:
    (peer.root / "a").mkdir()
    write_notebook("a/twice.ipynb", "1")
    write_notebook("twice.ipynb", "2")
    peer.define(name="gone", notebook="gone.ipynb")
    peer.define(name="twice", notebook="twice.ipynb")
    peer.define(name="cron", schedule="every day")
    peer.define(name="zone", timezone="Mars/Olympus")
    peer.define(name="parameter", parameters='{"D": "1"}')
    peer.define(name="value", parameters='{"C": "high"}')
    peer.define(name="broken", parameters="{")
    peer.define(name="good")
    done = {one.name: one for one in peer.take_over()}
    said = {
        "gone": "no gone.ipynb under",
        "twice": "a/twice.ipynb, twice.ipynb",
        "cron": "fields",
        "zone": "time zone",
        "parameter": "no parameter D",
        "value": "C",
        "broken": "cannot be read",
    }
    for name, text in said.items():
        assert text in str(done[name].problem), name
    assert set(peer.jobs()) == {"good"}
    again = {one.name: one for one in peer.take_over(notebooks={"twice.ipynb": "a/twice.ipynb"})}
    assert again["twice"].problem is None and peer.jobs()["twice"].notebook == "a/twice.ipynb"


def test_a_dry_run_says_what_would_be_and_makes_nothing(peer: Peer) -> None:
    for columns in ({}, {}, {"schedule": "61 * * * *"}, {"parameters": '{"D": "1"}'}):
        peer.define(**columns)
    would = peer.take_over(dry_run=True)
    assert peer.jobs() == {} and {one.job_id for one in would} == {None}
    assert [one.job for one in would] == ["weekly report", "weekly report (2)", None, None]
    did = peer.take_over()
    told = [(one.job, one.problem, one.not_taken) for one in did]
    assert told == [(one.job, one.problem, one.not_taken) for one in would]
    assert set(peer.jobs()) == {"weekly report", "weekly report (2)"}


def test_a_notebook_is_named_below_the_root_only(peer: Peer) -> None:
    peer.define(parameters='{"C": "1"}')
    (done,) = peer.take_over(notebooks={"weekly.ipynb": "../elsewhere/weekly.ipynb"})
    assert "leads out of the root" in str(done.problem) and peer.jobs() == {}


def test_of_several_notebooks_of_a_name_the_one_that_was_copied_is_meant(
    peer: Peer, write_notebook: WriteNotebook
) -> None:
    write_notebook("weekly.ipynb", "another")
    peer.stage(peer.define(), peer.root / "reports" / "weekly.ipynb")
    (done,) = peer.take_over()
    assert done.not_taken == [] and peer.jobs()["weekly report"].notebook == "reports/weekly.ipynb"


def test_a_notebook_that_has_changed_since_is_told(peer: Peer, write_notebook: WriteNotebook) -> None:
    peer.stage(peer.define(), peer.root / "reports" / "weekly.ipynb")
    write_notebook("reports/weekly.ipynb", "changed")
    (done,) = peer.take_over()
    assert "changed since" in done.not_taken[0] and done.job_id is not None


@pytest.mark.parametrize("content", [None, b"", b"no database"])
def test_what_is_no_database_of_its_is_refused(peer: Peer, content: bytes | None) -> None:
    if content is None:
        peer.database.unlink()
    else:
        peer.database.write_bytes(content)
    with pytest.raises(NotFoundError) as refused:
        peer.take_over()
    assert refused.value.field == "database"
    assert peer.jobs() == {}
