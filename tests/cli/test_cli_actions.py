"""What is done with jobs and runs that there are, from the command line."""

from __future__ import annotations

import json

import pytest
from command_line import CommandLine

from jupyter_mlops.cli import main


@pytest.mark.slow
def test_a_job_is_changed_and_runs_as_it_is_defined(command_line: CommandLine) -> None:
    command_line.bench.write("own.ipynb", "print(n)", parameters="n: int = 1\nm = 'a'")
    command_line.json(
        "schedule", "own.ipynb", "--name", "own", "--every", "7d", "-p", "n", "2", "-p", "m", "b"
    )
    changed = command_line.json("change", "own", "-p", "n", "3", "--unset", "m", "--retries", "2")
    assert (changed["parameters"], changed["policies"]["max_attempts"]) == ({"n": 3}, 3)
    changed = command_line.json("change", "own", "-p", "n", "50", "--preset", "big")
    assert (changed["parameters"], changed["presets"]) == ({"n": 3}, {"big": {"n": 50}})

    ended = command_line.json("run-job", "own")
    assert ended["state"] == "succeeded"
    assert command_line.json("show", ended["run_id"])["parameters"] == {"n": 3}
    preset = ["run-job", changed["id"], "--preset", "big", "--idempotency-key", "k"]
    queued = command_line.json(*preset, "--no-follow")
    assert command_line.json(*preset)["run_id"] == queued["run_id"]
    assert command_line.json("show", queued["run_id"])["parameters"] == {"n": 50}

    assert command_line.json("change", "own", "--drop-preset", "big", "--name", "mine")["presets"] == {}
    for words, field in (
        (["-p", "o", "1"], "parameters.o"),
        (["--drop-preset", "big"], "preset"),
        (["--retries", "-3"], "policies.max_attempts"),
    ):
        assert command_line.json("change", "mine", *words, code=2)["field"] == field
    assert command_line.json("run-job", "own", code=2)["field"] == "job"


@pytest.mark.slow
def test_many_runs_are_ended_and_deleted_at_once_and_each_is_told(command_line: CommandLine) -> None:
    command_line.bench.write("held.ipynb", "import time\ntime.sleep(600)")
    queued = [command_line.json("run", "held.ipynb", "--no-wait")["run_id"] for _ in range(2)]
    told = command_line.json("cancel", *queued, "nope", code=2)["items"]
    assert [one["id"] for one in told] == [*queued, "nope"]
    assert [one["problem"] is None for one in told] == [True, True, False]
    for run_id in queued:
        assert command_line.bench.ended(command_line.bench.jobs.get_run(run_id)).state == "cancelled"
    table = command_line.call("delete-runs", *queued)
    assert (table.returncode, table.stdout.count("deleted")) == (0, 2)
    assert command_line.json("delete-runs", queued[0], code=2)["reason"] == "not_found"


@pytest.mark.slow
def test_lists_go_on_where_a_page_ended_and_find_what_is_searched_for(command_line: CommandLine) -> None:
    command_line.bench.write("pages.ipynb", "1/0")
    names = [f"Pages {index}" for index in range(3)]
    runs = [command_line.json("run", "pages.ipynb", "--name", name, code=1)["run_id"] for name in names]
    for command, wanted in (("runs", runs), ("jobs", names)):
        page = command_line.json(command, "--search", "pages", "--limit", "2")
        rest = command_line.json(command, "--search", "pages", "--cursor", page["next_cursor"])
        found = [row["id" if command == "runs" else "name"] for row in page["items"] + rest["items"]]
        assert (found, rest["next_cursor"]) == (wanted[::-1], None)
    assert "There are more: --cursor" in command_line.call("runs", "--limit", "1").stdout
    (hit,) = command_line.json("runs", "--search", "zerodivision", "--job", "Pages 1")["items"]
    assert hit["id"] == runs[1]
    assert "No run is like that." in command_line.call("runs", "--search", "no such").stdout


@pytest.mark.slow
def test_a_failed_run_tells_each_attempt_and_how_to_go_on(command_line: CommandLine) -> None:
    command_line.bench.write("fails.ipynb", "1/0")
    words = ["run", "fails.ipynb", "--retries", "1", "--retry-delay", "0", "--keep-kernel", "300"]
    failed = command_line.json(*words, code=1)
    shown = command_line.json("show", failed["run_id"])
    assert [attempt["state"] for attempt in shown["attempts"]] == ["failed", "failed"]
    text = command_line.call("show", failed["run_id"]).stdout
    assert "1: failed error" in text and "2: failed error" in text
    assert f"jupyter mlops resume-run {failed['run_id']}" in text


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["runs", "--search", " "], "search"),
        (["jobs", "--search", "x" * 201], "search"),
        (["jobs", "--cursor", "none of ours"], "cursor"),
        (["change", "nothing"], "job"),
        (["run-job", "nothing"], "job"),
        (["delete-runs", "nothing"], "run"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    words: list[str], field: str, settings: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["field"] == field
