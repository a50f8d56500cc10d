"""`jupyter mlops ui`: MLflow's UI for this machine only, gone when the command ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from jupyter_mlops.cli import main
from jupyter_mlops.config import Settings


@pytest.mark.slow
def test_it_serves_the_default_tracking_database_until_it_is_ended(
    settings: Settings, mlflow_template: Path
) -> None:
    shutil.copy(mlflow_template, settings.mlflow_dir / "mlflow.db")
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter_mlops.cli", "ui", "--port", "0", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **settings.process_environment()},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    url = next(word for word in line.split() if word.startswith("http://127.0.0.1:"))
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert "MLflow" in answer.read().decode()
    commands = [" ".join(child.cmdline()) for child in psutil.Process(process.pid).children(recursive=True)]
    assert any("mlflow" in command for command in commands)
    assert not any("huey" in command or "jobs" in command for command in commands)
    process.send_signal(signal.SIGTERM)
    process.stdout.close()
    process.wait(timeout=30)
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url, timeout=5)


def test_a_tracking_server_has_its_ui_itself(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:secret@mlflow.example")
    assert main(["ui", "--no-browser"]) == 0
    shown = capsys.readouterr().out
    assert "mlflow.example" in shown
    assert "secret" not in shown
