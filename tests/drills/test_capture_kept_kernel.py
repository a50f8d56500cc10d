"""Drill: a failed run's kernel is worked in by hand, and then a run goes on in it. Whose is which cell?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jupyter_client.blocking import BlockingKernelClient
from mlflow import MlflowClient
from workbench import Workbench

from jupyter_mlops.capture.ingester import Ingester
from jupyter_mlops.runs.resume.records import KeptKernel, KeptKernels
from jupyter_mlops.runs.resume.submission import resume_run
from jupyter_mlops.store.executions import list_executions, records_of_run
from jupyter_mlops.store.paging import PageRequest

FIRST, BROKEN, MENDED = "made = 41", "print(undefined_name)", "print(made)"
FAILS_ONCE = """
import pathlib
tried = pathlib.Path("tried")
if not tried.exists():
    tried.touch()
    1 / 0
"""
BY_HAND = ["made", "made += 1", "undefined_name"]


def execute(kept: KeptKernel, cells: list[str]) -> list[str]:
    """Run cells as another front end does; how each ended."""
    client = BlockingKernelClient(connection_file=kept.connection_file)
    client.load_connection_file()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        replies = [client.execute(cell, reply=True, timeout=60) for cell in cells]
        return [str(reply["content"]["status"]) for reply in replies]
    finally:
        client.stop_channels()


@pytest.mark.slow
def test_what_is_run_by_hand_in_a_kept_kernel_is_no_runs(own_workbench: Workbench, tmp_path: Path) -> None:
    """Expected: the failed run and the one that goes on have their own cells; those by hand belong to no
    run, and say after which one they ran; the MLflow run, which is the kernel's, tells all in their order."""
    bench = own_workbench
    bench.write("train.ipynb", FIRST, BROKEN)
    failed = bench.run("train.ipynb", policies={"keep_kernel_s": 300})
    assert failed.state == "failed"
    kept = KeptKernels(bench.settings).of_run(failed.id)
    assert kept is not None
    assert execute(kept, BY_HAND) == ["ok", "ok", "error"]
    Ingester(bench.store).ingest_folder(bench.settings.journals)

    bench.write("train.ipynb", FIRST, MENDED)
    resumed = bench.ended(resume_run(bench.jobs, failed.id))
    assert resumed.state == "succeeded", resumed.message

    with bench.store.reading() as session:
        of_runs = [
            [record["source"] for record in records_of_run(session, run.id)] for run in (failed, resumed)
        ]
        by_hand = list_executions(session, PageRequest(50), origin="interactive").items[::-1]
    assert of_runs == [[FIRST, BROKEN], [MENDED]]
    assert [record["source"] for record in by_hand] == BY_HAND
    assert [record["status"] for record in by_hand] == ["ok", "ok", "error"]
    assert {(record["run_id"], record["after_run_id"]) for record in by_hand} == {(None, failed.id)}
    with bench.store.reading() as session:
        (own,) = records_of_run(session, resumed.id)
    assert own["notebook_sha"] == resumed.snapshot_sha
    client = MlflowClient(bench.settings.tracking_uri)
    path = client.download_artifacts(resumed.mlflow_run_id or "", "mlops/cells.jsonl", str(tmp_path))
    told = [json.loads(line) for line in Path(path).read_text().splitlines()]
    assert [record["source"] for record in told] == [FIRST, BROKEN, *BY_HAND, MENDED]
    assert [record["run_id"] for record in told] == [failed.id] * 2 + [None] * 3 + [resumed.id]
    tags = client.get_run(resumed.mlflow_run_id or "").data.tags
    assert tags["mlops.clean"] == "false"
    assert "3 cells that ran are no longer in the notebook." in tags["mlops.clean.reasons"]


@pytest.mark.slow
def test_a_run_that_was_tried_again_is_judged_by_the_kernel_that_ended_it(own_workbench: Workbench) -> None:
    """Expected: the first attempt's cells do not count against the second, whose kernel was fresh."""
    own_workbench.write("again.ipynb", "x = 1", FAILS_ONCE)
    policies = {"max_attempts": 2, "retry_delay_s": 0.0, "retry_on": ["error"]}
    run = own_workbench.run("again.ipynb", policies=policies)
    assert run.state == "succeeded", run.message
    with own_workbench.store.reading() as session:
        assert [record["status"] for record in records_of_run(session, run.id)] == ["ok", "error", "ok", "ok"]
    tags = MlflowClient(own_workbench.settings.tracking_uri).get_run(run.mlflow_run_id or "").data.tags
    assert (tags["mlops.clean"], tags.get("mlops.clean.reasons")) == ("true", None)
