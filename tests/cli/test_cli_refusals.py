"""Bad input: a message that names the field, the exit code, and nothing stored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import func, select

from jupyter_mlops.cli import main
from jupyter_mlops.config import Settings
from jupyter_mlops.store.tables import Base, Job, Run

PARAMETERS = "C: float = 1.0\nseed: int = 7"


@pytest.fixture(autouse=True)
def in_a_folder_of_notebooks(
    settings: Settings, write_notebook, notebook_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_notebook("train.ipynb", "print(C)", parameters=PARAMETERS)
    write_notebook("plain.ipynb", "print(1)")
    write_notebook(
        "kernelless.ipynb", "1", kernelspec={"name": "cobol", "display_name": "", "language": "cobol"}
    )
    (notebook_folder / "notes.txt").write_text("no notebook")
    (notebook_folder / "torn.ipynb").write_text('{"cells": [')
    (notebook_folder.parent / "outside.ipynb").write_text("{}")
    monkeypatch.chdir(notebook_folder)


REFUSALS = {
    "a path outside the root": (["../outside.ipynb", "--root", "."], "notebook", "outside_root", 2),
    "a root that is none": (["train.ipynb", "--root", "nowhere"], "root", "not_found", 2),
    "no such file": (["absent.ipynb"], "notebook", "not_found", 2),
    "a folder": (["."], "notebook", "invalid_notebook", 2),
    "not a notebook": (["notes.txt"], "notebook", "invalid_notebook", 2),
    "invalid JSON": (["torn.ipynb"], "notebook", "invalid_notebook", 2),
    "no parameters cell": (["plain.ipynb", "-p", "C", "1"], "parameters.C", "no_parameters_cell", 2),
    "an unknown parameter": (["train.ipynb", "-p", "c", "1"], "parameters.c", "unknown_parameter", 2),
    "a wrong type": (["train.ipynb", "-p", "C", "high"], "parameters.C", "invalid_parameter", 2),
    "a fraction for an int": (
        ["train.ipynb", "-p", "seed", "0.5"],
        "parameters.seed",
        "invalid_parameter",
        2,
    ),
    "an unknown kernel": (["train.ipynb", "--kernel", "fortran"], "kernel", "no_such_kernel", 2),
    "a kernel that is not installed": (["kernelless.ipynb"], "kernel", "no_such_kernel", 2),
    "a model's name": (["train.ipynb", "--register", "a/b"], "register_model", "bad_input", 2),
    "a job's name": (["train.ipynb", "--name", "a\nb"], "name", "bad_input", 2),
    "an address without a protocol": (
        ["train.ipynb", "--output-url", "bucket/prefix"],
        "policies.output_url",
        "bad_input",
        2,
    ),
    "an address with a password": (
        ["train.ipynb", "--output-url", "sftp://me:secret@host/share"],
        "policies.output_url",
        "bad_input",
        2,
    ),
    "no notebook": ([], "notebook", "usage", 2),
    "an unknown option": (["train.ipynb", "--fast"], "--fast", "usage", 2),
}


@pytest.mark.parametrize(("words", "field", "reason", "code"), REFUSALS.values(), ids=REFUSALS)
def test_bad_input_is_refused_naming_the_field_and_nothing_is_stored(
    words: list[str],
    field: str,
    reason: str,
    code: int,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", *words, "--json"]) == code
    shown = capsys.readouterr()
    answer = json.loads(shown.out)
    assert (answer["run_id"], answer["state"]) == (None, "refused")
    assert (answer["field"], answer["reason"]) == (field, reason)
    assert answer["message"] in shown.err
    assert f"[{field}]" in shown.err
    assert "Traceback" not in shown.err
    assert_nothing_is_stored(settings)


def test_a_tracking_server_that_is_missing_is_the_environments_fault(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert main(["run", "train.ipynb"]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "http://127.0.0.1:9 does not answer" in shown.err
    assert "[tracking_uri]" in shown.err
    assert "Hint: " in shown.err
    assert_nothing_is_stored(settings)


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["--cron", "61 * * * *"], "cron"),
        (["--cron", "@daily", "--timezone", "Mars/Olympus"], "timezone"),
        (["--cron", "@daily", "-p", "C", "high"], "parameters.C"),
        ([], "cron"),
    ],
)
def test_a_bad_schedule_is_refused_and_makes_no_job(
    words: list[str], field: str, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schedule", "train.ipynb", *words, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["field"] == field
    assert_nothing_is_stored(settings)


@pytest.mark.parametrize("command", ["show", "cancel"])
def test_an_unknown_run_is_told_with_where_to_look(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "feedbeef"]) == 2
    shown = capsys.readouterr().err
    assert "No run has an id that starts with 'feedbeef'." in shown
    assert "jupyter mlops runs" in shown


@pytest.mark.parametrize("command", ["pause", "resume", "delete"])
def test_an_unknown_job_is_told_with_where_to_look(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "nightly"]) == 2
    assert "no job 'nightly'" in capsys.readouterr().err


def test_a_data_folder_that_cannot_be_made_is_the_environments_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("JUPYTER_MLOPS_DATA_DIR", str(tmp_path / "file" / "data"))
    assert main(["runs"]) == 3
    assert "[JUPYTER_MLOPS_DATA_DIR]" in capsys.readouterr().err


def test_a_store_without_its_tables_is_told_without_a_traceback(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    store = settings.open_store()
    with store.engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            table.drop(connection)
    store.close()
    assert main(["runs"]) == 3
    shown = capsys.readouterr().err
    assert "no such table" in shown
    assert "Traceback" not in shown


def test_a_mistake_of_ours_is_one_line_and_its_details_are_in_the_log(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("jupyter_mlops.workspace.Workspace.list_runs", lambda *_, **__: 1 / 0)
    assert main(["runs", "--json"]) == 3
    shown = capsys.readouterr()
    assert json.loads(shown.out)["reason"] == "internal_error"
    assert "ZeroDivisionError" in shown.err
    assert "Traceback" not in shown.err
    log = settings.logs / "cli.log"
    assert str(log) in shown.err
    assert "Traceback" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


def assert_nothing_is_stored(settings: Settings) -> None:
    store = settings.open_store()
    with store.reading() as session:
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (Run, Job)]
    store.close()
    assert counts == [0, 0]
    assert not any(settings.snapshots.rglob("*.ipynb"))
