"""Real notebooks, run headless: each executed cell has one record that agrees with the executed notebook."""

from __future__ import annotations

import csv
import math
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from headless import differences

QUICK_S = 8.0  # what papermill took on a busy machine: two of three notebooks; all take some minutes
EXPECTED = {"runs", "raises", "kernel dies"}


def notebooks(longest_s: float) -> list[Path]:
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
            and float(row["seconds"]) <= longest_s
        ]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "longest_s",
    [
        pytest.param(QUICK_S, id="the quick ones", marks=pytest.mark.slow),
        pytest.param(math.inf, id="all", marks=pytest.mark.drill),
    ],
)
def test_each_executed_cell_has_one_record_that_agrees_with_the_executed_notebook(
    tmp_path: Path, longest_s: float
) -> None:
    paths = notebooks(longest_s)
    if not paths:
        pytest.skip("no folder of real notebooks (set JUPYTER_MLOPS_NOTEBOOKS)")
    folders = [tmp_path / f"{number}-{path.stem}" for number, path in enumerate(paths)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        amiss = [what for found in pool.map(differences, paths, folders) for what in found]
    assert amiss == []
