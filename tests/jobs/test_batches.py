"""A matrix is queued whole or not at all; presets are the job's, and what is given besides them wins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from notebook_files import WriteNotebook
from sqlalchemy import func, select

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError, ParameterError
from jupyter_mlops.jobs import batches, service
from jupyter_mlops.jobs.batches import submit_matrix
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.spec import JobChange, RunRequest
from jupyter_mlops.store import Store
from jupyter_mlops.store.paging import PageRequest
from jupyter_mlops.store.tables import Run


@pytest.fixture
def jobs(
    store: Store, settings: Settings, notebook_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> JobService:
    """The jobs of a root. No worker takes its runs away."""
    for module in (service, batches):
        monkeypatch.setattr(module, "ensure_worker", lambda *_: False)
    return JobService(store, settings, notebook_folder)


def count(jobs: JobService) -> int:
    with jobs.store.reading() as session:
        return session.scalar(select(func.count()).select_from(Run)) or 0


def test_a_matrix_makes_a_run_for_each_combination_in_one_batch(
    jobs: JobService, write_notebook: WriteNotebook
) -> None:
    write_notebook("a.ipynb", "1", parameters="C: float = 1.0\nsolver = 'a'\nseed = 0")
    request = RunRequest("a.ipynb", parameters={"seed": 7})
    runs = submit_matrix(jobs, request, {"C": [0.1, 1], "solver": ["a", "b"]})
    assert [run.parameters for run in runs] == [
        {"seed": 7, "C": 0.1, "solver": "a"},
        {"seed": 7, "C": 0.1, "solver": "b"},
        {"seed": 7, "C": 1.0, "solver": "a"},
        {"seed": 7, "C": 1.0, "solver": "b"},
    ]
    assert {run.state for run in runs} == {"queued"}
    (batch,) = {run.batch_id for run in runs}
    assert len({run.job_id for run in runs}) == 1
    assert len(jobs.list_runs(PageRequest(10), batch_id=batch).items) == 4


@pytest.mark.parametrize("matrix", [{"C": [0.1, "much"]}, {"D": [1]}, {"C": list(range(101))}])
def test_one_bad_value_and_nothing_is_queued(
    jobs: JobService, write_notebook: WriteNotebook, matrix: Any
) -> None:
    write_notebook("a.ipynb", "1", parameters="C: float = 1.0")
    with pytest.raises((ParameterError, BadInputError)):
        submit_matrix(jobs, RunRequest("a.ipynb"), matrix)
    assert count(jobs) == 0


def test_runs_of_a_matrix_do_not_end_each_other(jobs: JobService, write_notebook: WriteNotebook) -> None:
    write_notebook("a.ipynb", "1", parameters="C: float = 1.0")
    request = RunRequest("a.ipynb", policies={"overlap": "cancel_previous"})
    before = jobs.submit(request)
    submit_matrix(jobs, request, {"C": [1, 2, 3]})
    with jobs.store.reading() as session:
        states = {run.id: run.state for run in session.scalars(select(Run))}
    assert states.pop(before.id) == "cancelled"
    assert list(states.values()) == ["queued"] * 3


def test_a_preset_gives_the_parameters_that_are_not_given_besides(
    jobs: JobService, write_notebook: WriteNotebook
) -> None:
    write_notebook("a.ipynb", "1", parameters="C: float = 1.0\nn = 1")
    job = jobs.submit(RunRequest("a.ipynb")).job
    changed = jobs.change_job(job.id, JobChange(presets={"large": {"C": 5.0, "n": 9}}))
    assert changed.presets == {"large": {"C": 5.0, "n": 9}}
    run = jobs.submit(RunRequest("a.ipynb", preset="large", parameters={"n": 2}))
    assert run.parameters == {"C": 5.0, "n": 2}
    again, _ = jobs.run_job_once(job.id, None, "large")
    assert again.parameters == {"C": 5.0, "n": 9}
    with pytest.raises(BadInputError, match="no preset 'small'"):
        jobs.submit(RunRequest("a.ipynb", preset="small"))
