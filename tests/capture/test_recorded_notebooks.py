"""Real notebooks, run headless: each executed cell has one record that agrees with the executed notebook."""

from __future__ import annotations

import csv
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from headless import differences

# What papermill took for them on a busy machine; 20 takes in nearly all, and several minutes.
LONGEST_S = float(os.environ.get("JUPYTER_MLOPS_LONGEST_S", "8"))
EXPECTED = {"runs", "raises", "kernel dies"}


def notebooks() -> list[Path]:
    beside = Path(__file__).parents[3] / "shared" / "notebooks"
    folder = Path(os.environ.get("JUPYTER_MLOPS_NOTEBOOKS", beside))
    if not (folder / "index.tsv").is_file():
        return []
    with (folder / "index.tsv").open(newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return [
            folder / row["file"]
            for row in rows
            if row["expected"] in EXPECTED
            and row["kernel"] == "python3"
            and float(row["seconds"]) <= LONGEST_S
        ]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_each_executed_cell_has_one_record_that_agrees_with_the_executed_notebook(tmp_path: Path) -> None:
    paths = notebooks()
    if not paths:
        pytest.skip("no folder of real notebooks (set JUPYTER_MLOPS_NOTEBOOKS)")
    folders = [tmp_path / f"{number}-{path.stem}" for number, path in enumerate(paths)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        amiss = [what for found in pool.map(differences, paths, folders) for what in found]
    assert amiss == []
