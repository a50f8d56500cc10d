"""What the MLflow run of a job's attempt is told."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from mlflow import MlflowClient
from workbench import Workbench

pytestmark = pytest.mark.slow  # a worker and a runner of its own each

ELSEWHERE = """
import mlflow
mlflow.set_experiment("elsewhere")
with mlflow.start_run(): mlflow.log_metric("m", x)
"""

LEFT = """
import mlflow
mlflow.start_run()
open("left", "w").write(mlflow.start_run(nested=True).info.run_id)
"""
KILLED = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def test_a_job_that_ran_to_its_end_was_clean_and_its_runs_carry_its_snapshot_and_commit(
    own_workbench: Workbench, tmp_path: Path
) -> None:
    own_workbench.write("job.ipynb", "y = x", ELSEWHERE, parameters="x = 1.0")
    git(own_workbench.root, "init", "-q", "-b", "main")
    git(own_workbench.root, "add", "job.ipynb")
    git(own_workbench.root, "-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "first")
    run = own_workbench.run("job.ipynb", parameters={"x": 2.0})
    assert run.state == "succeeded", run.message
    client = MlflowClient(own_workbench.settings.tracking_uri)
    tags = client.get_run(run.mlflow_run_id or "").data.tags
    assert tags["mlops.clean"] == "true"
    assert tags["mlflow.source.git.commit"] == git(own_workbench.root, "rev-parse", "HEAD").strip()
    assert tags["mlflow.source.git.dirty"] == "false"
    path = client.download_artifacts(run.mlflow_run_id or "", "mlops/cells.jsonl", str(tmp_path))
    records = [json.loads(line) for line in Path(path).read_text().splitlines()]
    assert [record["key_kind"] for record in records] == ["id", "tag", "id", "id"]
    experiment = client.get_experiment_by_name("elsewhere")
    assert experiment is not None
    [other] = client.search_runs([experiment.experiment_id])
    assert other.data.tags["mlops.snapshot_sha"] == run.snapshot_sha == tags["mlops.snapshot_sha"]
    assert other.data.tags["mlops.run_id"] == run.id


def test_a_job_that_failed_was_not_clean(own_workbench: Workbench) -> None:
    own_workbench.write("bad.ipynb", "1 / 0", "never = 1")
    run = own_workbench.run("bad.ipynb")
    assert run.state == "failed"
    tags = MlflowClient(own_workbench.settings.tracking_uri).get_run(run.mlflow_run_id or "").data.tags
    assert tags["mlops.clean"] == "false"
    assert tags["mlops.clean.reasons"] == "The last run of one cell did not end well."


@pytest.mark.parametrize(
    ("last", "policies", "status"),
    [(KILLED, {}, "FAILED"), ("1 / 0", {"keep_kernel_s": 300}, "RUNNING")],
    ids=["killed", "kept"],
)
def test_a_run_that_its_kernel_left_running_ends_with_it_and_goes_on_in_a_kernel_that_is_kept(
    own_workbench: Workbench, last: str, policies: dict[str, object], status: str
) -> None:
    own_workbench.write("left.ipynb", LEFT, last)
    run = own_workbench.run("left.ipynb", policies=policies)
    assert run.state == "failed"
    client = MlflowClient(own_workbench.settings.tracking_uri)
    left = (own_workbench.root / "left").read_text()
    assert left != run.mlflow_run_id
    assert client.get_run(left).info.status == status
    assert client.get_run(run.mlflow_run_id or "").info.status == "FAILED"
