"""Parameters are read from the syntax of the tagged cell; nothing is executed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_markdown_cell
from papermill.parameterize import parameterize_notebook

from jupyter_mlops.notebooks.parameter import Bounds
from jupyter_mlops.notebooks.parameters import Parameter, infer_parameters, tag_only_the_last
from jupyter_mlops.notebooks.python_cell import UnreadableCellError, read_python_cell
from jupyter_mlops.notebooks.read import Notebook

MakeNotebook = Callable[..., Notebook]


def only(source: str) -> Parameter:
    (parameter,) = read_python_cell(source)
    return parameter


@pytest.mark.parametrize(
    ("source", "kind", "default"),
    [
        ("x = 1", "int", 1),
        ("x = -1", "int", -1),
        ("x = 1.0", "float", 1.0),
        ("x = 1e-3", "float", 0.001),
        ("x = True", "bool", True),
        ("x = 'a' 'b'", "str", "ab"),
        ("x = '''a\n# no comment\nb'''", "str", "a\n# no comment\nb"),
        ("x = [1, 'a', None]", "list", [1, "a", None]),
        ("x = (1, 2)", "list", [1, 2]),
        ("x = {'a': [1]}", "dict", {"a": [1]}),
        ("x: int = 1", "int", 1),
        ("x: float = 1", "float", 1.0),
        ("x: 'float' = 1.5", "float", 1.5),
        ("x: List[str] = []", "list", []),
        ("x: typing.List['int'] = []", "list", []),
        ("x: dict[str, int] = {}", "dict", {}),
        ("x: Sequence[float] = (1.0,)", "list", [1.0]),
        ("x: Mapping = {}", "dict", {}),
        ("x: int | float = 1", "float", 1.0),
        ("x: Union[int, str] = 1", "any", 1),
        ("x: Annotated[int, 'rows'] = 1", "int", 1),
        ("x: Unheard = 'a'", "str", "a"),
        ("x: 'not python' = 'a'", "str", "a"),
        ("x = 1  # type: float", "float", 1.0),
        ("x = []  # type: Dict[str, int]", "dict", []),
        ("x = 1  # type: ignore", "int", 1),
    ],
)
def test_the_type_comes_from_the_annotation_else_from_the_default(
    source: str, kind: str, default: object
) -> None:
    parameter = only(source)
    assert (parameter.type, parameter.default, parameter.expression) == (kind, default, None)
    assert type(parameter.default) is type(default)
    assert not parameter.nullable


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("x: Optional[int] = None", "int"),
        ("x: typing.Optional[int] = 3", "int"),
        ("x: int | None = None", "int"),
        ("x: None | str = None", "str"),
        ("x: 'Optional[List[str]]' = None", "list"),
        ("x: Union[float, None] = None", "float"),
        ("x: float = None", "float"),
        ("x: NoneType = None", "any"),
        ("x: Any = 1", "any"),
        ("x = None", "any"),
        ("x = None  # type: Optional[str]", "str"),
    ],
)
def test_none_is_a_value_where_the_annotation_or_the_default_says_so(source: str, kind: str) -> None:
    assert (only(source).type, only(source).nullable) == (kind, True)


@pytest.mark.parametrize(
    ("annotation", "kind", "choices", "nullable"),
    [
        ("Literal['a', 'b']", "str", ("a", "b"), False),
        ("Literal[1, 2]", "int", (1, 2), False),
        ("typing.Literal['a', None]", "str", ("a",), True),
        ("Optional[Literal['a']]", "str", ("a",), True),
        ("Literal['a'] | Literal['b']", "str", ("a", "b"), False),
        ("Literal['auto', 1]", "any", ("auto", 1), False),
        ("Literal[-1]", "int", (-1,), False),
        ("Literal[NAME]", "str", None, False),
    ],
)
def test_literal_lists_the_choices(annotation: str, kind: str, choices: object, nullable: bool) -> None:
    parameter = only(f"x: {annotation} = 'a'")
    assert (parameter.type, parameter.choices, parameter.nullable) == (kind, choices, nullable)


@pytest.mark.parametrize(
    ("source", "kind", "expression"),
    [
        ("x = datetime.now()", "any", "datetime.now()"),
        ("x = 2*3", "int", "2*3"),
        ("x = 60 / 2", "float", "60 / 2"),
        ("x = 0.5 * 2", "float", "0.5 * 2"),
        ("x = 'a' + 'b'", "str", "'a' + 'b'"),
        ("x = f'{a}'", "str", "f'{a}'"),
        ("x = not a", "bool", "not a"),
        ("x = str(a)", "str", "str(a)"),
        ("x = float('nan')", "float", "float('nan')"),
        ("x = 1e999", "float", "1e999"),
        ("x = [a, 1]", "list", "[a, 1]"),
        ("x = {1, 2}", "any", "{1, 2}"),
        ("x = {1: 2}", "dict", "{1: 2}"),
        ("x = b'a'", "any", "b'a'"),
        ("x: Path = Path('a')", "any", "Path('a')"),
        ("x: str = os.environ['A']", "str", "os.environ['A']"),
        ("x = (\n  a +\n  b\n)", "any", "a +\n  b"),
        ("x = !ls -l", "any", "!ls -l"),
        ("x = %env HOME", "any", "%env HOME"),
        ("x = 1\nx += 2", "int", "x += 2"),
        ("if a:\n    x = 1", "any", "1"),
        ("try:\n    pass\nexcept E:\n    x = g()", "any", "g()"),
    ],
)
def test_a_default_that_is_no_literal_is_kept_as_source(source: str, kind: str, expression: str) -> None:
    parameter = only(source)
    assert (parameter.type, parameter.default, parameter.expression) == (kind, None, expression)


@pytest.mark.parametrize(
    ("source", "help_"),
    [
        ("x = 1  # rows", "rows"),
        ("x = 1  ## rows # at most", "rows # at most"),
        ("x = '#no'", None),
        ("x = [  # head\n  1,  # one\n]  # all", "all"),
        ("x = [  # head\n  1,\n]", "head"),
        ("x = 1  # type: int  # rows", "rows"),
        ("x = []  # type: List[str] Nice list", "Nice list"),
        ("x = 1  # type: ignore", None),
        ("# above\nx = 1", None),
    ],
)
def test_the_comment_at_the_end_of_the_line_is_the_help(source: str, help_: str | None) -> None:
    assert only(source).help == help_


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a = b = 1", ["a", "b"]),
        ("a, b = 1, 2", ["a", "b"]),
        ("a, b = f()", ["a", "b"]),
        ("(a, [b, c]) = 1, (2, 3)", ["a", "b", "c"]),
        ("a = 1; b = 2", ["a", "b"]),
        ("b = 1\na = 2\nb = 3", ["b", "a"]),
        ("x: int", ["x"]),
        ("_ = 1\n_x = 2", ["_x"]),
        ("a.b = 1\na[0] = 2\nimport c\ndef f(d=1):\n    e = 2", []),
        ("été = 1", ["été"]),
        ("x = await f()", ["x"]),
        ("", []),
        ("# only a comment", []),
    ],
)
def test_every_variable_assigned_at_the_top_level_is_a_parameter(source: str, names: list[str]) -> None:
    assert [parameter.name for parameter in read_python_cell(source)] == names


def test_the_last_assignment_decides_and_the_annotation_stays() -> None:
    parameter = only("x: Literal[1, 2] = 1  # help\nx = f()")
    assert (parameter.type, parameter.expression, parameter.help) == ("int", "f()", "help")
    assert parameter.choices == (1, 2)


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline\nx = 1",
        "x = 1\n!pip install a==1 'it''s'",
        "!echo it's\nx = 1\n!echo it's",
        "%%time\nx = 1",
        "%%capture out\nx = 1",
        "x?\nx = 1\nx??",
        "?x\nx = 1",
        "if True:\n    !ls\nx = 1",
        "!ls \\\n  -l \\\n  -a\nx = 1",
        "%load_ext a\n%load_ext b\n\nx = 1\n%c",
    ],
)
def test_magics_and_shell_lines_are_passed_over(source: str) -> None:
    parameter = only(source)
    assert (parameter.name, parameter.default) == ("x", 1)


def test_a_percent_sign_in_text_is_no_magic() -> None:
    assert only("x = '''\n%time\n!ls\n'''").default == "\n%time\n!ls\n"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1\n= 2", "line 2"),
        ("x = 1\n\nprint 'python 2'", "line 3"),
        ("x = 'open", "line 1"),
        ("%%bash\nx=1", "%%bash"),
        ("x = 1\0", "null bytes|cannot be parsed|syntax error"),
        ("(" * 1000, "too many|cannot be parsed"),
    ],
)
def test_a_cell_that_is_not_python_is_told_with_its_line(source: str, said: str) -> None:
    with pytest.raises(UnreadableCellError, match=said):
        read_python_cell(source)


def test_nothing_of_the_cell_is_executed(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    source = f"x = open({str(trace)!r}, 'w')\ny: __import__('os').system('touch {trace}') = 1"
    assert [parameter.name for parameter in read_python_cell(source)] == ["x", "y"]
    assert not trace.exists()


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="xy=:#[](){}'\"\\ \n1.%!?,|fLNone", max_size=40))
def test_no_source_makes_anything_but_parameters_or_a_refusal(source: str) -> None:
    try:
        parameters = read_python_cell(source)
    except UnreadableCellError:
        return
    for parameter in parameters:
        json.dumps(parameter.as_dict(), allow_nan=False)
        assert parameter.name.isidentifier()


def test_a_notebook_without_a_tagged_cell_has_no_parameters(make_notebook: MakeNotebook) -> None:
    found = infer_parameters(make_notebook(None, "x = 1"))
    assert (list(found), found.has_cell, found.warnings) == ([], False, ())


def test_several_tagged_cells_are_read_as_one(make_notebook: MakeNotebook) -> None:
    notebook = make_notebook("x: float = 1\nz = 0", "y = 2\nx = 3.0")
    notebook.node.cells[1].metadata["tags"] = ["parameters"]
    found = infer_parameters(notebook)
    assert [(one.name, one.type, one.default) for one in found] == [
        ("x", "float", 3.0),
        ("z", "int", 0),
        ("y", "int", 2),
    ]


def test_values_are_set_after_the_last_tagged_cell(make_notebook: MakeNotebook) -> None:
    node = make_notebook("x = 1", "x = 2").node
    node.cells[1].metadata["tags"] = ["kept", "parameters"]
    node.metadata["papermill"] = {}  # as papermill's engine sets it
    tag_only_the_last(node)
    done = parameterize_notebook(node, {"x": 3})
    assert [cell.source.splitlines()[-1] for cell in done.cells] == ["x = 1", "x = 2", "x = 3"]
    assert [cell.metadata.get("tags") for cell in done.cells][:2] == [[], ["kept", "parameters"]]


BOUNDS = [
    ("Ge(1)", {"minimum": 1}),
    ("annotated_types.Lt(0.5)", {"exclusive_maximum": 0.5}),
    ("Interval(gt=0, le=1)", {"exclusive_minimum": 0, "maximum": 1}),
    ("Gt(0), Le(-1)", {"exclusive_minimum": 0, "maximum": -1}),
    ("Field(ge=0, lt=10, description='rows')", {"minimum": 0, "exclusive_maximum": 10}),
    ("range(2, 5)", {"minimum": 2, "exclusive_maximum": 5}),
    ("range(5)", {"minimum": 0, "exclusive_maximum": 5}),
]


@pytest.mark.parametrize(("details", "bounds"), BOUNDS)
def test_annotated_gives_the_bounds(details: str, bounds: dict[str, float]) -> None:
    assert only(f"x: Annotated[int, {details}] = 3").bounds == Bounds(**bounds)


@pytest.mark.parametrize(
    "details", ["Ge(LEAST)", "Ge(float('inf'))", "Ge(True)", "Len(1, 3)", "Predicate(f)"]
)
def test_what_is_no_number_is_no_bound(details: str) -> None:
    assert only(f"x: Annotated[int, {details}] = 3").bounds is None


@pytest.mark.parametrize(
    "source",
    [
        "x: Annotated[int, 'rows'] = 1  # else",
        "x: Annotated[int, Doc('rows')] = 1",
        "x: Annotated[int, Field(description='rows')] = 1",
        "y = 1\n# ro\n#ws\nx = 1".replace("ro\n#ws", "rows"),
    ],
)
def test_the_help_is_in_the_annotation_or_the_comment(source: str) -> None:
    assert read_python_cell(source)[-1].help == "rows"


def test_the_cells_heading_is_nobodys_help() -> None:
    assert only("# Parameters\nx = 1").help is None


@pytest.mark.parametrize(
    ("enum", "default", "choices", "kind"),
    [
        ("class Mode(str, Enum):\n    A = 'a'\n    B = 'b'", "Mode.A", ("a", "b"), "str"),
        ("class Mode(enum.StrEnum):\n    A = auto()\n    B = auto()", "Mode.A", ("a", "b"), "str"),
        ("class Mode(IntEnum):\n    A = 3\n    B = enum.auto()", "Mode.A", (3, 4), "int"),
    ],
)
def test_an_enum_of_texts_or_ints_lists_its_values(
    make_notebook: MakeNotebook, enum: str, default: str, choices: tuple[object, ...], kind: str
) -> None:
    for source in (f"{enum}\nmode: Mode = {default}", f"{enum}\nmode: 'Mode' = {default}.value"):
        found = only(source)
        assert (found.choices, found.type, found.default) == (choices, kind, choices[0])
    notebook = make_notebook(None, enum, "mode: Mode | None = None")
    notebook.node.cells[1].metadata["tags"] = ["parameters"]
    assert infer_parameters(notebook)[0].choices == choices


def test_a_plain_enums_members_are_not_their_values() -> None:
    found = only("class Mode(Enum):\n    A = 'a'\nmode: Mode = Mode.A")
    assert (found.choices, found.expression) == (None, "Mode.A")


def test_a_tagged_markdown_cell_is_no_parameters_cell(make_notebook: MakeNotebook) -> None:
    notebook = make_notebook(None, "x = 1")
    notebook.node.cells.insert(0, new_markdown_cell("x = 1", metadata={"tags": ["parameters"]}))
    found = infer_parameters(notebook)
    assert (found.has_cell, len(found)) == (False, 0)
    assert "not a code cell" in found.warnings[0]


def test_a_cell_with_a_syntax_error_has_no_parameters_and_a_warning(make_notebook: MakeNotebook) -> None:
    found = infer_parameters(make_notebook("x = 1\ny ="))
    assert (found.has_cell, len(found)) == (True, 0)
    assert found.problem is not None
    assert "line 2" in found.problem
    assert found.warnings == (found.problem,)


@pytest.mark.parametrize(
    ("language", "warned"), [("R", True), ("julia", True), ("scala", True), ("rust", False)]
)
def test_names_in_other_languages_are_not_known(
    make_notebook: MakeNotebook, language: str, warned: bool
) -> None:
    found = infer_parameters(make_notebook("x <- 1", kernelspec={"name": "k", "language": language}))
    assert (found.has_cell, found.names_known, bool(found.warnings)) == (True, False, warned)


def test_a_set_of_parameters_is_a_sequence(make_notebook: MakeNotebook) -> None:
    found = infer_parameters(make_notebook("x = 1\ny: float = 2  # rate"))
    assert len(found) == 2
    assert found[0].name == "x"
    assert found[1:] == (found.named("y"),)
    assert found.named("z") is None
    assert found[1].as_dict() == {
        "name": "y",
        "type": "float",
        "default": 2.0,
        "expression": None,
        "help": "rate",
        "choices": None,
        "nullable": False,
        "minimum": None,
        "maximum": None,
        "exclusive_minimum": None,
        "exclusive_maximum": None,
    }


def test_reading_parameters_imports_nothing_heavy() -> None:
    code = (
        "import sys; import jupyter_mlops.notebooks.inspection, jupyter_mlops.notebooks.snapshots, "
        "jupyter_mlops.jobs.cron; "
        "print({'papermill', 'mlflow', 'pandas', 'numpy', 'IPython'} & {*sys.modules})"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"
