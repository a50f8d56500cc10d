"""The Python interface: the same jobs, from a script."""

from __future__ import annotations

import nbformat
import pytest
from workbench import Workbench

import jupyter_mlops
from jupyter_mlops.errors import BadInputError, ConflictError, NotFoundError, ParameterError
from jupyter_mlops.interface.history import history
from jupyter_mlops.interface.runs import run


@pytest.fixture(autouse=True)
def settings_of_the_workbench(
    workbench: Workbench, clean_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in workbench.settings.process_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(workbench.root)


def test_a_script_runs_a_notebook_and_reads_what_came_of_it(workbench: Workbench) -> None:
    path = workbench.write("train.ipynb", "print(x)", parameters="x: float = 1.0")
    ended = run(path, {"x": 3})
    assert ended.succeeded
    assert (ended.job, ended.parameters) == ("train", {"x": 3.0})
    assert ended.output_path is not None and ended.output_path.is_file()
    assert [execution["source"] for execution in history("train.ipynb", limit=1, as_records=True)] == [
        "print(x)"
    ]


def test_a_run_that_fails_does_not_raise_but_bad_input_does(workbench: Workbench) -> None:
    workbench.write("bad.ipynb", "1 / 0")
    ended = run("bad.ipynb", root=workbench.root)
    assert (ended.succeeded, ended.reason) == (False, "error")
    assert ended.failed_cell is not None and ended.failed_cell["error_name"] == "ZeroDivisionError"
    with pytest.raises(ParameterError):
        run("bad.ipynb", {"x": 1})


def test_a_run_need_not_be_waited_for(workbench: Workbench) -> None:
    workbench.write("later.ipynb", "1")
    queued = run("later.ipynb", wait=False)
    assert queued.state in ("queued", "running")
    assert workbench.ended(workbench.jobs.get_run(queued.id)).state == "succeeded"


def test_a_run_is_found_ended_run_again_and_deleted(workbench: Workbench) -> None:
    workbench.write("held.ipynb", "import time\ntime.sleep(600)")
    queued = run("held.ipynb", wait=False)
    assert queued.cancel().id == queued.id
    ended = jupyter_mlops.find_run(queued.id[:8]).wait()
    assert (ended.state, queued.refresh().state) == ("cancelled", "cancelled")
    assert [attempt["state"] for attempt in ended.attempts()] in ([], ["cancelled"])

    again = ended.rerun(wait=False)
    assert again.id != ended.id
    with pytest.raises(ConflictError):
        again.delete()
    again.cancel()
    again.wait().delete()
    with pytest.raises(NotFoundError):
        again.refresh()


@pytest.mark.slow
def test_a_failed_run_is_mended_and_resumed(workbench: Workbench) -> None:
    path = workbench.write("mend.ipynb", "x = 20", "1 / 0", "print(x)")
    failed = run("mend.ipynb", policies={"keep_kernel_s": 120})
    assert failed.reason == "error"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].source = "x += 1"
    nbformat.write(notebook, path)
    resumed = failed.resume()
    assert resumed.succeeded and resumed.output_path is not None
    assert nbformat.read(resumed.output_path, as_version=4).cells[2].outputs[0].text == "21\n"
    with pytest.raises(ConflictError):
        failed.resume()


@pytest.mark.slow
def test_runs_and_jobs_are_listed_by_what_is_asked_for(workbench: Workbench) -> None:
    workbench.write("lists/one.ipynb", "1")
    first, second = (run("lists/one.ipynb", name=name) for name in ("Alpha list", "beta list"))
    assert [one.id for one in jupyter_mlops.list_runs(search="LIST")] == [second.id, first.id]
    assert [one.id for one in jupyter_mlops.list_runs("lists/one.ipynb", limit=1)] == [second.id]
    assert [one.id for one in jupyter_mlops.list_runs(job="Alpha list", state="succeeded")] == [first.id]
    assert [job.name for job in jupyter_mlops.list_jobs(search="a list")] == ["beta list", "Alpha list"]
    assert jupyter_mlops.list_runs(search="list", state="failed") == []
    for refused in ({"limit": 201}, {"state": "happy"}, {"search": " "}):
        with pytest.raises(BadInputError):
            jupyter_mlops.list_runs(**refused)


@pytest.mark.slow
def test_a_job_is_found_changed_run_paused_and_deleted(workbench: Workbench) -> None:
    workbench.write("job.ipynb", "print(n)", parameters="n: int = 1")
    made = jupyter_mlops.schedule(
        "job.ipynb", {"n": 2}, name="of python", every="7d", policies={"max_attempts": 2}
    )
    job = jupyter_mlops.find_job("of python")
    assert (job.id, job.parameters, job.policies["max_attempts"]) == (made.job_id, {"n": 2}, 2)
    with pytest.raises(ParameterError):
        job.change(parameters={"m": 1})
    job = job.change(presets={"big": {"n": 100}})
    ended = job.run(preset="big", idempotency_key="once")
    assert (ended.succeeded, ended.parameters) == (True, {"n": 100})
    assert job.run(preset="big", idempotency_key="once").id == ended.id
    assert [one.id for one in job.runs()] == [ended.id]

    assert [trigger["active"] for trigger in job.pause().triggers] == [False]
    assert [trigger["active"] for trigger in job.resume().triggers] == [True]
    assert job.change_trigger(made.trigger_id, active=False) is None
    assert job.refresh().triggers[0]["active"] is False
    job.delete_trigger(made.trigger_id)
    assert job.refresh().triggers == []
    job.delete()
    with pytest.raises(NotFoundError):
        jupyter_mlops.find_job("of python")
