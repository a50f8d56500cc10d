"""The parameters of a Python cell, read from its syntax tree. Nothing is executed."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from jupyter_mlops.syntax import parse

from .parameter import Parameter, ParameterType
from .python_enums import read_enums
from .python_types import (
    Annotation,
    Enums,
    read_annotation,
    read_type_comment,
    type_of_expression,
    type_of_value,
)

_MAGIC = re.compile(r"^(?P<indent>\s*)(?:[%!?].*|[\w.*]+\?\??)\s*$")
_ASSIGNED_MAGIC = re.compile(r"^(?P<target>\s*[\w, ]+=\s*)(?P<magic>[%!].*)$")
_OTHER_LANGUAGE = re.compile(r"^\s*%%(?P<magic>\w+)")
_PYTHON_CELL_MAGICS = {"capture", "time", "timeit", "prun", "python", "python3", "pypy", "mlops_skip"}


class UnreadableCellError(ValueError):
    """The cell is not Python; its text says why, with the line."""


@dataclass(frozen=True)
class _Cell:
    """A cell in plain Python: `lines` as written, `tree` with each magic replaced by a no-op in its line."""

    tree: ast.Module
    lines: list[str]
    comments: dict[int, str]
    magics: dict[int, str]
    enums: dict[str, dict[str, object]]

    @property
    def enum_values(self) -> Enums:
        """The values that each enum has."""
        return {name: tuple(members.values()) for name, members in self.enums.items()}


def read_python_cell(source: str, earlier: Iterable[str] = ()) -> tuple[Parameter, ...]:
    """The variables that a cell assigns at its top level, in order of first assignment.

    Args:
        source: the cell.
        earlier: the cells before it, in which enums may be defined.

    Raises:
        UnreadableCellError: the cell is not Python; the text names the line.
    """
    cell = _parse(source)
    for text in earlier:
        with contextlib.suppress(UnreadableCellError):
            cell.enums.update({**_parse(text).enums, **cell.enums} if "Enum" in text else {})
    found: dict[str, Parameter] = {}
    for statement in cell.tree.body:
        for parameter in _of_statement(statement, cell):
            before = found.get(parameter.name)
            found[parameter.name] = merge(before, parameter) if before else parameter
    found.pop("_", None)
    return tuple(found.values())


def _parse(source: str) -> _Cell:
    lines = source.split("\n")
    plain = list(lines)
    magics: dict[int, str] = {}
    first = next((index for index, line in enumerate(lines) if line.strip()), None)
    if first is not None and (other := _OTHER_LANGUAGE.match(lines[first])):
        if other["magic"] not in _PYTHON_CELL_MAGICS:
            raise UnreadableCellError(f"is not Python but a %%{other['magic']} cell")
        plain[first] = ""
    while (stumble := _stumble(plain)) is not None:
        line, why = stumble
        if not _take_magic(plain, line - 1, magics):
            raise UnreadableCellError(f"has a syntax error in line {line}: {why}")
    text = "\n".join(plain)
    tree = _tree(text)
    return _Cell(tree, lines, _comments(text), magics, read_enums(tree))


def _stumble(lines: list[str]) -> tuple[int, str] | None:
    """The line where the parser gives up, and why; None when it does not."""
    try:
        _tree("\n".join(lines))
    except SyntaxError as error:
        return error.lineno or 1, error.msg or "invalid syntax"
    except (ValueError, RecursionError, MemoryError) as error:  # NUL bytes; nesting too deep
        raise UnreadableCellError(f"cannot be parsed: {error}") from error
    return None


def _tree(source: str) -> ast.Module:
    tree: ast.Module = parse(source)
    return tree


def _take_magic(plain: list[str], index: int, magics: dict[int, str]) -> bool:
    """Replace the magic or shell line that Python stumbled over; False if it is none."""
    if not 0 <= index < len(plain):
        return False
    last = index
    while plain[last].endswith("\\") and last + 1 < len(plain):
        last += 1
    if match := _MAGIC.match(plain[index]):
        plain[index] = f"{match['indent']}pass"
    elif match := _ASSIGNED_MAGIC.match(plain[index]):
        magics[index + 1] = match["magic"].strip()
        plain[index] = f"{match['target']}NotImplemented"
    else:
        return False
    plain[index + 1 : last + 1] = [""] * (last - index)
    return True


def _comments(source: str) -> dict[int, str]:
    comments = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                comments[token.start[0]] = token.string.lstrip("#").strip()
    except (tokenize.TokenError, SyntaxError):  # it parses, so this is about the end of the file at most
        pass
    return comments


def _of_statement(statement: ast.stmt, cell: _Cell) -> Iterator[Parameter]:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        yield _parameter(
            statement.target.id,
            statement.value,
            read_annotation(statement.annotation, cell.enum_values),
            statement,
            cell,
        )
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            for name, value in _pairs(target, statement.value):
                yield _parameter(name, value, None, statement, cell)
    elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        yield Parameter(statement.target.id, expression=ast.unparse(statement))
    elif isinstance(statement, (ast.If, ast.Try, ast.With, ast.For, ast.While)):
        # Which branch runs is not known, so the name is known but its default is not.
        for inner in _inner_statements(statement):
            for parameter in _of_statement(inner, cell):
                shown = parameter.expression or repr(parameter.default)
                yield Parameter(parameter.name, expression=shown, help=parameter.help, nullable=True)


def _inner_statements(statement: ast.stmt) -> Iterator[ast.stmt]:
    for field in ("body", "orelse", "finalbody"):
        yield from getattr(statement, field, ())
    for handler in getattr(statement, "handlers", ()):
        yield from handler.body


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, (ast.Tuple, ast.List)):
        values: list[ast.expr | None] = [None] * len(target.elts)
        starred = any(isinstance(element, ast.Starred) for element in target.elts)
        if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(values) and not starred:
            values = list(value.elts)
        for element, part in zip(target.elts, values, strict=True):
            if part is not None:
                yield from _pairs(element, part)
            elif isinstance(element, ast.Name):
                yield element.id, value


def _parameter(
    name: str, value: ast.expr | None, declared: Annotation | None, statement: ast.stmt, cell: _Cell
) -> Parameter:
    last = statement.end_lineno or statement.lineno
    comment = cell.comments.get(last) or cell.comments.get(statement.lineno) or _above(statement, cell)
    if comment and comment.startswith("type:"):
        by_comment, comment = read_type_comment(comment)
        declared = declared or by_comment
    literal, default = _literal(_member_value(value, cell))
    expression = None if literal or value is None else _source(value, cell)
    kind: ParameterType = type_of_value(default) if literal else type_of_expression(value)
    if declared and declared.type is not None:
        kind = declared.type
    is_none = literal and value is not None and default is None
    return Parameter(
        name=name,
        type=kind,
        default=float(default) if kind == "float" and type(default) is int else default,
        expression=expression,
        help=(declared.help if declared else None) or comment or None,
        choices=declared.choices if declared else None,
        nullable=is_none or bool(declared and declared.nullable),
        bounds=declared.bounds if declared else None,
    )


def _above(statement: ast.stmt, cell: _Cell) -> str | None:
    """The comment lines right above a statement, as one text; those at the cell's top are its heading."""
    lines: list[str] = []
    number = statement.lineno - 1
    while number >= 1 and cell.lines[number - 1].lstrip().startswith("#"):
        lines.insert(0, cell.comments.get(number, ""))
        number -= 1
    at_top = not any(line.strip() for line in cell.lines[:number])
    return None if at_top else " ".join(filter(None, lines)) or None


