"""Batch scoring: every row accounted for, one file a date, by nothing but what was approved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from served_penguins import penguins, table_of_2009

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError, NotFoundError
from jupyter_mlops.models.checked_files import CHECKSUMS_TAG, ChangedModelError
from jupyter_mlops.models.scoring.rows import ScoringError
from jupyter_mlops.models.scoring.score import score
from jupyter_mlops.tracking.artifact_folder import checksums_of
from jupyter_mlops.tracking.client import make_client
from jupyter_mlops.tracking.model_files import fetched_version

pytestmark = pytest.mark.slow
pd = pytest.importorskip("pandas")
CHAMPION = "models:/penguins@champion"


def test_the_penguins_of_2009_are_scored_by_the_champion(penguin_registry: Settings, tmp_path: Path) -> None:
    report = score(CHAMPION, table_of_2009(tmp_path), tmp_path / "out", logical_date="2009-12-31")
    assert (report.rows, report.with_gaps, report.unscored) == (120, 3, 0)
    assert report.model == "penguins/1"
    scored = pd.read_parquet(tmp_path / "out" / "logical_date=2009-12-31" / "scores.parquet")
    assert len(scored) == 120
    assert set(scored.model_version) == {"penguins/1"}
    truth = penguins()
    truth = truth[truth.year == 2009].species.to_numpy()
    assert (scored.prediction.to_numpy() == truth).mean() == pytest.approx(0.992, abs=0.001)
    counts = scored.prediction.value_counts()
    assert (counts["Adelie"], counts["Chinstrap"], counts["Gentoo"]) == (53, 24, 43)
    kept = json.loads((tmp_path / "out" / "logical_date=2009-12-31" / "report.json").read_text())
    assert kept == report.as_dict()


def test_the_same_once_more_changes_nothing(penguin_registry: Settings, tmp_path: Path) -> None:
    table = table_of_2009(tmp_path)
    first = score(CHAMPION, table, tmp_path / "out", logical_date="2009-12-31")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.*")}
    assert score(CHAMPION, table, tmp_path / "out", logical_date="2009-12-31") == first
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.*")} == before


def test_a_moved_alias_is_another_version_in_the_same_file(
    penguin_registry: Settings, tmp_path: Path
) -> None:
    table = table_of_2009(tmp_path)
    score(CHAMPION, table, tmp_path / "out", logical_date="2009-12-31")
    make_client(penguin_registry.tracking_uri).set_registered_model_alias("penguins", "champion", "2")
    again = score(CHAMPION, table, tmp_path / "out", logical_date="2009-12-31", ending=".csv")
    assert again.model == "penguins/2"
    folder = tmp_path / "out" / "logical_date=2009-12-31"
    assert sorted(path.name for path in folder.iterdir()) == ["report.json", "scores.csv"]
    assert set(pd.read_csv(folder / "scores.csv").model_version) == {"penguins/2"}


def test_a_column_that_is_not_there_is_named_and_nothing_is_written(
    penguin_registry: Settings, tmp_path: Path
) -> None:
    with pytest.raises(BadInputError, match="lacks the column `sex`"):
        score(CHAMPION, table_of_2009(tmp_path, columns=["sex"]), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_rows_that_cannot_be_scored_are_reported_and_kept(penguin_registry: Settings, tmp_path: Path) -> None:
    table = pd.read_parquet(table_of_2009(tmp_path)).astype({"body_mass_g": object})
    table.loc[5, "body_mass_g"] = "heavy"
    table.to_csv(tmp_path / "odd.csv", index=False)
    report = score(CHAMPION, tmp_path / "odd.csv", tmp_path / "out", logical_date="2009-12-31")
    assert (report.rows, report.unscored) == (120, 1)
    assert report.problems == [{"row": 5, "problem": "`body_mass_g` is to be numbers, not 'heavy'"}]
    scored = pd.read_parquet(report.scores)
    assert scored.prediction.isna().sum() == 1
    assert scored.problem[5] == report.problems[0]["problem"]


def test_a_column_without_any_value_of_its_type_is_refused(
    penguin_registry: Settings, tmp_path: Path
) -> None:
    table = pd.read_parquet(table_of_2009(tmp_path)).assign(body_mass_g="heavy")
    table.to_csv(tmp_path / "odd.csv", index=False)
    with pytest.raises(BadInputError, match="`body_mass_g` is to hold numbers, and holds 'heavy'"):
        score(CHAMPION, tmp_path / "odd.csv", tmp_path / "out")


def test_a_model_whose_file_changed_is_not_loaded(
    penguin_registry: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(penguin_registry.tracking_uri)
    with fetched_version(penguin_registry.tracking_uri, "penguins", "1") as version:
        sums = {**checksums_of(version.folder), "MLmodel": "0" * 64}
    client.set_model_version_tag("penguins", "1", CHECKSUMS_TAG, json.dumps(sums))
    monkeypatch.setattr("jupyter_mlops.models.scoring.score.load_model", pytest.fail)
    with pytest.raises(ChangedModelError, match="MLmodel changed since it was registered: penguins"):
        score(CHAMPION, table_of_2009(tmp_path), tmp_path / "out")


@pytest.mark.parametrize(
    ("model", "message"),
    [("models:/penguins@nobody", "no version '@nobody'"), ("models:/penguins/9", "no version '9'")],
)
def test_a_version_that_is_not_there_is_said(
    penguin_registry: Settings, tmp_path: Path, model: str, message: str
) -> None:
    with pytest.raises(NotFoundError, match=message):
        score(model, table_of_2009(tmp_path), tmp_path / "out")


class Picky:
    """A model that fails for a whole batch when one row of it is odd."""

    def __init__(self, odd: set[int]) -> None:
        self.odd = odd

    def predict(self, data):
        if self.odd & set(data.x):
            raise ValueError("an odd row")
        return data.x * 2


@pytest.mark.parametrize("odd", [set(), {3}, {0, 99}, {10, 11, 12, 50}])
def test_bad_rows_are_found_however_a_model_fails(odd: set[int]) -> None:
    from jupyter_mlops.models.scoring.rows import predict_rows

    problems: dict[int, str] = {}
    predicted = predict_rows(Picky(odd), pd.DataFrame({"x": range(100)}), {}, problems)
    assert set(problems) == odd
    assert list(predicted.index) == [row for row in range(100) if row not in odd]
    assert (predicted.prediction == predicted.index * 2).all()


def test_a_model_that_can_score_nothing_says_why() -> None:
    from jupyter_mlops.models.scoring.rows import predict_rows

    with pytest.raises(ScoringError, match="None of the 4 rows can be scored"):
        predict_rows(Picky({0, 1, 2, 3}), pd.DataFrame({"x": range(4)}), {}, {})
