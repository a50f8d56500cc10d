"""Running, following, listing and ending runs: real processes, a real worker, a real MLflow."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
from pathlib import Path

import pytest
from command_line import CommandLine
from waiting import wait_until

LOG_A_METRIC = "import mlflow\nmlflow.log_metric('answer', x * 2)"


def test_a_run_is_followed_to_its_success_and_told_in_one_object(command_line: CommandLine) -> None:
    command_line.bench.write("train.ipynb", "print(x)", LOG_A_METRIC, parameters="x: float = 1.0")
    ended = command_line.json("run", "train.ipynb", "-p", "x", "-2.5")
    assert (ended["state"], ended["reason"], ended["message"]) == ("succeeded", None, None)
    assert ended["metrics"] == {"answer": -5.0}
    assert ended["cells_done"] == ended["cells_total"] == ended["cells_recorded"] == 4
    assert (ended["job"], ended["notebook"]) == ("train", "train.ipynb")
    assert ended["duration_s"] > 0
    assert len(ended["mlflow_run_id"]) == 32
    assert Path(ended["output_path"]).is_file()

    shown = command_line.json("show", ended["run_id"][:5])
    assert (shown["id"], shown["output_path"]) == (ended["run_id"], ended["output_path"])
    assert shown["parameters"] == {"x": -2.5}

    executions = command_line.json("history", "train.ipynb")["items"]
    assert [execution["status"] for execution in executions] == ["ok"] * 4
    assert executions[0]["source"] == LOG_A_METRIC
    assert executions[0]["run_id"] == ended["run_id"]


def test_a_run_says_where_the_copy_of_its_notebook_is_or_why_it_is_not_there(
    command_line: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    command_line.bench.write("kept.ipynb", "1")
    copy = f"file://{tmp_path}/share/kept"
    done = command_line.call("run", "kept.ipynb", "--output-url", f"file://{tmp_path}/share")
    shown = command_line.json("runs", "--notebook", "kept.ipynb")["items"][0]
    assert done.returncode == 0 and shown["remote_output"]["address"].startswith(copy)
    assert shown["remote_output"]["address"] in done.stdout
    assert shown["policies"]["output_url"] == f"file://{tmp_path}/share"

    ended = command_line.json("run", "kept.ipynb", "--output-url", f"file://{tmp_path}/file/share")
    assert ended["state"] == "succeeded" and ended["remote_output"]["written_at"] is None

    def told() -> str | None:
        said = command_line.call("show", ended["run_id"]).stdout
        return said if "NotADirectoryError" in said or "FileExistsError" in said else None

    assert f"not at file://{tmp_path}/file" in (wait_until(told, 60, "why there is no copy") or "")


def test_a_run_that_fails_ends_with_1_and_names_the_cell(command_line: CommandLine) -> None:
    command_line.bench.write("bad.ipynb", "ok = 1", "raise ValueError('[red]not markup[/red]')")
    done = command_line.call("run", "bad.ipynb", "--name", "will fail")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "[red]not markup[/red]" in done.stdout
    facts = dict(line.split(None, 1) for line in done.stdout.splitlines() if line.strip())
    assert facts["State"].strip() == "failed"
    assert facts["Reason"].strip() == "error"
    assert facts["Job"].strip() == "will fail"
    lines = done.stderr.splitlines()
    assert lines[0].split()[1] in ("queued", "running")  # a worker that is there may be quicker
    assert " failed" in lines[-1]

    listed = command_line.json("runs", "--state", "failed", "--notebook", "bad.ipynb")["items"]
    assert [run["failed_cell"]["error_name"] for run in listed] == ["ValueError"]


def test_the_first_ctrl_c_cancels_the_run_and_waits_for_its_end(command_line: CommandLine) -> None:
    root = command_line.bench.root
    command_line.bench.write("long.ipynb", "open('started', 'w').close()\nimport time\ntime.sleep(600)")
    process = command_line.start("run", "long.ipynb", "--json")
    wait_until((root / "started").exists, 60, "the cell starts")
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Cancelling" in stderr
    ended = json.loads(stdout)
    assert (ended["state"], ended["reason"]) == ("cancelled", "cancelled")


def test_a_run_not_waited_for_is_queued_and_can_be_cancelled_by_the_start_of_its_id(
    command_line: CommandLine,
) -> None:
    command_line.bench.write("left.ipynb", "import time\ntime.sleep(600)")
    queued = command_line.json("run", "left.ipynb", "--no-wait")
    assert queued["state"] in ("queued", "running")
    command_line.json("cancel", queued["run_id"][:8])
    run = command_line.bench.ended(command_line.bench.jobs.get_run(queued["run_id"]))
    assert run.state == "cancelled"


def test_on_a_terminal_one_live_line_tells_how_far_the_run_is(command_line: CommandLine) -> None:
    command_line.bench.write("live.ipynb", "print(1)")
    ours, theirs = pty.openpty()
    process = command_line.start("run", "live.ipynb", "--root", ".", stderr=theirs)
    os.close(theirs)
    shown = b""
    while chunk := _read(ours):
        shown += chunk
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert process.stdout is not None
    table = process.stdout.read()
    process.stdout.close()
    assert "succeeded" in table
    (run_id,) = re.findall(r"Run\s+([0-9a-f]{12})", table)
    assert run_id.encode() in shown
    assert b"\x1b[" in shown


def test_runs_of_another_folder_are_found_by_all_roots(command_line: CommandLine, tmp_path: Path) -> None:
    here = {run["root"] for run in command_line.json("runs", "--all-roots")["items"]}
    assert here == {str(command_line.bench.root)}
    assert command_line.json("runs", "--root", str(tmp_path))["items"] == []


def test_a_schedule_is_made_paused_resumed_and_deleted(command_line: CommandLine) -> None:
    command_line.bench.write("nightly.ipynb", "print(n)", parameters="n: int = 1")
    made = command_line.json(
        "schedule", "nightly.ipynb", "--cron", "0 3 * * *", "--timezone", "Europe/Berlin", "-p", "n", "2"
    )
    assert made["parameters"] == {"n": 2}
    assert (made["trigger"]["cron"], made["trigger"]["timezone"]) == ("0 3 * * *", "Europe/Berlin")
    assert command_line.json("pause", "nightly")["trigger"]["active"] is False
    assert command_line.json("resume", made["id"])["trigger"]["next_fire_at"] is not None
    table = command_line.call("jobs").stdout
    assert "0 3 * * * Europe/Berlin" in table
    command_line.json("delete", "nightly")
    assert "nightly" not in command_line.call("jobs").stdout


@pytest.mark.parametrize("as_json", [False, True])
def test_inspect_tells_the_parameters_without_running_anything(
    command_line: CommandLine, as_json: bool
) -> None:
    command_line.bench.write("look.ipynb", "1/0", parameters="C: float = 1.0  # inverse strength")
    if as_json:
        found = command_line.json("inspect", "look.ipynb")
        assert [(p["name"], p["type"], p["default"]) for p in found["parameters"]] == [("C", "float", 1.0)]
    else:
        assert "inverse strength" in command_line.call("inspect", "look.ipynb").stdout


def _read(fd: int) -> bytes:
    """What a terminal shows next; b"" at its end, which Linux tells as an error."""
    try:
        return os.read(fd, 65536)
    except OSError:
        return b""


def test_a_matrix_runs_every_combination_and_tells_each(command_line: CommandLine) -> None:
    command_line.bench.write("grid.ipynb", "assert C < 5", parameters="C: float = 1.0\nn = 0")
    told = command_line.json("run", "grid.ipynb", "--matrix", "C=0.1,1,9", "-p", "n=3", code=1)["items"]
    assert [(run["parameters"]["C"], run["parameters"]["n"], run["state"]) for run in told] == [
        (0.1, 3, "succeeded"),
        (1.0, 3, "succeeded"),
        (9.0, 3, "failed"),
    ]
    refused = command_line.call("run", "grid.ipynb", "--matrix", "C", "0.1,much")
    assert refused.returncode == 2
    assert "C must be a float" in refused.stderr
