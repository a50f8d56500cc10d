"""A tracking server that goes away while a notebook runs: what was executed is on record all the same."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from notebook_files import notebook_writer
from waiting import wait_until
from workbench import make_workbench

from jupyter_mlops.store.executions import records_of_run


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def tracking_server(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """MLflow's own server on the folder's database, until it is killed or the block ends."""
    uri = f"http://127.0.0.1:{port}"
    arguments = ["--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--workers", "1"]
    arguments += ["--artifacts-destination", str(folder / "artifacts"), "--port", str(port)]
    with (folder / "mlflow.log").open("ab") as log:
        command = [sys.executable, "-m", "mlflow", "server", *arguments]
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)

    def answers() -> bool:
        assert process.poll() is None, (folder / "mlflow.log").read_text()
        try:
            with urlopen(f"{uri}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    try:
        wait_until(answers, 90, "the tracking server answers")
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """The server and its workers, which are a process group of their own."""
    subprocess.run(["kill", "-KILL", "--", f"-{process.pid}"], check=False, capture_output=True)
    process.wait()


@pytest.mark.slow
def test_a_job_whose_tracking_server_dies_is_recorded_whole(
    tmp_path: Path, mlflow_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Expected: the run ends in its own state, each executed cell once, as it was; the next run, with the
    server back, is tracked again."""
    for name in ("TIMEOUT", "MAX_RETRIES"):  # the user's own patience wins over ours
        monkeypatch.setenv(f"MLFLOW_HTTP_REQUEST_{name}", "3" if name == "TIMEOUT" else "1")
    shutil.copy(mlflow_template, tmp_path / "mlflow.db")
    port, go = free_port(), tmp_path / "go"
    mark = tmp_path / "mark"
    cells = (
        "x = 1",
        f"import pathlib, time\npathlib.Path({str(mark)!r}).touch()\n"
        f"while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.02)",
        "print(x)",
    )
    uri = f"http://127.0.0.1:{port}"
    with make_workbench(tmp_path, notebook_writer, mlflow_template, tracking_uri=uri) as bench:
        bench.write("train.ipynb", *cells)
        with tracking_server(tmp_path, port) as server:
            run = bench.submit("train.ipynb")
            bench.running_cell(run, mark)
            kill(server)
            go.touch()
            ended = bench.ended(run, within_s=240)
        assert ended.state == "succeeded"
        with bench.store.reading() as session:
            records = records_of_run(session, run.id)
        assert [(record["source"], record["status"]) for record in records] == [
            (cell, "ok") for cell in cells
        ]
        with tracking_server(tmp_path, port):
            again = bench.run("train.ipynb")
        assert (again.state, again.mlflow_run_id is not None) == ("succeeded", True)
        with bench.store.reading() as session:
            assert len(records_of_run(session, again.id)) == len(cells)
