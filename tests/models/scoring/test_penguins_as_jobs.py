"""From training to scores as jobs of the command line: 2007 and 2008 learnt, 2009 scored by alias."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine
from served_penguins import penguins, table_of_2009
from workbench import Workbench

from jupyter_mlops.tracking.client import make_client

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
EXAMPLE = Path(__file__).parents[3] / "examples" / "penguins" / "train.ipynb"
DAY = "logical_date=2009-12-31"


def test_penguins_are_trained_registered_and_scored_as_jobs(workbench: Workbench) -> None:
    pd = pytest.importorskip("pandas")
    command = CommandLine(workbench)
    shutil.copy(EXAMPLE, workbench.root / "train.ipynb")
    table_of_2009(workbench.root)

    trained = command.json("run", "train.ipynb", "--register", "penguins")
    assert (trained["state"], trained["model_version"]) == ("succeeded", "1")
    client = make_client(workbench.settings.tracking_uri)
    client.set_registered_model_alias("penguins", "champion", "1")

    written = command.json(
        "score", "penguins", "2009.parquet", "scores", "--date", "2009-12-31", "--notebook", "score.ipynb"
    )
    assert written == {"notebook": "score.ipynb"}
    folder = workbench.root / "scores" / DAY

    def scored() -> Any:
        run = command.json("run", "score.ipynb")
        assert run["state"] == "succeeded"
        logged = client.get_run(run["mlflow_run_id"]).data
        table = pd.read_parquet(folder / "scores.parquet")
        return run, logged, table

    _, logged, table = scored()
    assert logged.tags["mlops.scored_by"] == "penguins/1"
    assert (logged.metrics["rows"], logged.metrics["with_gaps"], logged.metrics["unscored"]) == (120, 3, 0)
    truth = penguins()
    truth = truth[truth.year == 2009].species.to_numpy()
    assert (table.prediction.to_numpy() == truth).mean() > 0.98
    before = (folder / "scores.parquet").stat().st_mtime_ns

    scored()
    assert (folder / "scores.parquet").stat().st_mtime_ns == before, "a new run of the date changed the file"

    trained = command.json("run", "train.ipynb", "-p", "seed", "8", "--register", "penguins")
    client.set_registered_model_alias("penguins", "champion", trained["model_version"])
    _, logged, table = scored()
    assert logged.tags["mlops.scored_by"] == "penguins/2"
    assert set(table.model_version) == {"penguins/2"}

    table_of_2009(workbench.root, columns=["sex"])
    refused = command.json("run", "score.ipynb", code=1)
    assert (refused["state"], refused["reason"]) == ("failed", "error")
    assert "lacks the column `sex`" in refused["message"]
    assert len(pd.read_parquet(folder / "scores.parquet")) == 120
    said = command.json("score", "penguins", "2009.parquet", "scores", code=2)
    assert "lacks the column `sex`" in said["message"]
