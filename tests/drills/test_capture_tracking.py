"""A tracking server that goes away while a notebook runs: what was executed is on record all the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow_door import mlflow_behind_a_door
from notebook_files import notebook_writer
from waiting import wait_until
from workbench import make_workbench

from jupyter_mlops.store.executions import records_of_run


@pytest.mark.slow
def test_a_job_whose_tracking_server_dies_is_recorded_whole(
    tmp_path: Path, mlflow_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Expected: the run ends in its own state, each executed cell once, as it was; the next run, with the
    server back, is tracked again, and the server is told of the first one what it missed."""
    for name in ("TIMEOUT", "MAX_RETRIES"):  # the user's own patience wins over ours
        monkeypatch.setenv(f"MLFLOW_HTTP_REQUEST_{name}", "3" if name == "TIMEOUT" else "1")
    shutil.copy(mlflow_template, tmp_path / "mlflow.db")
    go, mark = tmp_path / "go", tmp_path / "mark"
    cells = (
        "x = 1",
        f"import pathlib, time\npathlib.Path({str(mark)!r}).touch()\n"
        f"while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.02)",
        "print(x)",
    )
    with (
        mlflow_behind_a_door(tmp_path) as door,
        make_workbench(tmp_path, notebook_writer, mlflow_template, tracking_uri=door.uri) as bench,
    ):
        bench.write("train.ipynb", *cells)
        run = bench.submit("train.ipynb")
        bench.running_cell(run, mark)
        door.shut()
        go.touch()
        ended = bench.ended(run, within_s=240)
        assert ended.state == "succeeded"
        with bench.store.reading() as session:
            records = records_of_run(session, run.id)
        assert [(record["source"], record["status"]) for record in records] == [
            (cell, "ok") for cell in cells
        ]
        door.open()
        client = MlflowClient(door.uri)
        assert client.get_run(ended.mlflow_run_id or "").info.status == "RUNNING"
        again = bench.run("train.ipynb")
        assert (again.state, again.mlflow_run_id is not None) == ("succeeded", True)
        with bench.store.reading() as session:
            assert len(records_of_run(session, again.id)) == len(cells)

        def told() -> bool:
            return client.get_run(ended.mlflow_run_id or "").info.status == "FINISHED"

        wait_until(told, 240, "the server is told what it missed")
        tags = client.get_run(ended.mlflow_run_id or "").data.tags
        assert (tags["mlops.clean"], tags["mlops.state"]) == ("true", "succeeded")
        path = Path(client.download_artifacts(ended.mlflow_run_id or "", "mlops/cells.jsonl", str(tmp_path)))
        assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == [
            record["id"] for record in records
        ]
        assert client.list_artifacts(ended.mlflow_run_id or "", "notebook")
