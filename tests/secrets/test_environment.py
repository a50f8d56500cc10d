"""An environment is checked by its field, its values are repeated in no message, and every run carries it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from notebook_files import WriteNotebook

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError, ConflictError, MlopsError, ParameterError
from jupyter_mlops.jobs import batches, run_actions, service
from jupyter_mlops.jobs.batches import submit_matrix
from jupyter_mlops.jobs.definitions.apply import apply, plan
from jupyter_mlops.jobs.definitions.definition import read_definitions
from jupyter_mlops.jobs.definitions.export import as_yaml, export_definitions
from jupyter_mlops.jobs.definitions.yaml_lines import DefinitionError
from jupyter_mlops.jobs.fires import fire_due_triggers
from jupyter_mlops.jobs.preflight.runs import preflight_request
from jupyter_mlops.jobs.run_actions import RunActions
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.spec import JobChange, RunRequest, ScheduleRequest
from jupyter_mlops.jobs.triggers.request import TriggerRequest
from jupyter_mlops.jobs.views import job_as_dict, run_as_dict
from jupyter_mlops.secrets.environment import MAX_VARIABLES, check_environment, references
from jupyter_mlops.secrets.keeping import Secrets
from jupyter_mlops.store import Store
from jupyter_mlops.store.paging import PageRequest

GIVEN = {"DB_HOST": "db.example.org", "DB_PASSWORD": "secret://db-password"}
DEFINED = """
jobs:
  train:
    notebook: train.ipynb
    environment:
      DB_HOST: db.example.org
      DB_PASSWORD: secret://db-password
