"""The Python interface: the same jobs, from a script."""

from __future__ import annotations

import pytest
from workbench import Workbench

from jupyter_mlops.api import history, run
from jupyter_mlops.errors import ParameterError


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
    assert [execution["source"] for execution in history("train.ipynb", limit=1)] == ["print(x)"]


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
