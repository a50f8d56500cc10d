"""Policies as options: each that there is, what they come to, and how a bad value is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import click
import pytest

import jupyter_mlops
from jupyter_mlops.cli import cli, main
from jupyter_mlops.config import Settings
from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.runs import workers

EVERY = ["--every", "7d", "--name", "weekly"]


@pytest.fixture(autouse=True)
def in_a_folder(
    settings: Settings, write_notebook, notebook_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "ensure_worker", lambda *_: False)
    write_notebook("train.ipynb", "print(C)", parameters="C: float = 1.0")
    monkeypatch.chdir(notebook_folder)


def answered(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    assert main([*words, "--json"]) == code
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


@pytest.mark.parametrize("command", ["run", "schedule", "change"])
def test_every_policy_has_an_option(command: str) -> None:
    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    options = {parameter.name for parameter in found.params}
    policies = {field.name for field in dataclasses.fields(Policies)}
    assert policies - {"max_attempts"} <= options and "retries" in options


def test_who_is_told_what_is_kept_and_when_it_is_tried_again_are_the_jobs_policies(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = ["--notify", "failed=jupyterlab,team-mail", "--notify", "failed", "ops", "--notify", "succeeded="]
    kept = ["--retention", "older_than=30d, keep=20,max_size=5GB"]
    again = ["--retries", "2", "--retry-backoff", "1.5", "--retry-max-delay", "90", "--retry-on", "error"]
    answered(capsys, "schedule", "train.ipynb", *EVERY, *told, *kept, *again)
    policies = jupyter_mlops.find_job("weekly").policies
    assert policies["notify"] == {"failed": ["jupyterlab", "team-mail", "ops"], "succeeded": []}
    assert policies["retention"] == {"older_than": "30d", "keep": 20, "max_size": "5GB"}
    assert (policies["max_attempts"], policies["retry_backoff"], policies["retry_max_delay_s"]) == (
        3,
        1.5,
        90,
    )
    assert policies["retry_on"] == ["error"]


def test_a_change_leaves_the_events_and_policies_that_it_does_not_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answered(
        capsys,
        "schedule",
        "train.ipynb",
        *EVERY,
        "--notify",
        "failed=ops",
        "--retention",
        "keep=3",
        "--retries",
        "1",
    )
    answered(capsys, "change", "weekly", "--notify", "recovered=team-mail")
    policies = jupyter_mlops.find_job("weekly").policies
    assert policies["notify"] == {"failed": ["ops"], "recovered": ["team-mail"]}
    assert (policies["retention"], policies["max_attempts"]) == ({"keep": 3}, 2)
    answered(capsys, "change", "weekly", "--retention", "off", "--notify", "failed=")
    policies = jupyter_mlops.find_job("weekly").policies
    assert policies["notify"] == {"failed": [], "recovered": ["team-mail"]}
    assert policies.get("retention", {}) == {}


@pytest.mark.parametrize(
    ("words", "field", "message", "hint"),
    [
        (["--notify", "fail=ops"], "policies.notify", "no event 'fail'", "There are started"),
        (["--notify", "failed=Team Mail"], "policies.notify.failed", "'Team Mail'", "as in team-mail"),
        (["--retention", "keep=many"], "policies.retention.keep", "'many' is no count", "whole number"),
        (["--retention", "keep"], "policies.retention", "'keep' is no limit", "keep=20"),
        (["--retention", "kept=3"], "policies.retention", "are no limits", "keep"),
        (["--retention", "older_than=soon"], "policies.retention.older_than", "soon", ""),
        (["--retention", "max_size=big"], "policies.retention.max_size", "'big' is no size", "500MB"),
        (["--retry-on", "error,bad luck"], "policies.retry_on", "bad luck", "Give a list of error"),
        (["--retry-backoff", "0.5"], "policies.retry_backoff", "0.5", "from 1"),
        (["--retries", "99"], "policies.max_attempts", "100", "from 1 to 20"),
        (["--timeout", "0"], "policies.timeout_s", "0.0", "from 0.1"),
        (["--max-parallel", "2"], "policies.max_parallel", "overlap", "allow"),
        (["--executor", "moon"], "policies.executor", "moon", ""),
    ],
)
@pytest.mark.parametrize("command", [["run", "train.ipynb"], ["change", "weekly"]], ids=["run", "change"])
def test_a_bad_value_is_told_with_its_field_its_option_and_its_mend(
    command: list[str],
    words: list[str],
    field: str,
    message: str,
    hint: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    jupyter_mlops.schedule("train.ipynb", name="weekly", every="7d")
    refusal = answered(capsys, *command, *words, code=2)
    assert (refusal["state"], refusal["field"]) == ("refused", field)
    assert message in refusal["message"]
    assert hint in refusal["hint"] and words[0] in refusal["hint"]
    job = jupyter_mlops.find_job("weekly")
    assert (job.policies, job.runs()) == ({}, [])
