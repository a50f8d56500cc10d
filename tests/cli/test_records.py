"""`history`, `stale` and `purge`: what a real kernel recorded, from the terminal and from Python."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pandas
import pytest
from command_line import CommandLine
from recorded_kernel import LOAD, RecordedKernel
from workbench import Workbench

import jupyter_mlops
from jupyter_mlops.errors import MlopsError
from jupyter_mlops.interface.history import COLUMNS
from jupyter_mlops.server.contract import openapi

CELLS = ("x = 1", "y = x + 1", "raise ValueError('no')")
IDS = ("cell-0", "cell-1", "cell-2")


@pytest.fixture(scope="module")
def began() -> datetime:
    return datetime.now(timezone.utc)


@pytest.fixture(scope="module")
def kernel(workbench: Workbench, began: datetime) -> Iterator[RecordedKernel]:
    """A kernel on `train.ipynb`, started by a server that stands two folders above it; its cells were run."""
    path = workbench.write("deep/work/train.ipynb", *CELLS)
    path.with_name("untouched.ipynb").write_bytes(path.read_bytes())
    started = RecordedKernel(
        workbench.settings.journals,
        workbench.root,
        JPY_SESSION_NAME=str(path),
        JUPYTER_MLOPS_ROOT=str(workbench.root),
    )
    started.run(LOAD, silent=True)
    for cell_id, code in zip(IDS, CELLS, strict=True):
        started.run(code, cellId=cell_id)
    yield started
    started.stop()


@pytest.fixture
def notebook(kernel: RecordedKernel, workbench: Workbench) -> str:
    return str(workbench.root / "deep/work/train.ipynb")


@pytest.fixture
def here(workbench: Workbench, clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in workbench.settings.process_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(workbench.root)


def cells(answer: dict[str, Any]) -> list[str]:
    return [item["cell_id"] for item in answer["items"]]


def test_history_finds_by_each_filter(command_line: CommandLine, notebook: str, began: datetime) -> None:
    def ask(*words: str) -> list[str]:
        return cells(command_line.json("history", notebook, *words))

    assert ask() == ["cell-2", "cell-1", "cell-0"]
    assert ask("--status", "error") == ["cell-2"]
    assert ask("--cell", "cell-1", "--origin", "interactive") == ["cell-1"]
    assert ask("--origin", "job") == []
    assert ask("--text", "x + 1") == ["cell-1"]
    assert ask("--since", began.isoformat(), "--limit", "1") == ["cell-2"]
    assert ask("--until", "1h") == []


def test_history_goes_on_where_a_page_ended(command_line: CommandLine, notebook: str) -> None:
    first = command_line.json("history", notebook, "--limit", "2")
    rest = command_line.json("history", notebook, "--limit", "2", "--cursor", first["next_cursor"])
    assert cells(first) + cells(rest) == ["cell-2", "cell-1", "cell-0"]
    assert rest["next_cursor"] is None
    assert f"--cursor {first['next_cursor']}" in command_line.call("history", notebook, "--limit", "2").stdout


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("--since", "yesterday"), "since"),
        (("--status", "fine"), "status"),
        (("--cell", "cell-"), "cell"),
        (("--cell", "cell-9"), "cell"),
        (("--cursor", "none"), "cursor"),
    ],
)
def test_a_bad_question_is_refused(
    command_line: CommandLine, notebook: str, words: tuple[str, str], field: str
) -> None:
    assert command_line.json("history", notebook, *words, code=2)["field"] == field


def test_history_is_a_table_with_a_type_for_each_column(kernel: RecordedKernel, here: None) -> None:
    table = jupyter_mlops.history("deep/work/train.ipynb")
    assert list(table["cell_id"]) == ["cell-2", "cell-1", "cell-0"]
    assert table["started_at"].dt.tz is not None
    assert (table["ended_at"] >= table["started_at"]).all()
    assert table["duration_s"].between(0, 60).all()
    assert list(table["error_name"].fillna("")) == ["ValueError", "", ""]
    assert table.loc[table["cell_id"] == "cell-1", "reads"].item() == ["x"]
    empty = jupyter_mlops.history("deep/work/train.ipynb", status="aborted")
    assert (len(empty), empty.dtypes.to_dict()) == (0, table.dtypes.to_dict())


def test_the_table_has_the_fields_of_a_record_and_of_the_rest_schema(
    kernel: RecordedKernel, here: None
) -> None:
    (record,) = jupyter_mlops.history("deep/work/train.ipynb", as_records=True, limit=1)
    assert list(record)[:3] == ["id", "session_id", "notebook"]
    assert set(record) == set(COLUMNS) == set(openapi()["components"]["schemas"]["Execution"]["properties"])


def test_without_pandas_the_table_says_what_to_do(
    kernel: RecordedKernel, here: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MlopsError, match="pandas, which is not installed") as refused:
        jupyter_mlops.history("deep/work/train.ipynb")
    assert "as_records=True" in str(refused.value.hint)
    assert len(jupyter_mlops.history("deep/work/train.ipynb", as_records=True)) == 3


def test_an_edited_cell_makes_those_below_stale(
    command_line: CommandLine, workbench: Workbench, notebook: str
) -> None:
    before = Path(notebook).read_bytes()
    fine = command_line.json("stale", notebook)
    assert fine["stale"] == []
    workbench.write("deep/work/train.ipynb", "x = 2", *CELLS[1:])
    try:
        said = command_line.json("stale", notebook, code=1)
        assert said["stale"] == ["cell-0", "cell-1"]
        shown = command_line.call("stale", notebook)
        assert (shown.returncode, "cell-1" in shown.stdout, "not clean" in shown.stdout) == (1, True, True)
    finally:
        Path(notebook).write_bytes(before)


def test_what_was_never_recorded_is_neither_stale_nor_not(command_line: CommandLine, notebook: str) -> None:
    untouched = notebook.replace("train", "untouched")
    assert command_line.json("stale", untouched, code=2)["reason"] == "not_found"
    assert command_line.json("stale", notebook.replace("train", "absent"), code=2)["field"] == "notebook"
    assert command_line.json("history", untouched)["items"] == []


def test_purging_says_first_what_would_go_and_asks(command_line: CommandLine, notebook: str) -> None:
    tomorrow = pandas.Timestamp.now(tz="UTC") + pandas.Timedelta(days=1)
    words = ("purge", "--before", tomorrow.isoformat(), "--notebook", notebook)
    told = command_line.json(*words, "--dry-run")
    assert (told["executions"], told["sessions"], told["dry_run"]) == (3, 0, True)
    assert command_line.json(*words, code=2)["message"].startswith("Nothing was deleted")
    assert len(command_line.json("history", notebook)["items"]) == 3
    assert "would go" in command_line.call(*words, "--dry-run").stdout
    done = command_line.json(*words, "--yes")
    assert {**done, "dry_run": True} == told
    assert command_line.json("history", notebook)["items"] == []


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ((), None),
        (("--older-than", "30d", "--before", "2026-01-01"), None),
        (("--older-than", "30"), "older_than"),
        (("--before", "soon"), "before"),
    ],
)
def test_a_purge_of_no_clear_age_is_refused(
    command_line: CommandLine, words: tuple[str, ...], field: str | None
) -> None:
    assert command_line.json("purge", *words, code=2)["field"] == field
