"""A store of migration 0001 that holds jobs, a trigger and runs is brought to the newest without loss."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, insert, select

from jupyter_mlops.config import Settings
from jupyter_mlops.jobs import service
from jupyter_mlops.jobs.fires import fire_due_triggers
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.views import job_as_dict
from jupyter_mlops.store import Store, migrate
from jupyter_mlops.store.tables import Run, Trigger

MADE = datetime(2026, 11, 1, 8, 0, tzinfo=timezone.utc)
FIRED = datetime(2026, 11, 20, 6, 0, tzinfo=timezone.utc)
DUE = datetime(2026, 11, 21, 6, 0, tzinfo=timezone.utc)


def make_first_store(url: str, root: Path) -> None:
    """A store as version 0001 made and filled it."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(migrate.SCRIPTS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    with engine.begin() as connection:
        metadata = sa.MetaData()
        metadata.reflect(connection, only=["jobs", "triggers", "runs"])
        for table, rows in rows_of_0001(str(root)).items():
            for row in rows:
                connection.execute(insert(metadata.tables[table]).values(**as_stored(row)))
    engine.dispose()


def rows_of_0001(root: str) -> dict[str, list[dict[str, Any]]]:
    job = {
        "root": root,
        "notebook": "train.ipynb",
        "parameters": {"C": 2.5},
        "register_model": "churn",
        "created_at": MADE,
        "updated_at": MADE,
    }
    run = {
        "root": root,
        "job_id": "job1",
        "notebook": "train.ipynb",
        "parameters": {"C": 2.5},
        "created_at": FIRED,
        "metrics": {"accuracy": 0.9},
        "cells_done": 3,
        "cancel_requested": False,
        "snapshot_sha": "0" * 64,
        "state": "succeeded",
    }
    trigger = {"job_id": "job1", "cron": "0 6 * * *", "timezone": "UTC", "active": True, "next_fire_at": DUE}
    return {
        "jobs": [{"id": "job1", "name": "daily", **job}, {"id": "job2", "name": "by hand", **job}],
        "triggers": [{"id": "trigger1", "problem": "once it failed", **trigger}],
        "runs": [
            {"id": "run1", "trigger_id": "trigger1", "scheduled_for": FIRED, **run},
            {"id": "run2", **run, "state": "queued"},
        ],
    }


def as_stored(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.replace(tzinfo=None) if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def test_a_filled_store_of_0001_comes_through_whole_and_goes_on(
    store_url: str, settings: Settings, notebook_folder: Path, write_notebook, monkeypatch
) -> None:
    monkeypatch.setattr(service, "ensure_worker", lambda *_: False)
    write_notebook("train.ipynb", "C", parameters="C: float = 1.0")
    make_first_store(store_url, notebook_folder.resolve())
    store = Store.open(store_url)
    try:
        jobs = JobService(store, settings, notebook_folder)
        daily, by_hand = jobs.get_job("job1"), jobs.get_job("job2")
        assert (daily.parameters, daily.register_model, daily.created_at) == ({"C": 2.5}, "churn", MADE)
        assert (daily.policies, daily.presets, daily.max_parallel, daily.defined_in) == ({}, {}, 1, None)
        assert by_hand.triggers == []
        (trigger,) = daily.triggers
        assert (trigger.kind, trigger.spec) == ("cron", {"cron": "0 6 * * *", "timezone": "UTC"})
        assert (trigger.next_fire_at, trigger.active, trigger.problem) == (DUE, True, "once it failed")
        assert (trigger.missed, trigger.jitter_s, trigger.seen) == ("latest", 0.0, {})
        assert trigger.created_at == MADE
        assert json.dumps(job_as_dict(daily, None))
        fired, asked = jobs.get_run("run1"), jobs.get_run("run2")
        assert (fired.scheduled_for, fired.metrics, fired.state) == (FIRED, {"accuracy": 0.9}, "succeeded")
        assert fired.fire_key is not None and asked.fire_key is None
        assert (asked.state, asked.cause, asked.policies, asked.priority) == ("queued", {}, {}, 0)

        with store.reading() as session:
            if session.get_bind().dialect.name == "sqlite":
                assert session.scalar(sa.text("PRAGMA foreign_keys")) == 1, "it is on again"
        with store.session() as session:  # the queued one is out of the way
            session.get_one(Run, "run2").state = "cancelled"
        assert fire_due_triggers(store, settings, DUE) == 1
        with store.reading() as session:
            made = session.scalars(select(Run).where(Run.trigger_id == "trigger1", Run.id != "run1")).one()
            assert (made.scheduled_for, made.state, made.parameters) == (DUE, "queued", {"C": 2.5})
            assert session.get_one(Trigger, "trigger1").next_fire_at > DUE
    finally:
        store.close()
