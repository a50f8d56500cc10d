"""Starting the command line costs next to nothing until a command does something."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from jupyter_mlops.cli import _COMMANDS, cli, main

CALL = """
import json, sys, time
from jupyter_mlops.cli import main
code = main(sys.argv[1:])
heavy = ("sqlalchemy", "mlflow", "nbformat", "papermill", "pydantic", "rich")
sys.stderr.write(json.dumps([code, time.process_time(), [name for name in heavy if name in sys.modules]]))
"""


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["--version"]])
def test_help_takes_less_than_0_4_cpu_seconds_and_loads_nothing_heavy(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", CALL, *words], capture_output=True, text=True, check=True)
    code, cpu_s, loaded = json.loads(done.stderr)
    assert code == 0
    assert loaded == []
    assert cpu_s < 0.4
    assert done.stdout


def test_every_command_is_there_and_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--help"])
    listed = capsys.readouterr().out
    for name in _COMMANDS:
        assert f"  {name} " in listed
        assert main([name, "--help"]) == 0
        shown = capsys.readouterr().out
        assert shown.startswith(f"Usage: jupyter mlops {name}")
    assert set(cli.list_commands(None)) == set(_COMMANDS)  # type: ignore[arg-type]


def test_a_pipe_that_closes_early_is_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter_mlops.cli", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait(timeout=30)
