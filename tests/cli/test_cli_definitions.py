"""`plan`, `apply`, `export` and `import-scheduler` as they are typed."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from jupyter_mlops.cli import main
from jupyter_mlops.config import Settings
from jupyter_mlops.runs import workers

TEXT = """jobs:
  train:
    notebook: train.ipynb
    triggers:
      - {kind: cron, cron: 0 6 * * *, timezone: UTC}
      - {kind: http}
"""


@pytest.fixture(autouse=True)
def in_a_repository(
    settings: Settings, write_notebook, notebook_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    monkeypatch.setattr(workers, "ensure_worker", lambda *_: False)
    write_notebook("train.ipynb", "print(C)", parameters="C: float = 1.0")
    monkeypatch.chdir(notebook_folder)
    path = notebook_folder / "jobs.yaml"
    path.write_text(TEXT)
    return path


def test_plan_apply_and_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--check"]) == 1
    shown = capsys.readouterr().out
    assert "+ create train" in shown and "1 to create, 0 to change, 0 to delete" in shown
    assert main(["jobs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["items"] == []
    assert main(["apply"]) == 0
    shown = capsys.readouterr().out
    assert "Its token, shown this once: mlops_" in shown and shown.endswith("Done.\n")
    assert main(["plan", "--check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"applied": False, "changes": []}
    assert main(["apply"]) == 0
    assert "Nothing to do" in capsys.readouterr().out


def test_the_answer_as_json_has_the_tokens_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "--json"]) == 0
    (change,) = json.loads(capsys.readouterr().out)["changes"]
    assert (change["action"], change["job"]) == ("create", "train")
    assert [token["token"].startswith("mlops_") for token in change["tokens"]] == [True]


def test_a_bad_file_says_its_line(in_a_repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    in_a_repository.write_text(TEXT.replace("0 6 * * *", "61 6 * * *"))
    assert main(["apply", "--json"]) == 2
    refused = json.loads(capsys.readouterr().out)
    assert refused["message"].startswith("jobs.yaml, line 5: The minute field '61'")
    assert refused["field"] == "jobs.train.triggers.0.cron"
    assert main(["plan", "--file", "nowhere.yaml", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["field"] == "file"


def test_what_is_exported_is_taken_over(in_a_repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    in_a_repository.unlink()
    assert main(["schedule", "train.ipynb", "--every", "1h", "--name", "hourly", "-p", "C", "2"]) == 0
    assert main(["export", "--file", "jobs.yaml"]) == 0
    assert main(["export", "--file", "jobs.yaml"]) == 2, "no file is written over"
    assert main(["plan"]) == 2, "made by hand"
    assert main(["apply", "--adopt"]) == 0 and main(["plan", "--check"]) == 0
    capsys.readouterr()
    assert main(["export", "--job", "hourly", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["jobs"]["hourly"]["parameters"] == {"C": 2.0}


def test_the_schema_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--schema"]) == 0
    Draft202012Validator.check_schema(json.loads(capsys.readouterr().out))


def test_the_jobs_of_a_scheduler_that_is_not_there(tmp_path: Path, capsys) -> None:
    assert main(["import-scheduler", "--database", str(tmp_path / "scheduler.sqlite"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["field"] == "database"


def test_a_scheduler_is_looked_at_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = tmp_path / "scheduler.sqlite"
    with sqlite3.connect(database) as connection:
        connection.execute(
            "CREATE TABLE job_definitions (job_definition_id, name, input_filename, schedule, create_time)"
        )
        connection.execute("INSERT INTO job_definitions VALUES ('d1', 'nightly', 'train.ipynb', NULL, 1)")
    words = ["import-scheduler", "--database", str(database)]
    assert main([*words, "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "the job 'nightly' would be made" in said and "1 of 1 definitions would be taken over" in said
    assert main([*words, "--json"]) == 0
    (made,) = json.loads(capsys.readouterr().out)["definitions"]
    assert made["job"] == "nightly" and made["job_id"]
    assert main(["jobs", "--json"]) == 0
    assert [job["id"] for job in json.loads(capsys.readouterr().out)["items"]] == [made["job_id"]]