"""


@pytest.fixture
def jobs(
    store: Store,
    settings: Settings,
    notebook_folder: Any,
    write_notebook: WriteNotebook,
    monkeypatch: pytest.MonkeyPatch,
) -> JobService:
    """The jobs of a root with one notebook, `train.ipynb`. No worker takes its runs away."""
    for module in (service, run_actions, batches):
        monkeypatch.setattr(module, "ensure_worker", lambda *_: False)
    write_notebook("train.ipynb", "C", parameters="C: float = 1.0\nname: str = 'a'")
    return JobService(store, settings, notebook_folder.resolve())


def asked(**more: Any) -> RunRequest:
    return RunRequest("train.ipynb", **{"environment": GIVEN, **more})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "x"),
        ("1A", "x"),
        ("A B", "x"),
        ("A=B", "x"),
        ("Ä", "x"),
        ("A" * 101, "x"),
        ("JUPYTER_MLOPS_RUN_ID", "x"),
        ("Jupyter_mlops_redact", "x"),
        ("MLFLOW_TRACKING_URI", "http://elsewhere"),
        ("JPY_SESSION_NAME", "x"),
        ("A", "a\0b"),
        ("A", "\ud800"),
        ("A", "x" * 8_001),
        ("A", 17),
        ("A", None),
        ("A", "secret://"),
        ("A", "secret://../etc/passwd"),
        ("A", "secret://.hidden"),
        ("A", "secret://a/b"),
        ("A", "secret://" + "a" * 101),
        ("A", "Secret://a"),
        ("DB_PASSWORD", "hunter2hunter2"),
        ("api_key", "hunter2hunter2"),
        ("DATABASE_URL", "postgresql://bob:hunter2hunter2@db/x"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_field_and_never_repeated(name: str, text: Any) -> None:
    with pytest.raises(BadInputError) as refused:
        check_environment({"FINE": "1", name: text})
    told = str(refused.value.as_problem())
    assert (refused.value.field or "").startswith("environment.") and refused.value.hint
    assert "hunter2" not in told and "elsewhere" not in told


def test_what_a_process_can_be_given_is_taken() -> None:
    given = {
        **GIVEN,
        "PATH": "/usr/bin",
        "PYTHONPATH": "lib",
        "_": "",
        "lower": "ü\n2",
        "DB_PASSWORD_FILE": "/run/secrets/db",
        "AWS_SECRET_ACCESS_KEY": "secret://aws.key_1",
        "TOKEN": "",
    }
    assert check_environment(given) == given
    assert references(given) == {"DB_PASSWORD": "db-password", "AWS_SECRET_ACCESS_KEY": "aws.key_1"}
    with pytest.raises(BadInputError) as refused:
        check_environment({f"A{number}": "" for number in range(MAX_VARIABLES + 1)})
    assert refused.value.field == "environment"


def test_every_way_to_a_run_carries_the_environment(jobs: JobService) -> None:
    first = jobs.submit(asked())
    again = RunActions(jobs).rerun(first.id)
    matrix = submit_matrix(jobs, asked(), {"C": [1, 2]})
    job = jobs.create_job(asked(name="nightly"), ScheduleRequest("* * * * *", "UTC"))
    of_job = jobs.run_job(job.id)
    fire_due_triggers(jobs.store, jobs.settings, datetime.now(timezone.utc) + timedelta(minutes=2))
    fired = [run for run in jobs.list_runs(PageRequest(), job_id=job.id).items if run.trigger_id]
    runs = [first, again, *matrix, of_job, *fired]
    assert len(runs) == 6 and all(run.environment == GIVEN for run in runs)
    assert run_as_dict(first)["environment"] == job_as_dict(job, None)["environment"] == GIVEN


def test_a_run_of_a_job_has_the_jobs_environment_below_its_own(jobs: JobService) -> None:
    jobs.submit(asked(name="job"))
    other = jobs.submit(asked(name="job", environment={"DB_HOST": "other", "N": "1"}))
    assert other.environment == {**GIVEN, "DB_HOST": "other", "N": "1"}
    assert jobs.submit(asked(name="job", environment={})).environment == GIVEN
    assert jobs.submit(asked(name="without", environment={})).environment is None


def test_a_jobs_environment_is_changed_and_taken_away(jobs: JobService) -> None:
    job = jobs.create_job(asked(), None)
    assert jobs.change_job(job.id, JobChange(name="renamed")).environment == GIVEN
    assert jobs.change_job(job.id, JobChange(environment={"A": "1"})).environment == {"A": "1"}
    assert jobs.change_job(job.id, JobChange(environment={})).environment is None
    with pytest.raises(BadInputError):
        jobs.change_job(job.id, JobChange(environment={"TOKEN": "open sesame"}))


def test_another_trigger_keeps_the_environment_and_may_not_change_it(jobs: JobService) -> None:
    hourly = TriggerRequest.parse({"kind": "interval", "spec": {"seconds": 3600}})
    assert jobs.schedule_job(asked(), hourly).trigger.job.environment == GIVEN
    assert jobs.schedule_job(asked(environment={}), hourly).trigger.job.environment == GIVEN
    with pytest.raises(ConflictError):
        jobs.schedule_job(asked(environment={"DB_HOST": "other"}), hourly)


def test_a_reference_is_no_parameter(jobs: JobService) -> None:
    for submit in (jobs.submit, lambda request: preflight_request(request, jobs.root, jobs.settings)):
        with pytest.raises(ParameterError) as refused:
            submit(RunRequest("train.ipynb", parameters={"name": "secret://db-password"}))
        assert refused.value.field == "parameters.name" and "environment" in str(refused.value.hint)
    assert not jobs.list_runs(PageRequest()).items


def test_a_key_of_before_there_were_environments_still_names_its_request() -> None:
    assert RunRequest("train.ipynb", parameters={"C": 2}, idempotency_key="once").fingerprint == (
        "0bd61cf1fcc2ed50"
    )
    assert asked().fingerprint != RunRequest("train.ipynb").fingerprint


def test_preflight_warns_of_a_secret_that_is_not_here(jobs: JobService) -> None:
    def told() -> list[tuple[str, str | None, bool]]:
        found = run_as_dict(jobs.submit(asked()))["findings"]
        return [(one["code"], one["subject"], one["certain"]) for one in found if one["code"] == "secret"]

    assert told() == [("secret", "db-password", False)]
    (finding,) = (one for one in preflight_request(asked(), jobs.root, jobs.settings) if one.code == "secret")
    assert "DB_PASSWORD" in finding.message and "secrets set db-password" in str(finding.hint)
    Secrets(jobs.settings).keep("db-password", "open sesame")
    assert told() == []


def test_a_definitions_environment_is_applied_exported_and_found_unchanged(jobs: JobService) -> None:
    apply(jobs.store, jobs.settings, jobs.root, read_definitions(DEFINED.encode(), "jobs.yaml"), "jobs.yaml")
    (job,) = jobs.list_jobs(PageRequest()).items
    assert job.environment == GIVEN
    with jobs.store.reading() as session:
        exported = as_yaml(export_definitions(session, [job]))
    for text in (DEFINED, exported):
        again = read_definitions(text.encode(), "jobs.yaml")
        assert plan(jobs.store, jobs.settings, jobs.root, again, "jobs.yaml") == []


@pytest.mark.parametrize(
    ("wrong", "line"), [("hunter2hunter2", 7), ("17000000", 7), ("secret://../x", 7), ("[a]", 7)]
)
def test_a_wrong_definition_is_refused_with_its_line(jobs: JobService, wrong: str, line: int) -> None:
    text = DEFINED.replace("secret://db-password", wrong)
    with pytest.raises(MlopsError) as refused:
        apply(jobs.store, jobs.settings, jobs.root, read_definitions(text.encode(), "jobs.yaml"), "jobs.yaml")
    assert isinstance(refused.value, DefinitionError) and f"line {line}" in refused.value.message
    assert "hunter2" not in str(refused.value.as_problem())
