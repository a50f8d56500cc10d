"""Values are checked before a kernel starts, and reach it as literals whatever they hold."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook
from papermill.parameterize import parameterize_notebook

from jupyter_mlops.errors import ParameterError
from jupyter_mlops.notebooks.parameter import Bounds
from jupyter_mlops.notebooks.parameters import (
    Parameter,
    ParameterSet,
    infer_parameters,
    parse_value,
    validate_parameters,
)
from jupyter_mlops.notebooks.read import Notebook

MakeNotebook = Callable[..., Notebook]

CELL = """
C: float = 1.0
n = 10
name = "a"
flag = False
sizes = [1]
table = {"a": 1}
seed: Optional[int] = 7
free = None
solver: Literal["lbfgs", "saga"] = "lbfgs"
depth: Literal[1, 2, None] = 1
when = datetime.now()
"""


@pytest.fixture(scope="module")
def parameters(make_notebook: MakeNotebook) -> ParameterSet:
    return infer_parameters(make_notebook(CELL))


def refused(parameters: ParameterSet, **given_: Any) -> ParameterError:
    with pytest.raises(ParameterError) as error:
        validate_parameters(parameters, given_)
    assert error.value.message.endswith(".")
    return error.value


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("C", 0.5, 0.5),
        ("C", 2, 2.0),
        ("n", 3, 3),
        ("n", 3.0, 3),
        ("name", "", ""),
        ("name", "0.5", "0.5"),
        ("flag", True, True),
        ("sizes", [], []),
        ("sizes", (1, (2, "a")), [1, [2, "a"]]),
        ("table", {"b": None}, {"b": None}),
        ("seed", None, None),
        ("seed", 3, 3),
        ("free", {"any": [1]}, {"any": [1]}),
        ("free", None, None),
        ("solver", "saga", "saga"),
        ("depth", 2, 2),
        ("depth", None, None),
        ("when", "2026-11-21", "2026-11-21"),
    ],
)
def test_a_value_that_fits_is_taken_in_the_parameters_type(
    parameters: ParameterSet, name: str, value: object, taken: object
) -> None:
    answer = validate_parameters(parameters, {name: value})
    assert answer == {name: taken}
    assert type(answer[name]) is type(taken)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("C", "abc", "C must be a float, got 'abc'."),
        ("C", "0.5", "C must be a float, got '0.5'."),
        ("C", True, "C must be a float, got True."),
        ("C", None, "C must be a float, got None."),
        ("C", 10**400, "C must be a float, got 'an integer too large for a float'."),
        ("n", True, "n must be an int, got True."),
        ("n", 0.5, "n must be an int, got 0.5."),
        ("name", 1, "name must be a str, got 1."),
        ("flag", 1, "flag must be a bool, got 1."),
        ("flag", "true", "flag must be a bool, got 'true'."),
        ("sizes", "1,2", "sizes must be a list, got '1,2'."),
        ("table", [], "table must be a dict, got []."),
        ("solver", "newton", "solver must be one of 'lbfgs', 'saga', got 'newton'."),
        ("solver", None, "solver must be one of 'lbfgs', 'saga', got None."),
        ("depth", True, "depth must be one of 1, 2, got True."),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(
    parameters: ParameterSet, name: str, value: object, message: str
) -> None:
    error = refused(parameters, **{name: value})
    assert (error.message, error.field, error.reason_code) == (
        message,
        f"parameters.{name}",
        "invalid_parameter",
    )


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        [-math.inf],
        {1: 2},
        {"a": {None: 1}},
        {1, 2},
        b"a",
        object(),
        "\ud800",
        pytest.param(10**5000, id="5001 digits"),
    ],
)
def test_what_json_cannot_hold_is_refused(parameters: ParameterSet, value: object) -> None:
    error = refused(parameters, free=value)
    assert (error.field, error.reason_code) == ("parameters.free", "invalid_parameter")


def test_a_value_nested_without_end_is_refused(parameters: ParameterSet) -> None:
    endless: list[object] = []
    endless.append(endless)
    assert refused(parameters, free=endless).field == "parameters.free"


@pytest.mark.parametrize(
    ("bounds", "value", "said"),
    [
        (Bounds(minimum=1), 0, "at least 1, got 0"),
        (Bounds(maximum=0.5), 0.51, "at most 0.5, got 0.51"),
        (Bounds(exclusive_minimum=0), 0, "more than 0, got 0"),
        (Bounds(exclusive_maximum=1), 1, "less than 1, got 1"),
    ],
)
def test_a_number_beyond_its_bounds_is_refused(bounds: Bounds, value: float, said: str) -> None:
    known = ParameterSet((Parameter("x", "any", bounds=bounds),), has_cell=True)
    with pytest.raises(ParameterError, match=said) as refused:
        validate_parameters(known, {"x": value})
    assert refused.value.field == "parameters.x"
    assert validate_parameters(known, {"x": 0.5} if bounds.minimum is None else {"x": 1})


def test_a_long_wrong_value_is_shortened(parameters: ParameterSet) -> None:
    assert len(refused(parameters, C="x" * 10_000).message) < 200


def test_an_unknown_name_is_refused_with_the_closest_and_all_known(parameters: ParameterSet) -> None:
    error = refused(parameters, slover="saga")
    assert (error.reason_code, error.field) == ("unknown_parameter", "parameters.slover")
    assert "Did you mean solver?" in str(error.hint)
    assert "C, n, name, flag" in str(error.hint)


@pytest.mark.parametrize("name", ["a b", "1a", "a=1;b", "class", "a\n", "", "a.b"])
def test_a_name_that_is_no_variable_is_refused_everywhere(parameters: ParameterSet, name: str) -> None:
    anything = ParameterSet(has_cell=True, names_known=False, language="bash")
    for known in (parameters, anything):
        assert refused(known, **{name: 1}).reason_code == "unknown_parameter"


def test_all_or_nothing_is_given(parameters: ParameterSet) -> None:
    assert validate_parameters(parameters, {}) == {}
    assert validate_parameters(parameters, {"n": 1, "C": 1}) == {"n": 1, "C": 1.0}
    with pytest.raises(ParameterError):
        validate_parameters(parameters, ["n"])  # type: ignore[arg-type]


def test_a_notebook_without_a_parameters_cell_takes_none_and_says_how_to_tag_one(
    make_notebook: MakeNotebook,
) -> None:
    untagged = infer_parameters(make_notebook(None, "C = 1"))
    error = refused(untagged, C=2)
    assert error.reason_code == "no_parameters_cell"
    assert "tag" in str(error.hint)
    assert validate_parameters(untagged, {}) == {}


def test_an_empty_parameters_cell_knows_no_name(make_notebook: MakeNotebook) -> None:
    assert refused(infer_parameters(make_notebook("# nothing")), C=2).reason_code == "unknown_parameter"


def test_a_cell_that_does_not_parse_takes_no_values(make_notebook: MakeNotebook) -> None:
    error = refused(infer_parameters(make_notebook("C = 1\nD =")), C=2)
    assert error.reason_code == "unreadable_parameters_cell"
    assert "line 2" in error.message


@pytest.mark.parametrize(
    ("language", "given_", "code"),
    [
        ("R", {"my.value": [1, "$a"]}, None),
        ("bash", {"value": "$(touch /tmp/x)"}, None),
        ("julia", {"value": "$(run(`ls`))"}, "invalid_parameter"),
        ("julia", {"value": {"$a": 1}}, "invalid_parameter"),
        ("julia", {"value": ["plain"]}, None),
        ("PowerShell", {"value": ["$(ls)"]}, "invalid_parameter"),
        ("rust", {"value": 1}, "unsupported_language"),
    ],
)
def test_in_other_languages_values_are_passed_only_where_they_stay_values(
    make_notebook: MakeNotebook, language: str, given_: dict[str, object], code: str | None
) -> None:
    known = infer_parameters(make_notebook("x = 1", kernelspec={"name": "k", "language": language}))
    if code is None:
        assert validate_parameters(known, given_) == given_
    else:
        assert refused(known, **given_).reason_code == code


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("str", "0.5", "0.5"),
        ("str", " None ", " None "),
        ("int", " 3 ", 3),
        ("int", "-3", -3),
        ("float", "0.5", 0.5),
        ("float", "1e-3", 0.001),
        ("float", "2", 2.0),
        ("bool", "true", True),
        ("bool", "No", False),
        ("bool", "1", True),
        ("list", "[1, 2.5, a, yes, 2026-11-21, null]", [1, 2.5, "a", "yes", "2026-11-21", None]),
        ("list", "['a', None, True]", ["a", None, True]),
        ("list", "[1e-3, 010, 1:30]", [0.001, "010", "1:30"]),
        ("list", "- a\n- b", ["a", "b"]),
        ("dict", '{"a": [1]}', {"a": [1]}),
        ("dict", "{a: 1, b: x}", {"a": 1, "b": "x"}),
        ("dict", "a: 1", {"a": 1}),
        ("any", "3", 3),
        ("any", "0.5", 0.5),
        ("any", "true", True),
        ("any", "True", True),
        ("any", "abc", "abc"),
        ("any", " abc ", " abc "),
        ("any", "a: b", "a: b"),
        ("any", "2026-11-21", "2026-11-21"),
        ("any", "NaN", "NaN"),
        ("any", "[1, a]", [1, "a"]),
        ("any", "[1, ", "[1, "),
        ("any", "__import__('os')", "__import__('os')"),
    ],
)
def test_text_means_a_value_of_the_parameters_type(kind: Any, text: str, value: object) -> None:
    parsed = parse_value(Parameter("x", kind), text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("int", "0.5"),
        ("int", ""),
        ("float", "abc"),
        ("bool", "maybe"),
        ("list", "1, 2"),
        ("list", "{}"),
        ("dict", "a"),
    ],
)
def test_text_of_the_wrong_type_is_refused(kind: Any, text: str) -> None:
    with pytest.raises(ParameterError, match=f"x must be an? {kind}, got '{text}'.") as error:
        parse_value(Parameter("x", kind), text)
    assert error.value.field == "parameters.x"


@pytest.mark.parametrize("text", ["None", "null", " NULL "])
def test_none_is_written_where_it_is_a_value(text: str) -> None:
    assert parse_value(Parameter("x", "int", nullable=True), text) is None
    assert parse_value(Parameter("x", "any", nullable=True), text) is None
    with pytest.raises(ParameterError):
        parse_value(Parameter("x", "int"), text)


def test_text_finds_a_choice_of_mixed_types() -> None:
    mixed = Parameter("x", "any", choices=("auto", 1))
    assert (parse_value(mixed, "1"), parse_value(mixed, "auto")) == (1, "auto")


HOSTILE = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="\"'\\\n\r\t{}[]()#;$`%!\0 nrxuUN", max_size=20),
    st.sampled_from(
        [
            "\"\nimport os; os.system('id')\n\"",
            "\\",
            '\\"',
            "'''\"\"\"",
            "\\\n",
            "\u2028import os",
            "\x85x = 1",
            "\x0c",
            "{0.__class__}",
            "%s",
            "!rm -rf /",
            "%%bash\nid",
            "\\N{BULLET}",
            "\U0001f600\u202e",
        ]
    ),
)
HOSTILE_VALUES = st.recursive(
    HOSTILE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HOSTILE, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=1000, deadline=None)
@given(HOSTILE_VALUES)
def test_a_hostile_value_changes_one_literal_of_the_program_and_nothing_else(value: object) -> None:
    anything = ParameterSet((Parameter("x", "any"),), has_cell=True)
    source = "x = 1\ny = 2"
    node = new_notebook(
        cells=[new_code_cell(source, metadata={"tags": ["parameters"]}), new_code_cell("print(x)")],
        metadata={"kernelspec": {"name": "python3", "display_name": "P", "language": "python"}},
    )
    node.metadata["papermill"] = {}
    for cell in node.cells:
        cell.metadata.setdefault("tags", [])
    done = parameterize_notebook(node, validate_parameters(anything, {"x": value}))
    assert [cell.source for cell in done.cells if "injected-parameters" not in cell.metadata.tags] == [
        source,
        "print(x)",
    ]
    (injected,) = (cell for cell in done.cells if "injected-parameters" in cell.metadata.tags)
    (statement,) = ast.parse(injected.source).body
    assert isinstance(statement, ast.Assign)
    (target,) = statement.targets
    assert isinstance(target, ast.Name)
    assert target.id == "x"
    assert ast.literal_eval(statement.value) == value


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["str", "int", "float", "bool", "list", "dict", "any"]), HOSTILE)
def test_no_text_makes_anything_but_a_value_or_a_refusal(kind: Any, text: str) -> None:
    parameter = Parameter("x", kind)
    try:
        value = parse_value(parameter, text)
        validate_parameters(ParameterSet((parameter,), has_cell=True), {"x": value})
    except ParameterError as error:
        assert error.field == "parameters.x"
