"""Going on from the failed cell: in the kernel of the failed run, with the notebook as it was mended."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psutil
import pytest
from mlflow import MlflowClient
from nbformat.v4 import new_code_cell, new_markdown_cell
from sqlalchemy import select
from waiting import wait_until
from workbench import Workbench

from jupyter_mlops.errors import ConflictError
from jupyter_mlops.jobs.views import run_as_dict
from jupyter_mlops.runs.resume.compare import refuse_if_changed
from jupyter_mlops.runs.resume.keeper import holds_kernels
from jupyter_mlops.runs.resume.records import KeptKernel, KeptKernels, ProcessMark
from jupyter_mlops.runs.resume.submission import resume_run
from jupyter_mlops.store.executions import records_of_run
from jupyter_mlops.store.tables import Attempt, KernelSession, Run

FIRST = """
import os
pid = os.getpid()
with open("ran.txt", "a") as ran:
    _ = ran.write("first ")
print(C, pid)
"""
BROKEN = "print('second', undefined_name)"
MENDED = "print('second', C)"
LAST = "print(pid == os.getpid())"
KEEP = {"keep_kernel_s": 120}


def failing(bench: Workbench, name: str, *sources: str, policies: dict[str, object] | None = None) -> Run:
    bench.write(name, *(sources or (FIRST, BROKEN, LAST)), parameters="C = 1")
    run = bench.run(name, parameters={"C": 7}, policies=KEEP if policies is None else policies)
    assert (run.state, run.reason) == ("failed", "error"), run.message
    return run


def kept_kernel(bench: Workbench, run: Run) -> KeptKernel:
    kept = KeptKernels(bench.settings).of_run(run.id)
    assert kept is not None
    return kept


def is_gone(kept: KeptKernel) -> bool:
    return not kept.kernel.is_alive


@pytest.mark.slow
def test_a_mended_run_goes_on_in_the_same_kernel_and_lets_it_go_at_its_end(own_workbench: Workbench) -> None:
    bench = own_workbench
    failed = failing(bench, "mend.ipynb")
    assert run_as_dict(failed)["resumable_until"] is not None
    kept = kept_kernel(bench, failed)
    bench.write("mend.ipynb", FIRST, MENDED, LAST, parameters="C = 1")

    resumed = bench.ended(resume_run(bench.jobs, failed.id))

    assert resumed.state == "succeeded", resumed.message
    assert resumed.cause == {"kind": "resume", "run_id": failed.id}
    assert (bench.root / "ran.txt").read_text() == "first ", "no earlier cell ran again"
    said = [cell.outputs[0].text for cell in bench.executed(resumed).cells if cell.get("outputs")]
    assert said == [f"7 {kept.kernel.pid}\n", "second 7\n", "True\n"]
    assert resumed.mlflow_run_id == failed.mlflow_run_id, "the kernel goes on logging to the same MLflow run"
    assert (resumed.cells_done, resumed.cells_total) == (5, 5)
    assert run_as_dict(bench.jobs.get_run(failed.id))["resumable_until"] is None
    wait_until(lambda: is_gone(kept), 10, "the kernel ends")
    with pytest.raises(ConflictError) as refused:
        resume_run(bench.jobs, failed.id)
    assert refused.value.reason_code == "kernel_gone" and "again" in str(refused.value.hint)


@pytest.mark.slow
def test_what_a_resumed_run_executes_is_recorded_as_its_own(own_workbench: Workbench, tmp_path: Path) -> None:
    bench = own_workbench
    failed = failing(bench, "own.ipynb")
    asks = "print(os.environ['JUPYTER_MLOPS_RUN_ID'])"
    bench.write("own.ipynb", FIRST, MENDED, asks, parameters="C = 1")
    resumed = bench.ended(resume_run(bench.jobs, failed.id))
    assert resumed.state == "succeeded", resumed.message

    with bench.store.reading() as session:
        before, own = (records_of_run(session, run.id) for run in (failed, resumed))
        sessions = session.scalars(select(KernelSession).where(KernelSession.run_id == resumed.id)).all()
        (attempt,) = session.scalars(select(Attempt).where(Attempt.run_id == resumed.id))
    assert [record["source"] for record in before][-2:] == [FIRST, BROKEN]
    assert [record["source"] for record in own] == [MENDED, asks]
    assert {record["recorded_by"] for record in own} == {"recorder"}
    assert [one.attempt_id for one in sessions] == [attempt.id]
    assert bench.executed(resumed).cells[-1].outputs[0].text == f"{resumed.id}\n"
    client = MlflowClient(bench.settings.tracking_uri)
    path = client.download_artifacts(resumed.mlflow_run_id or "", "mlops/cells.jsonl", str(tmp_path))
    uploaded = [json.loads(line) for line in Path(path).read_text().splitlines()]
    assert [record["source"] for record in uploaded][-4:] == [FIRST, BROKEN, MENDED, asks]
    assert [record["seq"] for record in uploaded] == sorted({record["seq"] for record in uploaded})


@pytest.mark.slow
def test_it_may_fail_again_and_be_resumed_again(own_workbench: Workbench) -> None:
    bench = own_workbench
    failed = failing(bench, "twice.ipynb")
    bench.write("twice.ipynb", FIRST, MENDED, "1 / 0", LAST, parameters="C = 1")
    again = bench.ended(resume_run(bench.jobs, failed.id))
    assert again.state == "failed" and again.failed_cell is not None
    assert again.failed_cell["error_name"] == "ZeroDivisionError"
    bench.write("twice.ipynb", FIRST, MENDED, "1 / 1", LAST, parameters="C = 1")
    with pytest.raises(ConflictError):
        resume_run(bench.jobs, failed.id)
    assert bench.ended(resume_run(bench.jobs, again.id)).state == "succeeded"


@pytest.mark.slow
def test_what_follows_no_more_from_the_notebook_is_refused_with_the_cell(own_workbench: Workbench) -> None:
    bench = own_workbench
    failed = failing(bench, "changed.ipynb")
    bench.write("changed.ipynb", FIRST + "\nx = 2", MENDED, LAST, parameters="C = 1")
    with pytest.raises(ConflictError) as refused:
        resume_run(bench.jobs, failed.id)
    assert refused.value.reason_code == "cell_changed" and "Cell 2" in refused.value.message
    kept = kept_kernel(bench, failed)
    bench.write("changed.ipynb", FIRST, MENDED, LAST, parameters="C = 1")
    waits = "import time\nopen('waits', 'w').close()\ntime.sleep(60)"
    bench.write("changed.ipynb", FIRST, waits, LAST, parameters="C = 1")
    resumed = resume_run(bench.jobs, failed.id)
    with pytest.raises(ConflictError, match="already"):
        resume_run(bench.jobs, failed.id)
    bench.running_cell(resumed, bench.root / "waits")
    bench.jobs.cancel_run(resumed.id)
    assert bench.ended(resumed).state == "cancelled"
    wait_until(lambda: is_gone(kept), 10, "a cancelled run leaves no kernel")


@pytest.mark.slow
def test_a_kernel_is_kept_no_longer_than_was_said_and_leaves_no_process(own_workbench: Workbench) -> None:
    bench = own_workbench
    child = "import subprocess\nsubprocess.Popen(['sleep', '300'], start_new_session=True)"
    failed = failing(bench, "short.ipynb", child, BROKEN, policies={"keep_kernel_s": 15})
    kept = kept_kernel(bench, failed)
    wait_until(lambda: is_gone(kept), 30, "its time is over")
    wait_until(lambda: not sleepers(bench), 10, "what it started ends too")
    assert not holds_kernels(bench.settings)


def is_offered(bench: Workbench, run: Run) -> bool:
    """Whether REST, command line and sidebar offer to resume the run."""
    return run_as_dict(bench.jobs.get_run(run.id))["resumable_until"] is not None


@pytest.mark.slow
def test_a_run_whose_kept_kernel_died_is_offered_no_more(own_workbench: Workbench) -> None:
    bench = own_workbench
    failed = failing(bench, "died.ipynb")
    assert is_offered(bench, failed)
    psutil.Process(kept_kernel(bench, failed).kernel.pid).kill()
    wait_until(lambda: not is_offered(bench, failed), 30, "the offer is taken back")
    assert bench.jobs.get_run(failed.id).state == "failed"


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["runner", "worker_main", "all"])
def test_no_kept_kernel_outlives_its_holders(own_workbench: Workbench, victim: str) -> None:
    bench = own_workbench
    child = "import subprocess\nsubprocess.Popen(['sleep', '300'], start_new_session=True)"
    failed = failing(bench, "killed.ipynb", child, BROKEN)
    kept = kept_kernel(bench, failed)
    for name, processes in bench.modules().items():
        for process in processes if victim in (name, "all") and name in ("runner", "worker_main") else ():
            process.send_signal(signal.SIGKILL)
    wait_until(lambda: is_gone(kept), 15, "the kernel ends")
    bench.write("other.ipynb", "1")
    assert bench.run("other.ipynb").state == "succeeded", "whoever works next clears up"
    wait_until(lambda: not sleepers(bench), 15, "what it started ends too")
    assert KeptKernels(bench.settings).all() == []
    wait_until(lambda: not is_offered(bench, failed), 15, "the offer is taken back")


@pytest.mark.slow
def test_without_the_policy_no_kernel_is_kept(own_workbench: Workbench) -> None:
    failed = failing(own_workbench, "plain.ipynb", policies={})
    assert run_as_dict(failed)["resumable_until"] is None
    with pytest.raises(ConflictError) as refused:
        resume_run(own_workbench.jobs, failed.id)
    assert refused.value.reason_code == "kernel_gone"


def sleepers(bench: Workbench) -> list[psutil.Process]:
    found = []
    for process in bench.processes():
        try:
            if process.name() == "sleep":
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


A, B, C = new_code_cell("a = 1"), new_code_cell("b = 2"), new_code_cell("c = 3")
INJECTED = new_code_cell("P = 1", metadata={"tags": ["injected-parameters"]})


def test_only_the_cells_that_were_executed_are_compared() -> None:
    refuse_if_changed([A, INJECTED, B], [A, new_markdown_cell("new words"), B, C])
    refuse_if_changed([A, INJECTED], [A, new_code_cell("a new cell where it failed")])


@pytest.mark.parametrize(
    ("now", "named"),
    [([A, C], "Cell 2"), ([C, A, B], "Cell 1"), ([A, new_code_cell("new = 0"), B], "Cell 2"), ([A], "b = 2")],
)
def test_a_cell_that_was_changed_moved_added_or_removed_is_named(now: list[object], named: str) -> None:
    with pytest.raises(ConflictError, match=named):
        refuse_if_changed([A, INJECTED, B], now)


def test_a_claim_is_given_once_and_ends_with_its_process(own_workbench: Workbench) -> None:
    records = KeptKernels(own_workbench.settings)
    me = ProcessMark.of(os.getpid())
    far = "2099-01-01T00:00:00+00:00"
    kept = KeptKernel("run", "attempt", me, me, "/nowhere/kernel.json", "another host", far)
    records.write(kept)
    assert records.all() == [kept] and records.of_run("run") is None, "it is on another host"
    assert records.claimed_by("attempt") is None
    assert records.claim(kept) and not records.claim(kept)
    assert records.claimed_by("attempt") == me
    records.give_back("attempt")
    assert records.claim(kept)
    records.forget("attempt")
    assert records.all() == [] and records.claimed_by("attempt") is None
