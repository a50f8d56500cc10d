"""The Python interface to definitions, channels and housekeeping: the command line's own functions."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from rows import add_job, queue_run

import jupyter_mlops
from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError, ConflictError, NotFoundError
from jupyter_mlops.jobs.definitions.yaml_lines import DefinitionError
from jupyter_mlops.notifications.message import Message
from jupyter_mlops.notifications.notifiers import NotDeliveredError
from jupyter_mlops.notifications.outbox import note
from jupyter_mlops.runs import workers

TEXT = """jobs:
  train:
    notebook: train.ipynb
    triggers:
      - {kind: http}
"""


@pytest.fixture(autouse=True)
def in_a_folder(
    settings: Settings, write_notebook, notebook_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    monkeypatch.setattr(workers, "ensure_worker", lambda *_: False)
    write_notebook("train.ipynb", "print(C)", parameters="C: float = 1.0")
    monkeypatch.chdir(notebook_folder)
    return notebook_folder


def test_a_file_is_planned_and_applied_once(in_a_folder: Path) -> None:
    with pytest.raises(NotFoundError):
        jupyter_mlops.plan_jobs()
    file = in_a_folder / "jobs.yaml"
    file.write_text(TEXT)
    assert [(one.action, one.job) for one in jupyter_mlops.plan_jobs(file)] == [("create", "train")]
    assert jupyter_mlops.list_jobs() == []
    (made,) = jupyter_mlops.apply_jobs("jobs.yaml")
    assert made.tokens[0].token is not None
    assert jupyter_mlops.apply_jobs("jobs.yaml") == []
    file.write_text("jobs: {train: {notebook: lost.ipynb}}")
    with pytest.raises(DefinitionError) as refused:
        jupyter_mlops.apply_jobs("jobs.yaml")
    assert refused.value.field == "jobs.train.notebook"


def test_jobs_are_exported_to_a_file_that_is_not_written_over(in_a_folder: Path) -> None:
    jupyter_mlops.schedule("train.ipynb", {"C": 2}, name="hourly", every="1h")
    told = jupyter_mlops.export_jobs(["hourly"], file="jobs.yaml")
    assert told["jobs"]["hourly"]["parameters"] == {"C": 2.0} and jupyter_mlops.export_jobs() == told
    with pytest.raises(ConflictError):
        jupyter_mlops.export_jobs(file="jobs.yaml")
    jupyter_mlops.apply_jobs("jobs.yaml", adopt=True)
    assert jupyter_mlops.plan_jobs("jobs.yaml") == []
    with pytest.raises(NotFoundError):
        jupyter_mlops.export_jobs(["daily"])


def test_a_scheduler_is_looked_at_before_it_is_taken_over(tmp_path: Path) -> None:
    database = tmp_path / "scheduler.sqlite"
    with sqlite3.connect(database) as connection:
        connection.execute(
            "CREATE TABLE job_definitions"
            " (job_definition_id, name, input_filename, schedule, timezone, create_time, active, parameters)"
        )
        connection.execute(
            "INSERT INTO job_definitions VALUES"
            " ('d1', 'nightly', 'train.ipynb', '0 6 * * *', 'UTC', 1, 1, NULL)"
        )
    (would,) = jupyter_mlops.import_scheduler(database)
    assert (would.job, would.job_id) == ("nightly", None) and jupyter_mlops.list_jobs() == []
    (did,) = jupyter_mlops.import_scheduler(database, dry_run=False)
    assert jupyter_mlops.find_job("nightly").id == did.job_id
    with pytest.raises(NotFoundError):
        jupyter_mlops.import_scheduler(tmp_path / "none.sqlite")


def test_channels_are_set_up_listed_and_removed_without_their_addresses() -> None:
    hook = {"name": "hook", "kind": "json", "source": "file"}
    assert jupyter_mlops.set_channel("hook", "json://user:hidden@127.0.0.1:9/hidden") == hook
    assert jupyter_mlops.list_channels() == [hook]
    with pytest.raises(NotDeliveredError) as failed:
        jupyter_mlops.send_test("hook")
    assert "hidden" not in str(failed.value)
    jupyter_mlops.remove_channel("hook")
    assert jupyter_mlops.list_channels() == []
    with pytest.raises(NotFoundError):
        jupyter_mlops.send_test("hook")
    with pytest.raises(BadInputError):
        jupyter_mlops.send_test("jupyterlab")


def test_what_was_told_is_listed(settings: Settings, in_a_folder: Path) -> None:
    store = settings.open_store()
    run = queue_run(store, add_job(store, root=str(in_a_folder.resolve())))
    with store.session() as session:
        note(session, run, "one", "jupyterlab", Message("failed", "It failed", "why"))
    store.close()
    assert [told["title"] for told in jupyter_mlops.list_notifications(unseen=True)] == ["It failed"]
    assert jupyter_mlops.list_notifications(channel="team-mail") == []
    with pytest.raises(BadInputError):
        jupyter_mlops.list_notifications(limit=0)


def test_old_runs_go_unless_it_is_dry(settings: Settings, in_a_folder: Path) -> None:
    store = settings.open_store()
    ended = datetime.now(timezone.utc) - timedelta(days=30)
    job = add_job(store, root=str(in_a_folder.resolve()))
    run = queue_run(store, job, state="failed", created_at=ended, ended_at=ended, snapshot_sha=None)
    store.close()
    would = jupyter_mlops.clean_runs(older_than="7d")
    assert would.dry_run and [gone.id for gone in would.runs] == [run.id]
    assert jupyter_mlops.clean_runs(older_than="60d", dry_run=False).runs == []
    assert jupyter_mlops.clean_runs(older_than="7d", job=job.id, dry_run=False).runs == would.runs
    assert jupyter_mlops.list_runs() == []
    with pytest.raises(BadInputError):
        jupyter_mlops.clean_runs(older_than="soon")
