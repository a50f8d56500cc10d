"""How a job's model is registered travels with every run of the job, and is refused by the field at fault."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from notebook_files import WriteNotebook

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError
from jupyter_mlops.jobs import batches, run_actions, service
from jupyter_mlops.jobs.batches import submit_matrix
from jupyter_mlops.jobs.definitions.apply import apply, plan
from jupyter_mlops.jobs.definitions.definition import read_definitions
from jupyter_mlops.jobs.definitions.export import as_yaml, export_definitions
from jupyter_mlops.jobs.definitions.yaml_lines import DefinitionError
from jupyter_mlops.jobs.fires import fire_due_triggers
from jupyter_mlops.jobs.run_actions import RunActions
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.spec import JobChange, RunRequest, ScheduleRequest
from jupyter_mlops.jobs.views import job_as_dict, run_as_dict
from jupyter_mlops.store import Store
from jupyter_mlops.store.paging import PageRequest

PLAN: dict[str, Any] = {"alias": "champion", "gates": ["metric:accuracy>=0.9", {"kind": "approval"}]}
STORED = {
    "alias": "champion",
    "gates": [
        {"kind": "metric", "before": "register", "metric": "accuracy", "min": 0.9},
        {"kind": "approval", "before": "promote"},
    ],
}
DEFINED = """
jobs:
  train:
    notebook: train.ipynb
    register:
      model: churn
      alias: champion
      gates:
        - metric:accuracy>=0.9
        - {kind: approval}
"""


@pytest.fixture
def jobs(
    store: Store,
    settings: Settings,
    notebook_folder: Path,
    write_notebook: WriteNotebook,
    monkeypatch: pytest.MonkeyPatch,
) -> JobService:
    """The jobs of a root with one notebook, `train.ipynb`. No worker takes its runs away."""
    for module in (service, run_actions, batches):
        monkeypatch.setattr(module, "ensure_worker", lambda *_: False)
    write_notebook("train.ipynb", "C", parameters="C: float = 1.0")
    return JobService(store, settings, notebook_folder.resolve())


def asked(**more: Any) -> RunRequest:
    return RunRequest("train.ipynb", register_model="churn", registration=PLAN, **more)


def test_every_way_to_a_run_carries_the_registration(jobs: JobService) -> None:
    first = jobs.submit(asked())
    again = RunActions(jobs).rerun(first.id)
    matrix = submit_matrix(jobs, asked(), {"C": [1, 2]})
    job = jobs.create_job(asked(name="nightly"), ScheduleRequest("* * * * *", "UTC"))
    of_job = jobs.run_job(job.id)
    fire_due_triggers(jobs.store, jobs.settings, datetime.now(timezone.utc) + timedelta(minutes=2))
    fired = [run for run in jobs.list_runs(PageRequest(), job_id=job.id).items if run.trigger_id]
    runs = [first, again, *matrix, of_job, *fired]
    assert len(runs) == 6 and all(run.registration == STORED for run in runs)
    assert run_as_dict(first)["registration"] == job_as_dict(job, None)["registration"] == STORED


def test_a_job_s_registration_is_changed_and_goes_with_its_model(jobs: JobService) -> None:
    job = jobs.create_job(asked(), None)
    assert jobs.change_job(job.id, JobChange(name="renamed")).registration == STORED
    changed = jobs.change_job(job.id, JobChange(registration={"alias": "shadow"}))
    assert changed.registration == {"alias": "shadow"}
    without = jobs.change_job(job.id, JobChange(register_model=""))
    assert (without.register_model, without.registration) == (None, {})


@pytest.mark.parametrize(
    ("registration", "field"),
    [
        (
            {"gates": ["metric:accuracy>=0.9", {"kind": "metric", "metric": "f1", "min": "much"}]},
            "gates[1].min",
        ),
        ({"gates": [{"kind": "metrics"}]}, "gates[0].kind"),
        ({"gates": ["approval"]}, "gates[0].before"),
        ({"alias": "latest"}, "alias"),
        ({"aliases": "champion"}, "aliases"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field_and_nothing_is_stored(
    jobs: JobService, registration: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInputError) as refused:
        jobs.submit(RunRequest("train.ipynb", register_model="churn", registration=registration))
    assert refused.value.field == f"registration.{field}"
    with pytest.raises(BadInputError) as nameless:
        jobs.submit(RunRequest("train.ipynb", registration=PLAN))
    assert nameless.value.field == "register_model"
    assert not jobs.list_runs(PageRequest()).items


def test_a_key_of_before_there_were_registrations_still_names_its_request() -> None:
    known = RunRequest("train.ipynb", parameters={"C": 2}, idempotency_key="once")
    assert known.fingerprint == "0bd61cf1fcc2ed50"
    assert asked().fingerprint != RunRequest("train.ipynb", register_model="churn").fingerprint


def test_a_definition_s_registration_is_applied_exported_and_found_unchanged(jobs: JobService) -> None:
    definitions = read_definitions(DEFINED.encode(), "jobs.yaml")
    apply(jobs.store, jobs.settings, jobs.root, definitions, "jobs.yaml")
    (job,) = jobs.list_jobs(PageRequest()).items
    assert (job.register_model, job.registration) == ("churn", STORED)
    with jobs.store.reading() as session:
        exported = as_yaml(export_definitions(session, [job]))
    for text in (DEFINED, exported):
        again = read_definitions(text.encode(), "jobs.yaml")
        assert plan(jobs.store, jobs.settings, jobs.root, again, "jobs.yaml") == []


@pytest.mark.parametrize(
    ("wrong", "line", "says"),
    [
        ("metric:accuracy>=0.9", 9, "metric:accuracy>=much"),
        ("{kind: approval}", 10, "{kind: approval, asks: me}"),
        ("alias: champion", 7, "alias: v3"),
        ("model: churn", 6, "model: a/b"),
    ],
)
def test_what_a_definition_has_wrong_is_named_by_its_line(
    jobs: JobService, wrong: str, line: int, says: str
) -> None:
    definitions = read_definitions(DEFINED.replace(wrong, says).encode(), "jobs.yaml")
    with pytest.raises(DefinitionError, match=f"line {line}:"):
        apply(jobs.store, jobs.settings, jobs.root, definitions, "jobs.yaml")
    assert not jobs.list_jobs(PageRequest()).items


def test_a_damaged_registration_is_named_and_breaks_no_list(jobs: JobService) -> None:
    if jobs.store.engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL holds no JSON that is broken")
    run = jobs.submit(asked())
    with jobs.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET registration = '{'")
    shown = run_as_dict(jobs.get_run(run.id))
    assert "registration" in shown["problem"]
    assert json.dumps(shown)
