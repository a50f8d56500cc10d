"""Models registered from the variables that hold them: what is found out, and that they come back."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.experiments.model_inputs import EXAMPLE_ROWS, find_example, given_example
from jupyter_mlops.experiments.model_requirements import find_requirements
from jupyter_mlops.tracking.live_models.flavours import check_flavour, find_flavour
from jupyter_mlops.tracking.live_models.predicting import is_fitted

IRIS = load_iris(as_frame=True)
FITTED = LogisticRegression(max_iter=500).fit(IRIS.data, IRIS.target)


def unchanged(text: str) -> str:
    return text


def test_the_flavour_is_that_of_the_nearest_library_among_the_classes() -> None:
    class Mine(LogisticRegression):
        """A class of the notebook's own."""

    assert check_flavour(Mine(), "model").name == "sklearn"
    assert check_flavour(lambda rows: rows, "rule").name == "pyfunc"
    assert [find_flavour(thing) for thing in (IRIS, IRIS.data, 3, None, print)] == [None] * 5


@pytest.mark.parametrize(
    ("library", "classes"),
    [
        ("xgboost", ("XGBClassifier", "XGBRegressor")),
        ("lightgbm", ("LGBMClassifier", "LGBMRegressor")),
        ("catboost", ("CatBoostClassifier",)),
    ],
)
def test_boosters_are_their_own_librarys_though_scikit_learns_too(library: str, classes: tuple[str]) -> None:
    module = pytest.importorskip(library)
    for name in classes:
        assert check_flavour(getattr(module, name)(), "model").name == library


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (LogisticRegression, "is the class LogisticRegression"),
        (IRIS.data, "is a pandas.DataFrame"),
        ({"a": 1}, "is a builtins.dict"),
    ],
)
def test_what_is_no_model_is_refused_with_what_would_be(thing: Any, said: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        check_flavour(thing, "thing")
    assert said in refusal.value.message
    assert refusal.value.hint


def test_a_model_that_was_not_fitted_is_known() -> None:
    flavour = check_flavour(FITTED, "model")
    assert is_fitted(FITTED, flavour)
    assert not is_fitted(LogisticRegression(), flavour)


def test_the_example_is_of_the_frame_whose_columns_the_model_was_fitted_on() -> None:
    names = {"numbers": np.zeros((9, 4)), "other": IRIS.data[["sepal length (cm)"]], "X": IRIS.data}
    example = find_example(FITTED, FITTED.predict, names, unchanged)
    assert example is not None
    assert example.of == "X"
    assert len(example.rows) == len(example.prediction) == EXAMPLE_ROWS


def test_a_frame_with_the_target_too_gives_only_the_models_columns() -> None:
    example = find_example(FITTED, FITTED.predict, {"iris": IRIS.frame}, unchanged)
    assert example is not None
    assert list(example.rows.columns) == list(IRIS.data.columns)


def test_a_model_of_an_array_takes_an_array_as_wide() -> None:
    fitted = LogisticRegression(max_iter=500).fit(IRIS.data.to_numpy(), IRIS.target)
    names = {"narrow": np.zeros((9, 3)), "flat": np.zeros(4), "X": IRIS.data.to_numpy()}
    example = find_example(fitted, fitted.predict, names, unchanged)
    assert example is not None
    assert (example.of, example.rows.shape) == ("X", (EXAMPLE_ROWS, 4))


def test_no_example_is_better_than_a_wrong_one() -> None:
    names = {"other": pd.DataFrame({"a": [1.0]}), "narrow": np.zeros((9, 3)), "text": "setosa"}
    assert find_example(FITTED, FITTED.predict, names, unchanged) is None


def test_a_model_of_texts_takes_the_notebooks_texts_and_never_the_cells_own() -> None:
    texts = ["good dog", "bad cat", "good cat", "bad dog"]
    fitted = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [1, 0, 1, 0])
    names = {"In": ["", "password = 'x'"], "_ih": ["", "x"], "texts": texts}
    example = find_example(fitted, fitted.predict, names, unchanged)
    assert example is not None
    assert (example.of, example.rows) == ("texts", texts)


def test_secrets_in_texts_stay_out_of_the_example_and_the_users_data_are_left_alone() -> None:
    frame = pd.DataFrame({"n": [1.0, 2.0], "text": ["a", "key hunter2hunter2"]})

    def redact(text: str) -> str:
        return text.replace("hunter2hunter2", "***")

    example = given_example(frame, lambda rows: rows["n"], redact)
    assert list(example.rows["text"]) == ["a", "key ***"]
    assert list(frame["text"]) == ["a", "key hunter2hunter2"]
    assert given_example(["hunter2hunter2"], len, redact).rows == ["***"]


def test_an_example_that_the_model_cannot_predict_for_is_refused_with_the_reason() -> None:
    with pytest.raises(BadInputError, match="feature names"):
        given_example(IRIS.data[["sepal width (cm)"]], FITTED.predict, unchanged)


def test_requirements_are_those_of_the_models_parts_in_this_processs_versions() -> None:
    found = find_requirements(FITTED, ("sklearn",), IRIS.data.head())
    assert {line.partition("==")[0] for line in found.packages} == {"numpy", "pandas", "scikit-learn"}
    assert f"numpy=={np.__version__}" in found.packages
    assert found.code == ()


def test_the_users_own_module_goes_along_as_code(tmp_path: Path) -> None:
    (tmp_path / "own_steps.py").write_text("def double(rows):\n    return rows * 2\n")
    own = types.ModuleType("own_steps")
    own.__file__ = str(tmp_path / "own_steps.py")
    exec((tmp_path / "own_steps.py").read_text(), own.__dict__)
    sys.modules["own_steps"] = own
    try:
        fitted = make_pipeline(FunctionTransformer(own.double), LogisticRegression(max_iter=500))
        found = find_requirements(fitted.fit(IRIS.data, IRIS.target), ("sklearn",))
    finally:
        del sys.modules["own_steps"]
    assert found.code == (tmp_path / "own_steps.py",)
