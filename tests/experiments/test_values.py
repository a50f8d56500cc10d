"""What becomes of a value that is logged."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from matplotlib.figure import Figure

from jupyter_mlops.errors import BadInputError, NotFoundError
from jupyter_mlops.experiments.values import MAX_PARAM_CHARS, sort_values


@pytest.mark.parametrize("value", [1, 0.5, numpy.float32(0.5), numpy.int64(3), numpy.array(2.0), math.inf])
def test_numbers_are_metrics(value: Any) -> None:
    found = sort_values({"n": value})
    assert found.metrics == {"n": float(value)}
    assert not found.params
    assert not found.artifacts


@pytest.mark.parametrize("value", ["ridge", "", True, numpy.bool_(True), None, "x" * MAX_PARAM_CHARS])
def test_short_texts_booleans_and_none_are_params(value: Any) -> None:
    found = sort_values({"p": value})
    assert found.params == {"p": str(value)}
    assert not found.metrics


def test_what_is_too_large_or_has_parts_is_an_artifact(tmp_path: Path) -> None:
    figure = Figure()
    frame = pandas.DataFrame({"a": [1, 2], 3: ["x", "y"]})
    found = sort_values(
        {
            "essay": "x" * (MAX_PARAM_CHARS + 1),
            "layers": [64, 32],
            "options": {"a": None},
            "curve": figure,
            "axes": figure.add_subplot(),
            "frame": frame,
            "series": frame["a"],
            "folder": tmp_path,
        }
    )
    names = ["essay.txt", "layers.json", "options.json", "curve.png", "axes.png", "frame.json", "series.json"]
    assert found.artifacts == [*names, "folder"]
    assert found.figures == {"curve.png": figure, "axes.png": figure}
    assert found.tables["frame.json"] == {"a": [1, 2], "3": ["x", "y"]}
    assert found.tables["series.json"] == {"a": [1, 2]}
    assert not found.metrics
    assert not found.params


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"a": object()}, "a: a builtins.object cannot be logged"),
        ({"a": numpy.zeros(3)}, "a: a numpy.ndarray cannot be logged"),
        ({"a": [object()]}, "a: a list is logged as JSON, and this cannot be"),
        ({"": 1}, "A logged value needs a name"),
        ({3: 1}, "A logged value needs a name, not 3"),
    ],
)
def test_what_cannot_be_logged_is_named(values: dict[Any, Any], message: str) -> None:
    with pytest.raises(BadInputError) as refused:
        sort_values(values)
    assert message in refused.value.message
    assert refused.value.hint


def test_a_path_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no file or folder"):
        sort_values({"a": tmp_path / "absent"})
