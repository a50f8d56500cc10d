"""`jupyter mlops secrets` and `--env`: values come in by standard input only, and never out."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from command_line import ENDS_WITHIN_S, CommandLine

from jupyter_mlops.cli import cli
from jupyter_mlops.config import DATA_DIR
from jupyter_mlops.interface.runs import run as run_notebook
from jupyter_mlops.jobs.preflight.secrets import report_secrets
from jupyter_mlops.secrets.keeping import VARIABLE_PREFIX

VALUE = "ope$ 'sesame' ü"


def secrets(command_line: CommandLine, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    process = command_line.start("secrets", *words, stdin=subprocess.PIPE)
    stdout, stderr = process.communicate(typed, timeout=ENDS_WITHIN_S)
    return subprocess.CompletedProcess(words, process.returncode, stdout, stderr)


@pytest.fixture
def without_secrets(command_line: CommandLine) -> Iterator[None]:
    yield
    for kept in (command_line.bench.settings.data_dir / "secrets").glob("*"):
        kept.unlink()


def test_a_secret_is_set_from_standard_input_listed_and_deleted(
    command_line: CommandLine, without_secrets: None
) -> None:
    done = secrets(command_line, "set", "db-password", typed=f"{VALUE}\n")
    assert done.returncode == 0, done.stderr
    kept = command_line.bench.settings.data_dir / "secrets" / "db-password"
    assert kept.read_text("utf-8") == VALUE and stat.S_IMODE(kept.stat().st_mode) == 0o600
    listed = command_line.json("secrets", "list")
    assert listed == {"items": [{"name": "db-password", "source": "kept", "place": str(kept)}]}
    table = command_line.call("secrets", "list")
    assert "db-password" in table.stdout
    for said in (done, table):
        assert "sesame" not in said.stdout + said.stderr
    assert secrets(command_line, "delete", "db-password").returncode == 0
    assert command_line.json("secrets", "list") == {"items": []}


def test_a_secret_that_another_place_has_is_told_to_lose(
    command_line: CommandLine, without_secrets: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DATA_DIR, str(command_line.bench.settings.data_dir))
    monkeypatch.setenv(f"{VARIABLE_PREFIX}DB_PASSWORD", "of the worker")
    done = CliRunner().invoke(cli, ["secrets", "set", "db-password"], input=VALUE)
    assert f"{VARIABLE_PREFIX}DB_PASSWORD" in done.stderr and "of the worker" not in done.stderr


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (["set", "../x"], VALUE),
        (["set", "empty"], "\n"),
        (["set", "db-password", VALUE], ""),
        (["delete", "nothing"], ""),
    ],
)
def test_what_cannot_be_is_refused_and_no_value_repeated(
    command_line: CommandLine, words: list[str], typed: str
) -> None:
    done = secrets(command_line, *words, typed=typed)
    assert done.returncode == 2
    if VALUE not in words:
        assert "sesame" not in done.stdout + done.stderr
    assert not list((command_line.bench.settings.data_dir / "secrets").glob("*"))


@pytest.mark.slow
def test_env_gives_variables_to_a_run_and_a_schedule(command_line: CommandLine) -> None:
    bench = command_line.bench
    bench.write("env.ipynb", "import os; print(os.environ['A'])")
    given = ("--env", "A=b=c", "--env", "B_TOKEN=secret://nobody-has-it")
    done = command_line.json("run", "env.ipynb", "--no-wait", "--root", str(bench.root), *given)
    expected = {"A": "b=c", "B_TOKEN": "secret://nobody-has-it"}
    assert bench.jobs.get_run(done["run_id"]).environment == expected
    job = command_line.json("schedule", "env.ipynb", "--every", "1h", "--name", "hourly", "--paused", *given)
    assert job["environment"] == expected
    status, message, _ = report_secrets(bench.store, bench.settings)
    assert status == "warning" and "nobody-has-it" in message
    ended = bench.ended(bench.jobs.get_run(done["run_id"]))
    assert ended.reason == "secret_missing"
    shown = command_line.call("show", ended.id)
    assert "secret://nobody-has-it" in shown.stdout


@pytest.mark.parametrize("given", ["A", "A_TOKEN=plain-and-open", "1=2", "JUPYTER_MLOPS_RUN_ID=x"])
def test_a_wrong_env_is_refused_by_its_field(command_line: CommandLine, given: str) -> None:
    command_line.bench.write("env.ipynb", "1")
    done = command_line.call("run", "env.ipynb", "--json", "--env", given)
    assert done.returncode == 2
    problem = json.loads(done.stdout or done.stderr)
    assert "environment" in json.dumps(problem) and "plain-and-open" not in json.dumps(problem)


def test_python_takes_an_environment_too(command_line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = command_line.bench
    for name, value in bench.settings.process_environment().items():
        monkeypatch.setenv(name, value)
    bench.write("api.ipynb", "1")
    run = run_notebook(bench.root / "api.ipynb", root=bench.root, environment={"A": "1"}, wait=False)
    assert bench.jobs.get_run(run.id).environment == {"A": "1"}
    assert "A" not in os.environ
