"""What of ours fails is swallowed, counted, and told by `doctor` and the status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jupyter_process import LOAD, JupyterProcess, jupyter_process
from waiting import wait_until

from jupyter_mlops.config import DATA_DIR

FAILING_EARS = """
from jupyter_mlops.capture.listener import hearing
def fail(message): raise RuntimeError("ours")
hearing.read_request = fail
"""


def doctor(server: JupyterProcess) -> dict[str, dict[str, Any]]:
    """What `doctor` finds on the server's folder, by the check's name."""
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "JPY_"))},
        DATA_DIR: str(server.settings.data_dir),
        "JUPYTER_RUNTIME_DIR": str(server.folder / "runtime"),
    }
    command = [sys.executable, "-m", "jupyter_mlops.cli", "doctor", "--json"]
    done = subprocess.run(command, check=False, env=environ, capture_output=True, text=True, timeout=120)
    return {finding["check"]: finding for finding in json.loads(done.stdout)["findings"]}


@pytest.mark.slow
def test_an_exception_in_the_servers_ears_harms_no_cell_and_is_told(tmp_path: Path) -> None:
    """Expected: the cell as without us, its record by the recorder; the failures counted and told."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "jupyter_server_config.py").write_text(FAILING_EARS)
    with jupyter_process(tmp_path) as server:
        notebook = server.open("deaf.ipynb")
        notebook.record()
        tab = notebook.open_tab()
        tab.run(LOAD, "load")
        shown = tab.run("print('heard'); 6 * 7", "cell")
        assert shown.printed["stdout"] == "heard\n"
        assert shown.reply is not None and shown.reply["status"] == "ok"
        wait_until(
            lambda: notebook.row(shown.msg_id, "ok").recorded_by == "recorder", 20, "the recorder's word wins"
        )
        capture = server.call("GET", "/jupyter-mlops/api/status")["capture"]
        assert capture["listener"]["errors"] > 0
        assert (capture["listener"]["lost"], capture["unreadable_lines"], capture["hook_errors"]) == (0, 0, 0)
        found = doctor(server).items()
        (told,) = [finding for check, finding in found if check.startswith("Jupyter server ")]
        assert told["status"] == "warning"
        assert "errors" in told["message"]


def test_a_sound_server_says_so(server: JupyterProcess) -> None:
    """Expected: every counter is nought, and doctor says ok."""
    counts = server.call("GET", "/jupyter-mlops/api/status")["capture"]["listener"]
    assert counts == {"errors": 0, "dropped": 0, "lost": 0, "deaf": 0}
    found = wait_until(lambda: doctor(server), 60, "doctor answers")
    (told,) = [finding for check, finding in found.items() if check.startswith("Jupyter server ")]
    assert told["status"] == "ok"
