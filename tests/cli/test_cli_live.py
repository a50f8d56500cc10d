"""`follow`, `check` and `resume-run` as a user types them, and the same from Python."""

from __future__ import annotations

import json
import signal

import pytest
from command_line import CommandLine
from waiting import wait_until

import jupyter_mlops
from jupyter_mlops.interface.runs import JobRun
from jupyter_mlops.jobs.preflight.findings import PreflightError

pytestmark = pytest.mark.slow
WAIT = "import os, time\nprint('waiting', flush=True)\nwhile not os.path.exists('go'):\n    time.sleep(0.05)"


def test_run_shows_what_the_cells_put_out_and_nothing_of_it_on_standard_output(
    command_line: CommandLine,
) -> None:
    command_line.bench.write("said.ipynb", "print('one')\nprint('two', end='')", "3 * 14")
    done = command_line.call("run", "said.ipynb", "--output", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == ["one", "two", "42"]
    assert json.loads(done.stdout)["state"] == "succeeded"


def test_follow_joins_a_run_and_leaves_it_on_ctrl_c(command_line: CommandLine) -> None:
    bench = command_line.bench
    bench.write("joined.ipynb", WAIT, "print('done')")
    run = bench.submit("joined.ipynb")
    process = command_line.start("follow", run.id, "--output")
    assert process.stderr is not None
    lines = iter(process.stderr.readline, "")
    assert any(line == "waiting\n" for line in lines)
    process.send_signal(signal.SIGINT)
    assert any("the run goes on" in line for line in lines)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert bench.jobs.get_run(run.id).state == "running"
    (bench.root / "go").touch()
    over = command_line.json("follow", run.id)
    assert (over["run_id"], over["state"]) == (run.id, "succeeded")
    (bench.root / "go").unlink()


def test_a_run_is_followed_from_python(command_line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = command_line.bench
    for name, value in bench.settings.process_environment().items():
        monkeypatch.setenv(name, value)
    bench.write("python.ipynb", "print('one')", WAIT, "print('three')")
    run = bench.submit("python.ipynb")
    seen: list[JobRun] = []
    for moment in JobRun.of(run).follow():
        seen.append(moment)
        if "waiting" in moment.output:
            (bench.root / "go").touch()
    (bench.root / "go").unlink()
    assert "".join(moment.output for moment in seen) == "one\nwaiting\nthree\n"
    assert seen[-1].state == "succeeded" and (seen[-1].cells_done, seen[-1].cells_total) == (3, 3)
    assert [moment.state for moment in jupyter_mlops.follow(run.id)][-1] == "succeeded"


def test_check_says_what_a_run_would_fail_by(command_line: CommandLine) -> None:
    command_line.bench.write("fine.ipynb", "import json, numpy")
    assert command_line.json("check", "fine.ipynb") == {"findings": []}
    command_line.bench.write("lost.ipynb", "open('no-such-file.txt').read()")
    (found,) = command_line.json("check", "lost.ipynb", code=1)["findings"]
    assert (found["code"], found["subject"], found["certain"]) == ("file", "no-such-file.txt", True)
    told = command_line.call("check", "lost.ipynb")
    assert told.returncode == 1 and "no-such-file.txt" in told.stdout


def test_a_run_is_refused_by_its_policy_and_kept_with_its_findings_else(command_line: CommandLine) -> None:
    bench = command_line.bench
    bench.write("doomed.ipynb", "open('no-such-file.txt').read()")
    with pytest.raises(PreflightError, match=r"no-such-file\.txt"):
        bench.submit("doomed.ipynb", policies={"preflight": "refuse"})
    warned = bench.run("doomed.ipynb")
    assert warned.state == "failed"
    assert [finding["subject"] for finding in warned.progress["findings"]] == ["no-such-file.txt"]


def test_resume_run_goes_on_and_says_why_when_it_cannot(command_line: CommandLine) -> None:
    bench = command_line.bench
    bench.write("broken.ipynb", "x = 1", "y = undefined_name", "print(x + y)")
    failed = bench.run("broken.ipynb", policies={"keep_kernel_s": 300})
    assert failed.state == "failed"
    bench.write("broken.ipynb", "x = 1", "y = 41", "print(x + y)")
    resumed = command_line.json("resume-run", failed.id)
    assert resumed["state"] == "succeeded", resumed
    gone = command_line.json("resume-run", failed.id, code=2)
    assert gone["reason"] == "kernel_gone"
    wait_until(lambda: not list((bench.settings.data_dir / "kept").glob("*")), 20, "nothing is kept")
