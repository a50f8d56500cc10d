"""jobs.yaml: a plan is what apply does, apply twice does nothing, and a bad file does nothing at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from notebook_files import WriteNotebook

from jupyter_mlops.config import Settings
from jupyter_mlops.jobs import service as job_service
from jupyter_mlops.jobs.definitions.apply import Change, apply, plan
from jupyter_mlops.jobs.definitions.definition import read_definitions, schema
from jupyter_mlops.jobs.definitions.export import as_yaml, export_definitions
from jupyter_mlops.jobs.definitions.yaml_lines import DefinitionError
from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.jobs.triggers import service as trigger_service
from jupyter_mlops.jobs.triggers.service import TriggerService
from jupyter_mlops.store import Store
from jupyter_mlops.store.paging import PageRequest
from jupyter_mlops.store.tables import Job

DOCS = Path(__file__).parents[3] / "docs"
WHOLE = """
version: 1
jobs:
  evaluate:  # comes after one that stands further down
    notebook: train.ipynb
    triggers:
      - kind: after
        job: prepare
        on: success
        pass: {C: metrics.accuracy}
      - {kind: http, parameters: [C], per_minute: 5}
  prepare:
    notebook: train.ipynb
    parameters: {C: 0.5}
    register: churn
    policies: {max_attempts: 3, overlap: allow, max_parallel: 2}
    presets: {quick: {C: 1}}
    triggers:
      - {kind: cron, cron: 0 6 * * *, timezone: Europe/Berlin, missed: all}
      - {kind: interval, seconds: 3600, jitter_s: 60}
      - {kind: file, path: data/*.csv, on: created}
      - {kind: registry, model: churn, on: alias, alias: champion}
      - {kind: once, at: 2099-01-01T00:00:00Z, active: false}
"""


class Repository:
    """A folder with a jobs.yaml, and the store."""

    def __init__(self, store: Store, settings: Settings, root: Path) -> None:
        self.store, self.settings, self.root = store, settings, root

    def plan(self, text: str, **options: Any) -> list[Change]:
        definitions = read_definitions(text.encode(), "jobs.yaml")
        return plan(self.store, self.settings, self.root, definitions, "jobs.yaml", **options)

    def apply(self, text: str, source: str = "jobs.yaml", **options: Any) -> list[Change]:
        definitions = read_definitions(text.encode(), "jobs.yaml")
        return apply(self.store, self.settings, self.root, definitions, source, **options)

    @property
    def service(self) -> JobService:
        return JobService(self.store, self.settings, self.root)

    def jobs(self) -> dict[str, Job]:
        return {job.name: job for job in self.service.list_jobs(PageRequest(200)).items}


@pytest.fixture
def repository(
    store: Store, settings: Settings, notebook_folder: Path, write_notebook: WriteNotebook, monkeypatch
) -> Repository:
    for module in (job_service, trigger_service):
        monkeypatch.setattr(module, "ensure_worker", lambda *_: False)
    write_notebook("train.ipynb", "C", parameters="C: float = 1.0\nfold: int = 0")
    return Repository(store, settings, notebook_folder.resolve())


def told(made: list[Change]) -> list[tuple[str, str]]:
    return [(change.action, change.job) for change in made]


def test_a_plan_stores_nothing_apply_does_it_and_then_there_is_nothing_to_do(repository: Repository) -> None:
    planned = repository.plan(WHOLE)
    assert told(planned) == [("create", "evaluate"), ("create", "prepare")]
    assert repository.jobs() == {}
    applied = repository.apply(WHOLE)
    assert [(one.job, one.details) for one in applied] == [(one.job, one.details) for one in planned]
    jobs = repository.jobs()
    assert jobs["prepare"].parameters == {"C": 0.5} and jobs["prepare"].register_model == "churn"
    assert jobs["prepare"].policies == {"max_attempts": 3, "overlap": "allow", "max_parallel": 2}
    assert (jobs["prepare"].max_parallel, jobs["prepare"].presets) == (2, {"quick": {"C": 1}})
    assert [one.kind for one in jobs["evaluate"].triggers] == ["after", "http"]
    assert jobs["evaluate"].triggers[0].spec["job"] == jobs["prepare"].id
    assert [len(one.tokens) for one in applied] == [1, 0]
    assert repository.plan(WHOLE) == [] and repository.apply(WHOLE) == []
    again = repository.jobs()
    assert [one.id for one in again["prepare"].triggers] == [one.id for one in jobs["prepare"].triggers]
    assert again["prepare"].triggers[0].next_fire_at == jobs["prepare"].triggers[0].next_fire_at


def test_a_change_changes_what_differs_and_keeps_the_rest(repository: Repository) -> None:
    repository.apply(WHOLE)
    before = repository.jobs()
    text = WHOLE.replace("C: 0.5", "C: 0.7").replace("seconds: 3600", "seconds: 60")
    text = text.replace("      - {kind: file, path: data/*.csv, on: created}\n", "")
    (change,) = repository.plan(text)
    assert told([change]) == [("change", "prepare")]
    assert any(line.startswith("parameters: {'C': 0.5} → {'C': 0.7}") for line in change.details)
    assert any("Every hour → interval: Every minute" in line for line in change.details)
    assert any(line.startswith("- trigger file:") for line in change.details)
    repository.apply(text)
    after = repository.jobs()["prepare"]
    kept = {one.id for one in before["prepare"].triggers} & {one.id for one in after.triggers}
    assert len(kept) == 4 and after.id == before["prepare"].id
    token = before["evaluate"].triggers[1].spec["token_sha256"]
    assert repository.jobs()["evaluate"].triggers[1].spec["token_sha256"] == token
    assert repository.plan(text) == []


def test_only_jobs_that_this_file_defined_are_deleted(repository: Repository) -> None:
    repository.service.create_job(RunRequest("train.ipynb", "by hand"), None)
    repository.apply("jobs: {theirs: {notebook: train.ipynb}}", source="other.yaml")
    repository.apply("jobs: {ours: {notebook: train.ipynb}, gone: {notebook: train.ipynb}}")
    assert told(repository.apply("jobs: {ours: {notebook: train.ipynb}}")) == [("delete", "gone")]
    assert set(repository.jobs()) == {"by hand", "theirs", "ours"}


def test_a_job_made_by_hand_is_taken_over_only_when_asked(repository: Repository) -> None:
    made = repository.service.create_job(RunRequest("train.ipynb", "train"), None)
    text = "jobs:\n  train:\n    notebook: train.ipynb\n"
    with pytest.raises(DefinitionError, match=r"line 2: .* made by hand"):
        repository.apply(text)
    repository.apply(text, adopt=True)
    assert (repository.jobs()["train"].id, repository.jobs()["train"].defined_in) == (made.id, "jobs.yaml")


def test_a_trigger_paused_by_hand_stays_so_unless_the_file_says_otherwise(repository: Repository) -> None:
    text = "jobs: {a: {notebook: train.ipynb, triggers: [{kind: interval, seconds: 60}]}}"
    repository.apply(text)
    (trigger,) = repository.jobs()["a"].triggers
    TriggerService(repository.store, repository.settings, repository.root).change(
        trigger.id, {"active": False}
    )
    assert repository.plan(text) == []
    repository.apply(text.replace("seconds: 60", "seconds: 60, active: true"))
    assert repository.jobs()["a"].triggers[0].active


def test_a_matrix_makes_a_job_of_each_combination(repository: Repository) -> None:
    text = "jobs: {a: {notebook: train.ipynb, matrix: {C: [0.1, 1], fold: [1, 2]}}}"
    repository.apply(text)
    jobs = repository.jobs()
    assert sorted(jobs) == [f"a [C={c}, fold={fold}]" for c in ("0.1", "1") for fold in (1, 2)]
    assert jobs["a [C=0.1, fold=2]"].parameters == {"C": 0.1, "fold": 2}
    assert repository.plan(text) == []


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("jobs:\n  a:\n    notebok: train.ipynb\n", 3, "no field 'notebok'"),
        ("jobs:\n  a:\n    notebook: train.ipynb\n    retries: 3\n", 4, "no field 'retries'"),
        ("jobs:\n  a:\n    notebook: gone.ipynb\n", 3, "no notebook"),
        ("jobs:\n  a:\n    notebook: ../x.ipynb\n", 3, "out of the root"),
        ("jobs:\n  a:\n    notebook: train.ipynb\n    parameters:\n      C: high\n", 5, "C"),
        ("jobs:\n  a:\n    notebook: train.ipynb\n    parameters:\n      D: 1\n", 5, "no parameter D"),
        ("jobs:\n  a:\n    notebook: train.ipynb\n    kernel: cobol\n", 4, "cobol"),
        ("jobs:\n  a:\n    notebook: train.ipynb\n    register: a/b\n", 4, "a/b"),
        ("jobs:\n  a:\n    notebook: train.ipynb\n    policies:\n      overlap: sometimes\n", 5, "sometimes"),
        (
            "jobs:\n  a:\n    notebook: train.ipynb\n    policies:\n      max_attempts: 3\n      x: 1\n",
            6,
            "'x'",
        ),
        ("jobs:\n  a:\n    notebook: train.ipynb\n    matrix:\n      C: []\n", 5, ""),
        (
            "jobs:\n  a:\n    notebook: train.ipynb\n    triggers:\n"
            "      - kind: cron\n        timezone: UTC\n        cron: 61 * * * *\n",
            7,
            "minute",
        ),
        ("jobs:\n  a:\n    notebook: train.ipynb\n    triggers:\n      - kind: moon\n", 5, "moon"),
        (
            "jobs:\n  a:\n    notebook: train.ipynb\n    triggers:\n      - kind: after\n        job: b\n",
            6,
            "no job 'b'",
        ),
        (
            "jobs:\n  a:\n    notebook: train.ipynb\n    triggers:\n      - {kind: after, job: b}\n"
            "  b:\n    notebook: train.ipynb\n    triggers:\n      - {kind: after, job: a}\n",
            9,
            "for ever",
        ),
        ("- a\n", 1, "object"),
        ("", 1, "Nothing"),
        ("jobs:\n  a: {notebook: train.ipynb}\n  a: {notebook: train.ipynb}\n", 3, "twice"),
    ],
)
def test_a_bad_file_is_refused_with_its_line_and_nothing_of_it_is_done(
    repository: Repository, text: str, line: int, said: str
) -> None:
    good = "\n  zz:\n    notebook: train.ipynb\n"
    with pytest.raises(DefinitionError) as refused:
        repository.apply(text.rstrip() + (good if text.startswith("jobs:\n  a:\n") else "\n"))
    assert refused.value.message.startswith(f"jobs.yaml, line {line}: ")
    assert said in refused.value.message
    assert repository.jobs() == {}


def lines(refused: pytest.ExceptionInfo[DefinitionError]) -> list[tuple[int, str | None]]:
    return [(one.line, one.field) for one in refused.value.problems]


def test_all_that_is_wrong_is_told_at_once(repository: Repository) -> None:
    text = """jobs:
  a:
    notebook: gone.ipynb
    triggers:
      - kind: moon
  b:
    notebook: train.ipynb
    parameters: {D: 1}
  c:
    notebook: train.ipynb
    triggers:
      - {kind: after, job: a}
      - {kind: cron, cron: 61 * * * *, timezone: UTC}
      - {kind: interval, seconds: 60}
      - {kind: file, path: ../x}
      - {kind: after, job: d}
  d:
    notebok: train.ipynb
    retries: 1
  e: {notebook: train.ipynb, matrix: {C: []}}
"""
    for do in (repository.plan, repository.apply):
        with pytest.raises(DefinitionError) as refused:
            do(text)
        assert lines(refused) == [
            (3, "jobs.a.notebook"),
            (5, "jobs.a.triggers.0.kind"),
            (8, "jobs.b.parameters.D"),
            (13, "jobs.c.triggers.1.cron"),
            (15, "jobs.c.triggers.3.path"),
            (18, "jobs.d.notebok"),
            (19, "jobs.d.retries"),
            (20, "jobs.e.matrix.C"),
        ], "and not that c comes after a and d, which are there, if they are wrong"
        told = refused.value.message.splitlines()
        assert [line.split(":")[0] for line in told] == [
            f"jobs.yaml, line {line}" for line, _ in lines(refused)
        ]
        assert "8 things" in (refused.value.hint or "")
        assert repository.jobs() == {}


def test_a_file_without_readable_jobs_is_refused_as_a_whole(repository: Repository) -> None:
    with pytest.raises(DefinitionError) as refused:
        repository.plan("version: 7\njobs: []\n")
    assert lines(refused) == [(1, "version"), (2, "jobs")]


def test_where_notebooks_are_kept_is_read_and_written_and_never_with_a_password(
    repository: Repository,
) -> None:
    text = "jobs:\n  a:\n    notebook: train.ipynb\n    policies:\n      output_url: {}\n"
    repository.apply(text.format("file:///mnt/share"))
    assert repository.jobs()["a"].policies == {"output_url": "file:///mnt/share"}
    with repository.store.reading() as session:
        exported = as_yaml(export_definitions(session, repository.jobs().values()))
    assert "output_url: file:///mnt/share" in exported and repository.plan(exported) == []
    for url, said in (("mnt/share", "protocol"), ("ftp://a:hunter2@b/c", "password"), ("17", "address")):
        with pytest.raises(DefinitionError) as refused:
            repository.apply(text.format(url))
        told = str(refused.value.as_problem())
        assert refused.value.line == 5 and (said in told or "type" in told) and "hunter2" not in told
    repository.apply(text.format("null"))
    assert repository.jobs()["a"].policies.get("output_url") is None


def test_what_is_exported_is_what_is_there(repository: Repository) -> None:
    repository.apply(WHOLE)
    with repository.store.reading() as session:
        text = as_yaml(export_definitions(session, repository.jobs().values()))
    assert "token" not in text
    Draft202012Validator(schema()).validate(yaml.safe_load(text))
    assert repository.plan(text) == []
    for job in repository.jobs().values():
        repository.service.delete_job(job.id)
    repository.apply(text)
    assert repository.plan(WHOLE) == []


def test_the_schema_is_valid_and_takes_the_examples() -> None:
    Draft202012Validator.check_schema(schema())
    validator = Draft202012Validator(schema())
    validator.validate(read_definitions(WHOLE.encode(), "jobs.yaml").document.data)
    examples = [
        block.partition("```")[0] for block in (DOCS / "jobs-yaml.md").read_text().split("```yaml\n")[1:]
    ]
    assert examples
    for example in examples:
        read_definitions(example.encode(), "docs/jobs-yaml.md")
    assert json.dumps(schema())


def test_the_schema_knows_every_policy() -> None:
    known = schema()["$defs"]["job"]["properties"]["policies"]["properties"]
    assert sorted(known) == sorted(Policies().as_dict())
