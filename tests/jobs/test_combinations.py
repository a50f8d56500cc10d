"""A matrix makes every combination once, within a bound; presets are named parameters."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.jobs.combinations import check_presets, expand_matrix, preset_values


def test_every_combination_is_made_once_the_last_name_fastest() -> None:
    assert expand_matrix({"a": [1, 2], "b": ["x", "y"]}, {"c": 0}) == [
        {"c": 0, "a": 1, "b": "x"},
        {"c": 0, "a": 1, "b": "y"},
        {"c": 0, "a": 2, "b": "x"},
        {"c": 0, "a": 2, "b": "y"},
    ]


def test_a_value_given_twice_makes_no_second_run_and_true_is_not_one() -> None:
    assert [one["a"] for one in expand_matrix({"a": [1, 1, True, 1.0, [1], [1]]})] == [1, True, 1.0, [1]]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_there_are_as_many_as_the_product_of_the_values(sizes: list[int]) -> None:
    matrix = {f"p{index}": list(range(size)) for index, size in enumerate(sizes)}
    combinations = expand_matrix(matrix)
    product = 1
    for size in sizes:
        product *= size
    assert len(combinations) == product == len({tuple(sorted(one.items())) for one in combinations})


@pytest.mark.parametrize(
    ("matrix", "base", "field"),
    [
        ({"a": []}, {}, "matrix.a"),
        ({"a": "text"}, {}, "matrix.a"),
        ({"a": 3}, {}, "matrix.a"),
        ({"a": [1]}, {"a": 1}, "matrix.a"),
        ({"a": list(range(11)), "b": list(range(10))}, {}, "matrix"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(matrix: Any, base: Any, field: str) -> None:
    with pytest.raises(BadInputError) as refused:
        expand_matrix(matrix, base)
    assert refused.value.field == field


def test_presets_are_found_by_name() -> None:
    presets = check_presets({"small": {"n": 1}, "large": {"n": 9}})
    assert preset_values(presets, "large") == {"n": 9}
    with pytest.raises(BadInputError, match="no preset 'huge'") as refused:
        preset_values(presets, "huge")
    assert refused.value.hint == "It has large, small."


@pytest.mark.parametrize("presets", [{" ": {}}, {"a\n": {}}, {"a": [1]}, {str(n): {} for n in range(51)}])
def test_what_is_no_preset_is_refused(presets: Any) -> None:
    with pytest.raises(BadInputError):
        check_presets(presets)
