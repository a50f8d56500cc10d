"""Damaged rows and files, and hostile input: each is told as what it is, and breaks nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from workbench import Workbench

from jupyter_mlops.errors import MlopsError
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.jobs.views import job_as_dict, run_as_dict
from jupyter_mlops.notebooks.snapshots import SnapshotStore
from jupyter_mlops.runs.states import Reason
from jupyter_mlops.store.paging import PageRequest
from jupyter_mlops.store.tables import Run

NOT_JSON = "{'C': 1"
JSON_COLUMNS = ("parameters", "policies", "metrics", "failed_cell", "cause", "progress")


def spoil(workbench: Workbench, table: str, row_id: str, column: str, value: str) -> None:
    with workbench.store.engine.begin() as connection:
        connection.execute(
            text(f"UPDATE {table} SET {column} = :value WHERE id = :id"), {"value": value, "id": row_id}
        )


@pytest.mark.parametrize("column", JSON_COLUMNS)
def test_a_row_whose_json_is_broken_is_listed_with_its_problem_and_so_are_all_others(
    workbench: Workbench, column: str
) -> None:
    workbench.write("good.ipynb", "1")
    good, bad = workbench.run("good.ipynb", name="good"), workbench.run("good.ipynb", name=f"bad {column}")
    spoil(workbench, "runs", bad.id, column, NOT_JSON)
    listed = {run.id: run_as_dict(run) for run in workbench.jobs.list_runs(PageRequest(200)).items}
    assert listed[good.id]["problem"] is None
    assert column in listed[bad.id]["problem"]
    assert run_as_dict(workbench.jobs.get_run(bad.id))["problem"]


def test_a_moment_that_is_none_breaks_no_list(workbench: Workbench) -> None:
    workbench.write("good.ipynb", "1")
    bad = workbench.run("good.ipynb", name="bad moment")
    spoil(workbench, "runs", bad.id, "ended_at", "yesterday")
    listed = {run.id: run_as_dict(run) for run in workbench.jobs.list_runs(PageRequest(200)).items}
    assert (listed[bad.id]["ended_at"], listed[bad.id]["duration_s"]) == (None, None)
    assert "ended_at" in listed[bad.id]["problem"]


def test_a_damaged_job_breaks_no_list_of_jobs(workbench: Workbench) -> None:
    workbench.write("good.ipynb", "1")
    job = workbench.jobs.create_job(RunRequest("good.ipynb", name="damaged job"), None)
    spoil(workbench, "jobs", job.id, "policies", NOT_JSON)
    listed = {job.id: job_as_dict(job, None) for job in workbench.jobs.list_jobs(PageRequest(200)).items}
    assert "policies" in listed[job.id]["problem"]
    assert workbench.jobs.run_job(job.id).state == "queued"


@pytest.mark.parametrize("column", ["parameters", "policies"])
def test_a_queued_run_that_is_damaged_ends_with_its_reason_and_the_worker_goes_on(
    own_workbench: Workbench, column: str
) -> None:
    own_workbench.write("good.ipynb", "1")
    mark = own_workbench.root / "mark"
    own_workbench.write("holds.ipynb", f"import time\nopen({str(mark)!r}, 'w').close()\ntime.sleep(60)")
    holder = own_workbench.running_cell(own_workbench.submit("holds.ipynb", name="one job"), mark)
    path = own_workbench.root / "holds.ipynb"
    path.write_bytes((own_workbench.root / "good.ipynb").read_bytes())
    bad = own_workbench.submit("holds.ipynb", name="one job")
    spoil(own_workbench, "runs", bad.id, column, NOT_JSON)
    own_workbench.jobs.cancel_run(holder.id)
    bad = own_workbench.ended(bad)
    assert (bad.state, bad.reason) == ("failed", Reason.BROKEN_ROW)
    assert column in str(bad.message)
    assert own_workbench.run("good.ipynb").state == "succeeded"


@pytest.mark.parametrize("damage", ["empty", "cut", "other", "gone", "binary"])
def test_a_snapshot_that_cannot_be_read_ends_its_run_with_a_reason(
    own_workbench: Workbench, damage: str
) -> None:
    own_workbench.write("good.ipynb", "1")
    mark = own_workbench.root / "mark"
    own_workbench.write("holds.ipynb", f"import time\nopen({str(mark)!r}, 'w').close()\ntime.sleep(60)")
    holder = own_workbench.running_cell(own_workbench.submit("holds.ipynb", name="one job"), mark)
    path = own_workbench.root / "holds.ipynb"
    path.write_bytes((own_workbench.root / "good.ipynb").read_bytes())
    run = own_workbench.submit("holds.ipynb", name="one job")
    snapshot = snapshot_path(own_workbench, run)
    content = snapshot.read_bytes()
    snapshot.chmod(0o600)
    if damage == "gone":
        snapshot.unlink()
    else:
        spoilt = {"empty": b"", "cut": content[:20], "other": b"[1, 2]", "binary": bytes(range(256))}
        snapshot.write_bytes(spoilt[damage])
    own_workbench.jobs.cancel_run(holder.id)
    run = own_workbench.ended(run)
    assert run.state == "failed" and run.reason not in (None, Reason.INTERNAL_ERROR), run.reason
    assert run.message and "Traceback" not in run.message
    own_workbench.write("next.ipynb", "2")
    assert own_workbench.run("next.ipynb").state == "succeeded"


@pytest.mark.parametrize(
    "value",
    [
        "__import__('os').system('touch {mark}')",
        "'; open({mark!r}, 'w'); '",
        "\\'; open({mark!r}, 'w') #",
        '"""\nopen({mark!r}, "w")\n"""',
        "\n!touch {mark}",
        "%%bash\ntouch {mark}",
        "\u2028open({mark!r}, 'w')",
        "${{touch {mark}}}",
    ],
)
def test_a_hostile_value_reaches_the_kernel_as_that_text_and_nothing_else(
    workbench: Workbench, value: str
) -> None:
    mark = workbench.root / "broken-out"
    hostile = value.format(mark=str(mark))
    workbench.write("takes.ipynb", "print(ascii(text))", parameters="text: str = ''")
    run = workbench.run("takes.ipynb", parameters={"text": hostile})
    assert run.state == "succeeded", run.message
    assert workbench.executed(run).cells[-1].outputs[0].text.strip() == ascii(hostile)
    assert not mark.exists()


@pytest.mark.parametrize(
    "notebook", ["../outside.ipynb", "/etc/passwd", "a/../../outside.ipynb", "link.ipynb", "a\0b.ipynb", "."]
)
def test_a_path_that_leads_out_of_the_root_is_refused_and_nothing_is_stored(
    workbench: Workbench, notebook: str
) -> None:
    outside = workbench.root.parent / "outside.ipynb"
    outside.write_bytes(workbench.write("inside.ipynb", "1").read_bytes())
    link = workbench.root / "link.ipynb"
    if not link.is_symlink():
        link.symlink_to(outside)
    before = len(workbench.jobs.list_runs(PageRequest(200)).items)
    with pytest.raises(MlopsError) as refused:
        workbench.submit(notebook)
    assert refused.value.field == "notebook" and refused.value.status < 500
    assert len(workbench.jobs.list_runs(PageRequest(200)).items) == before


def snapshot_path(workbench: Workbench, run: Run) -> Path:
    return SnapshotStore(workbench.settings.snapshots).path(str(run.snapshot_sha))
