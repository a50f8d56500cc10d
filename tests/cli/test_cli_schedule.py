"""`schedule` and `triggers`: every way to say when, and what cannot be said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import jupyter_mlops
from jupyter_mlops.cli import main
from jupyter_mlops.config import Settings
from jupyter_mlops.errors import ScheduleError
from jupyter_mlops.jobs import service as job_service
from jupyter_mlops.jobs.triggers import service


@pytest.fixture(autouse=True)
def in_a_folder_of_notebooks(
    settings: Settings, write_notebook, notebook_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_notebook("train.ipynb", "print(C)", parameters="C: float = 1.0\npath: str = ''")
    monkeypatch.chdir(notebook_folder)
    for module in (service, job_service):
        monkeypatch.setattr(module, "ensure_worker", lambda *_: False)


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]):
    def call(*words: str, code: int = 0) -> Any:
        capsys.readouterr()
        assert main([*words, "--json"]) == code
        return json.loads(capsys.readouterr().out)

    return call


@pytest.mark.parametrize(
    ("words", "kind", "said"),
    [
        (["--cron", "@daily", "--timezone", "Europe/Berlin"], "cron", "At 00:00 every day (Europe/Berlin)"),
        (["--every", "15m"], "interval", "Every 15 minutes"),
        (["--every", "90"], "interval", "Every 90 seconds"),
        (["--at", "2099-01-01T06:00:00+00:00"], "once", "Once, at 2099-01-01 06:00 UTC"),
        (
            ["--on-file", "data/*.csv", "--on", "created", "--pass", "path", "path"],
            "file",
            "When a file of data/*.csv is made",
        ),
        (["--on-model", "churn", "--alias", "champion"], "registry", "When the alias champion of"),
        (["--http", "--signed"], "http", "When its address is called with a signature"),
    ],
)
def test_each_way_to_say_when(told, words: list[str], kind: str, said: str) -> None:
    job = told("schedule", "train.ipynb", *words)
    (trigger,) = job["triggers"]
    assert (trigger["kind"], trigger["id"]) == (kind, job["trigger_id"])
    assert trigger["description"].startswith(said)
    assert (job["token"] is not None) == (kind == "http")


def test_a_job_gets_several_triggers_one_after_the_other(told) -> None:
    told("schedule", "train.ipynb", "--name", "first", "--every", "1h")
    told("schedule", "train.ipynb", "--name", "then", "--after", "first", "--on", "any")
    job = told("schedule", "train.ipynb", "--name", "then", "--cron", "@weekly", "--paused")
    assert [trigger["kind"] for trigger in job["triggers"]] == ["after", "cron"]
    assert [one["state"] for one in told("triggers", "then")["items"]] == ["active", "paused"]
    assert len(told("triggers")["items"]) == 3
    refused = told("schedule", "train.ipynb", "--name", "then", "--every", "60", "-p", "C", "2", code=2)
    assert refused["field"] == "name"


def test_one_trigger_is_paused_resumed_given_a_new_token_and_deleted(told, capsys) -> None:
    job = told("schedule", "train.ipynb", "--http")
    trigger = job["trigger_id"]
    assert told("triggers", "--pause", trigger)["state"] == "paused"
    assert told("triggers", "--resume", trigger)["state"] == "active"
    assert told("triggers", "--new-token", trigger)["token"] not in (None, job["token"])
    assert main(["triggers"]) == 0
    assert "When its address is called" in capsys.readouterr().out
    assert told("triggers", "--delete", trigger) == {"id": trigger, "deleted": True}
    assert told("triggers", "--delete", trigger, code=2)["field"] == "trigger"


def test_the_address_and_the_token_are_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schedule", "train.ipynb", "--http"]) == 0
    shown = capsys.readouterr().out
    assert "/jupyter-mlops/api/hooks/" in shown and "mlops_" in shown
    assert main(["triggers"]) == 0 and main(["jobs"]) == 0
    assert "mlops_" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ([], "cron"),
        (["--cron", "@daily", "--every", "60"], "every"),
        (["--every", "often"], "every"),
        (["--every", "0"], "seconds"),
        (["--at", "soon"], "at"),
        (["--at", "2020-01-01"], "at"),
        (["--on-file", "../x"], "path"),
        (["--after", "nowhere"], "job"),
        (["--on-file", "x", "--on", "success"], "on"),
        (["--on-model", "a/b"], "model"),
        (["--on-file", "x", "--pass", "D", "path"], "pass.D"),
        (["--http", "--missed", "all"], "missed"),
        (["--cron", "@daily", "--timezone", "Mars"], "timezone"),
        (["--every", "60", "--jitter", "-1"], "jitter_s"),
    ],
)
def test_what_cannot_be_said_is_refused_and_no_job_is_made(told, words: list[str], field: str) -> None:
    refused = told("schedule", "train.ipynb", *words, code=2)
    assert refused["field"] == field
    assert told("jobs")["items"] == []


def test_python_says_the_same(notebook_folder: Path) -> None:
    made = jupyter_mlops.schedule(notebook_folder / "train.ipynb", {"C": 2}, every="15m", name="often")
    assert (made.job, made.kind, made.description) == ("often", "interval", "Every 15 minutes")
    assert made.next_fire_at is not None and made.token is None
    called = jupyter_mlops.schedule("train.ipynb", {"C": 2}, name="often", http=True)
    assert called.job_id == made.job_id and called.token and called.hook
    with pytest.raises(ScheduleError):
        jupyter_mlops.schedule("train.ipynb")
    with pytest.raises(TypeError):
        jupyter_mlops.schedule("train.ipynb", evry="15m")