def _member_value(value: ast.expr | None, cell: _Cell) -> ast.expr | None:
    """`Mode.FAST` and `Mode.FAST.value` as the member's value."""
    node = value.value if isinstance(value, ast.Attribute) and value.attr == "value" else value
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        members = cell.enums.get(node.value.id, {})
        if node.attr in members:
            return ast.copy_location(ast.Constant(members[node.attr]), node)  # type: ignore[arg-type]
    return value


def _literal(value: ast.expr | None) -> tuple[bool, object]:
    """Whether JSON can hold a default, and the default."""
    if value is None:
        return True, None
    try:
        default = _as_json(ast.literal_eval(value))
        json.dumps(default, allow_nan=False)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False, None
    return True, default


def _as_json(value: object) -> object:
    """A tuple becomes a list, as papermill would write it; other types are left for JSON to refuse."""
    if isinstance(value, (list, tuple)):
        return [_as_json(item) for item in value]
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("JSON has only text keys")
        return {key: _as_json(item) for key, item in value.items()}
    return value


def _source(value: ast.expr, cell: _Cell) -> str:
    if value.lineno in cell.magics:
        return cell.magics[value.lineno]
    return ast.get_source_segment("\n".join(cell.lines), value) or ast.unparse(value)


def merge(earlier: Parameter, later: Parameter) -> Parameter:
    """The last assignment decides the default; an earlier annotation and comment stay."""
    if later.type == "any" and later.choices is None:
        later = replace(later, type=earlier.type, choices=earlier.choices, bounds=earlier.bounds)
    return replace(later, help=later.help or earlier.help, nullable=later.nullable or earlier.nullable)
