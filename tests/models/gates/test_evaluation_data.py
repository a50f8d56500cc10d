"""Evaluation data: one table of whatever a notebook has, named by its content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow import MlflowClient

import jupyter_mlops
from jupyter_mlops.errors import BadInputError, ConflictError
from jupyter_mlops.models.evaluation import evaluation_table
from jupyter_mlops.models.facts import evaluation_from
from jupyter_mlops.tracking.evaluation import read_table, write_table
from jupyter_mlops.tracking.model_facts import EVALUATION_ARTIFACT, read_json_artifact

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
cells: dict[str, st.SearchStrategy[Any]] = {
    "whole": st.integers(-(2**63), 2**63 - 1),
    "real": st.floats(allow_nan=False) | st.none(),
    "word": texts | st.none(),
    "flag": st.booleans(),
    "when": st.datetimes(),
}


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(1, 8))
    kinds = draw(st.lists(st.sampled_from(sorted(cells)), min_size=1, max_size=5))
    columns = {
        f"{kind}{at}": draw(st.lists(cells[kind], min_size=rows, max_size=rows))
        for at, kind in enumerate(kinds)
    }
    return pd.DataFrame({name: pd.Series(values, dtype=_dtype(name)) for name, values in columns.items()})


def _dtype(name: str) -> str | None:
    return {"real": "float64", "word": "str", "when": "datetime64[us]"}.get(name.rstrip("0123456789"))


def sha(frame: Any, **how: Any) -> str:
    return evaluation_table(frame, list(range(len(frame))), **how).sha


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(frames(), st.randoms(use_true_random=False))
def test_the_hash_is_of_the_content_alone(tmp_path_factory: Any, frame: pd.DataFrame, random: Any) -> None:
    """Neither the columns' order, nor the index, the library, the file or dictionaries are part of it."""
    expected = sha(frame)
    order = random.sample(list(frame.columns), len(frame.columns))
    assert sha(frame[order]) == expected
    assert sha(frame.set_axis([f"row {at}" for at in range(len(frame))], axis=0)) == expected
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    assert sha(arrow) == expected
    assert sha(arrow.to_pandas(types_mapper=pd.ArrowDtype)) == expected
    words = {name: "category" for name in frame if str(name).startswith("word")}
    assert sha(frame.astype(words)) == expected
    path = tmp_path_factory.mktemp("file") / "data.parquet"
    write_table(path, evaluation_table(frame, list(range(len(frame)))))
    assert read_table(path).sha == expected


@settings(max_examples=40, deadline=None)
@given(frames(), st.data())
def test_another_value_name_type_target_or_order_of_rows_is_another_hash(
    frame: pd.DataFrame, data: st.DataObject
) -> None:
    expected = sha(frame)
    name = data.draw(st.sampled_from(list(frame.columns)))
    assert sha(frame.rename(columns={name: f"{name} "})) != expected
    assert sha(frame, target="other") != expected
    assert sha(frame[name].to_frame().assign(more=1).join(frame.drop(columns=name))) != expected
    assert sha(frame.iloc[:-1]) != expected if len(frame) > 1 else True
    turned = frame.iloc[::-1].reset_index(drop=True)
    assert (sha(turned) == expected) == turned.equals(frame)
    if str(name).startswith("flag"):
        changed = frame.assign(**{name: ~frame[name]})
        assert sha(changed) != expected
        assert sha(frame.assign(**{name: frame[name].astype("int64")})) != expected


def test_text_does_not_run_over_into_the_next_row() -> None:
    assert sha(pd.DataFrame({"a": ["ab", "c"]})) != sha(pd.DataFrame({"a": ["a", "bc"]}))
    assert sha(pd.DataFrame({"a": ["", None]})) != sha(pd.DataFrame({"a": [None, ""]}))


def test_an_array_is_a_table_of_numbered_columns_and_remembered_as_an_array() -> None:
    rows = np.arange(6.0).reshape(3, 2)
    found = evaluation_table(rows, np.array([0, 1, 0]))
    assert (found.features, found.target, found.is_array) == (("0", "1"), "target", True)
    same = evaluation_table(pd.DataFrame({"0": rows[:, 0], "1": rows[:, 1]}), [0, 1, 0])
    assert same.sha == found.sha and not same.is_array


def test_the_target_is_a_series_or_a_column() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "kind": ["x", "y"]})
    by_name = evaluation_table(frame, "kind")
    by_series = evaluation_table(frame[["a"]], frame["kind"])
    assert by_name.target == by_series.target == "kind"
    assert by_name.features == ("a",) and by_name.sha == by_series.sha


def test_a_slice_may_be_a_column_that_the_model_is_not_given() -> None:
    found = evaluation_table(np.eye(2), [0, 1], slices={"site": ["north", "south"]})
    assert found.slices == ("site",) and "site" not in found.features
    assert found.table.column("site").to_pylist() == ["north", "south"]


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        (({"a": [1, 2]}, [1]), "y"),
        (({"a": [1, 2]}, "b"), "y"),
        (({"target": [1, 2]}, [0, 1]), "y"),
        (({}, []), "X"),
        (({"a": []}, []), "X"),
        ((np.zeros((2, 2, 2)), [0, 1]), "X"),
        ((pd.DataFrame({"a": [1, "x"]}), [0, 1]), "X"),
        ((pd.DataFrame([[1, 2]], columns=["a", "a"]), [0]), "X"),
        (({"a": [1, 2]}, [[1, 2], [3, 4]]), "y"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(given_: tuple[Any, Any], field: str) -> None:
    with pytest.raises(BadInputError) as refused:
        evaluation_table(*given_)
    assert refused.value.field == field


def test_an_unknown_slice_is_refused() -> None:
    with pytest.raises(BadInputError, match="no column 'b' to slice by"):
        evaluation_table({"a": [1, 2]}, [0, 1], slices=["b"])


@pytest.fixture
def tracked(settings: Any, mlflow_template: Path) -> Any:
    import shutil

    shutil.copy(mlflow_template, settings.mlflow_dir / "mlflow.db")
    mlflow.set_tracking_uri(settings.tracking_uri)
    artifacts = settings.process_environment()["_MLFLOW_SERVER_ARTIFACT_ROOT"]
    mlflow.create_experiment("here", artifact_location=artifacts)
    mlflow.set_experiment("here")
    yield settings
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_tracking_uri(None)


def test_it_is_kept_with_the_run_and_found_again(tracked: Any, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.0, None, 3.0], "site": ["n", "s", "n"]})
    with mlflow.start_run() as run:
        kept = jupyter_mlops.log_evaluation(frame, [0, 1, 0], target="label", slices=["site"])
    client = MlflowClient()
    ended = client.get_run(run.info.run_id)
    assert evaluation_from(read_json_artifact(client, ended, EVALUATION_ARTIFACT)) == kept
    again = read_table(Path(client.download_artifacts(run.info.run_id, kept.artifact, str(tmp_path))))
    assert (again.sha, again.target, again.slices) == (kept.sha, "label", ("site",))
    [told] = ended.inputs.dataset_inputs
    assert kept.sha.startswith(told.dataset.digest) and told.tags[0].value == "evaluation"


def test_without_a_run_nothing_is_kept(tracked: Any) -> None:
    with pytest.raises(ConflictError, match="No MLflow run is active"):
        jupyter_mlops.log_evaluation({"a": [1]}, [0])
