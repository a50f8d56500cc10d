"""`jupyter mlops notify` and `notifications`: channels are set up without their addresses being seen."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from command_line import ENDS_WITHIN_S, CommandLine

SECRET = "t0p-s3cret"


def notify(command_line: CommandLine, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    process = command_line.start("notify", *words, stdin=subprocess.PIPE)
    stdout, stderr = process.communicate(typed, timeout=ENDS_WITHIN_S)
    return subprocess.CompletedProcess(words, process.returncode, stdout, stderr)


@contextmanager
def closed_port() -> Iterator[int]:
    """A port of this machine on which nobody listens, and nobody else can meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_a_channel_is_set_up_from_standard_input_listed_and_forgotten(command_line: CommandLine) -> None:
    done = notify(command_line, "--set", "team-mail", typed=f"mailto://user:{SECRET}@example.org\n")
    assert done.returncode == 0, done.stderr
    kept = command_line.bench.settings.data_dir / "channels.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600 and SECRET in kept.read_text()
    listed = command_line.json("notify")
    assert listed == {"items": [{"name": "team-mail", "kind": "mailto", "source": "file"}]}
    table = command_line.call("notify")
    assert "jupyterlab" in table.stdout and "team-mail" in table.stdout
    for said in (done, table):
        assert SECRET not in said.stdout + said.stderr
    assert notify(command_line, "--remove", "team-mail").returncode == 0
    assert command_line.json("notify") == {"items": []}


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (["--set", "Team Mail"], "json://x/y", "cannot be a channel's name"),
        (["--set", "jupyterlab"], "json://x/y", "always there"),
        (["--set", "hook"], f"{SECRET}\n", "no address"),
        (["--test", "nowhere"], "", "no channel 'nowhere'"),
        (["--remove", "nowhere"], "", "no channel 'nowhere'"),
        (["--test", "a", "--remove", "b"], "", "Only one of"),
    ],
)
def test_what_cannot_be_is_refused_and_no_address_repeated(
    command_line: CommandLine, words: list[str], typed: str, said: str
) -> None:
    done = notify(command_line, *words, typed=typed)
    assert done.returncode == 2
    assert said in done.stderr and SECRET not in done.stderr


def test_a_test_of_a_channel_that_is_down_says_so_without_its_address(command_line: CommandLine) -> None:
    with closed_port() as port:
        address = f"json://user:{SECRET}@127.0.0.1:{port}/{SECRET}"
        assert notify(command_line, "--set", "hook", typed=address).returncode == 0
        done = notify(command_line, "--test", "hook", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["reason"] == "not_delivered"
    for text in (done.stdout, done.stderr):
        assert SECRET not in text and str(port) not in text


def test_a_file_that_others_can_read_is_refused(command_line: CommandLine) -> None:
    kept = command_line.bench.settings.data_dir / "channels.json"
    kept.write_text(json.dumps({"hook": f"json://{SECRET}/x"}))
    kept.chmod(0o644)
    done = notify(command_line)
    findings = {
        found["check"]: found
        for found in json.loads(command_line.call("doctor", "--json").stdout)["findings"]
    }
    kept.unlink()
    assert findings["channels"]["status"] == "broken" and SECRET not in str(findings)
    assert done.returncode == 3 and "Others can read" in done.stderr and "chmod 600" in done.stderr


def test_what_was_told_of_runs_is_listed_and_marked_as_seen(command_line: CommandLine) -> None:
    command_line.bench.write("broken.ipynb", "1 / 0")
    run = command_line.bench.run("broken.ipynb")
    (told,) = command_line.json("notifications", "--unseen", "--mark-seen")["items"]
    assert (told["run_id"], told["event"], told["channel"]) == (run.id, "failed", "jupyterlab")
    assert "ZeroDivisionError" in told["body"]
    assert command_line.json("notifications", "--unseen")["items"] == []
    assert run.id in command_line.call("notifications").stdout
