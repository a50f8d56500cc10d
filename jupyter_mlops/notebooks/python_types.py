"""Parameter types from Python annotations, type comments and defaults."""

from __future__ import annotations

import ast
import contextlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from jupyter_mlops.syntax import parse

from .parameter import Bounds, ParameterType

_NAMED: dict[str, ParameterType] = {
    "str": "str",
    "int": "int",
    "float": "float",
    "bool": "bool",
    "list": "list",
    "dict": "dict",
    "object": "any",
    "Any": "any",
    **dict.fromkeys(
        ("List", "tuple", "Tuple", "Sequence", "MutableSequence", "Iterable", "Collection"), "list"
    ),
    **dict.fromkeys(("Dict", "Mapping", "MutableMapping"), "dict"),
}
_CALLED: dict[str, ParameterType] = {
    **_NAMED,
    "len": "int",
    "sorted": "list",
    "range": "list",
    "round": "any",
}
_BOUNDS = {
    "ge": "minimum",
    "le": "maximum",
    "gt": "exclusive_minimum",
    "lt": "exclusive_maximum",
}
_TRANSPARENT = {"Annotated", "Final", "ClassVar", "Required", "NotRequired"}
_TYPE_COMMENT = re.compile(r"^type:\s*(?P<type>[\w.]+(?:\[[^#]*\])?(?:\s*\|\s*[\w.]+)*)\s*#?\s*(?P<help>.*)$")


@dataclass(frozen=True)
class Annotation:
    """What an annotation says; `type` is None when it says nothing that we know."""

    type: ParameterType | None = None
    nullable: bool = False
    choices: tuple[object, ...] | None = None
    bounds: Bounds | None = None
    help: str | None = None


Enums = Mapping[str, tuple[object, ...]]
"""The values of enums whose members are texts or ints themselves, by the class's name."""


def read_annotation(node: ast.expr, enums: Enums = MappingProxyType({})) -> Annotation:
    """Understand an annotation: builtins, typing's names, `X | None`, `Literal`, enums, quoted or not.

    Of `Annotated[...]`: a text or `Doc("…")` is the help; bounds are `Ge`, `Gt`, `Le`, `Lt`, `Interval` (as
    annotated-types has them), pydantic's `Field(ge=…, le=…, description=…)` and a `range`.
    """
    if isinstance(node, ast.Constant):
        if node.value is None:
            return Annotation(nullable=True)
        if isinstance(node.value, str):
            try:
                return read_annotation(parse(node.value.strip(), "eval").body, enums)
            except (SyntaxError, ValueError, RecursionError):
                return Annotation()
    if isinstance(node, (ast.Name, ast.Attribute)):
        name = _last_name(node)
        if name in enums:
            return _of_values(enums[name])
        return Annotation(_NAMED.get(name), nullable=name in ("None", "NoneType", "Any", "object"))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _union([read_annotation(node.left, enums), read_annotation(node.right, enums)])
    if isinstance(node, ast.Subscript):
        return _subscript(_last_name(node.value), node.slice, enums)
    return Annotation()


def _subscript(name: str, inner: ast.expr, enums: Enums) -> Annotation:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if name == "Optional":
        return _union([read_annotation(inner, enums), Annotation(nullable=True)])
    if name == "Union":
        return _union([read_annotation(part, enums) for part in parts])
    if name == "Literal":
        return _choices(parts)
    if name in _TRANSPARENT and parts:
        return _annotated(read_annotation(parts[0], enums), parts[1:])
    return Annotation(_NAMED.get(name))


def _annotated(meant: Annotation, details: list[ast.expr]) -> Annotation:
    bounds: dict[str, float] = {}
    help_ = meant.help
    for detail in details:
        if isinstance(detail, ast.Constant) and isinstance(detail.value, str):
            help_ = detail.value
        elif isinstance(detail, ast.Call):
            name = _last_name(detail.func)
            described = [word.value for word in detail.keywords if word.arg == "description"]
            described += detail.args if name == "Doc" else []
            texts = [node.value for node in described if isinstance(node, ast.Constant)]
            help_ = next((text for text in texts if isinstance(text, str)), help_)
            bounds.update(_bounds_of_call(name, detail))
    return replace(meant, bounds=Bounds(**bounds) if bounds else meant.bounds, help=help_)


def _bounds_of_call(name: str, call: ast.Call) -> dict[str, float]:
    given = {word.arg: word.value for word in call.keywords if word.arg in _BOUNDS}
    if name.lower() in _BOUNDS and call.args:
        given[name.lower()] = call.args[0]
    elif name == "range" and 1 <= len(call.args) <= 2:
        given = {"ge": call.args[0], "lt": call.args[1]} if len(call.args) == 2 else {"lt": call.args[0]}
        given.setdefault("ge", ast.Constant(0))
    bounds = {}
    for word, node in given.items():
        with contextlib.suppress(ValueError, TypeError):  # an expression is no bound that can be shown
            value = ast.literal_eval(node)
            if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
                bounds[_BOUNDS[word or ""]] = value
    return bounds


def _choices(parts: list[ast.expr]) -> Annotation:
    try:
        values = [ast.literal_eval(part) for part in parts]
    except (ValueError, TypeError):
        return Annotation()
    given = tuple(value for value in values if value is not None)
    if not all(isinstance(value, (str, int, bool)) for value in given):
        return Annotation()
    return replace(_of_values(given), nullable=None in values)


def _of_values(values: tuple[object, ...]) -> Annotation:
    types = {type_of_value(value) for value in values}
    kind: ParameterType = types.pop() if len(types) == 1 else "any"
    return Annotation(kind, choices=values)


def _union(members: list[Annotation]) -> Annotation:
    nullable = any(member.nullable for member in members)
    meant = [member for member in members if member != Annotation(nullable=True)]
    types = {member.type for member in meant}
    if len(meant) == 1:
        return replace(meant[0], nullable=nullable)
    if types == {"int", "float"}:
        return Annotation("float", nullable)
    if len(types) == 1:
        choices = [member.choices for member in meant if member.choices is not None]
        every = tuple(choice for part in choices for choice in part) if len(choices) == len(meant) else None
        return Annotation(types.pop(), nullable, every)
    return Annotation("any" if meant else None, nullable)


def read_type_comment(comment: str) -> tuple[Annotation | None, str | None]:
    """Split `type: List[str] help` into what it declares and the help; `type: ignore` declares nothing."""
    match = _TYPE_COMMENT.match(comment)
    if match is None:
        return None, comment
    if match["type"].startswith("ignore"):
        return None, match["help"] or None
    return read_annotation(ast.Constant(match["type"])), match["help"] or None


def type_of_value(value: object) -> ParameterType:
    """The type of a literal default."""
    for kind, name in (
        (bool, "bool"),
        (int, "int"),
        (float, "float"),
        (str, "str"),
        (list, "list"),
        (dict, "dict"),
    ):
        if isinstance(value, kind):
            return name  # type: ignore[return-value]
    return "any"


def type_of_expression(node: ast.expr | None) -> ParameterType:
    """The type that an expression has whatever its names mean; `any` when that cannot be said."""
    if isinstance(node, ast.Constant):
        return type_of_value(node.value)
    if isinstance(node, ast.JoinedStr):
        return "str"
    if isinstance(node, (ast.List, ast.ListComp, ast.Tuple)):
        return "list"
    if isinstance(node, (ast.Dict, ast.DictComp)):
        return "dict"
    if isinstance(node, ast.UnaryOp):
        return "bool" if isinstance(node.op, ast.Not) else type_of_expression(node.operand)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _CALLED.get(node.func.id, "any")
    if isinstance(node, ast.BinOp):
        return _type_of_operation(node)
    return "any"


def _type_of_operation(node: ast.BinOp) -> ParameterType:
    sides = {type_of_expression(node.left), type_of_expression(node.right)}
    if sides == {"int"} and not isinstance(node.op, (ast.Div, ast.Pow)):
        return "int"
    if sides <= {"int", "float"} and not isinstance(node.op, ast.Pow):
        return "float"
    return "str" if sides == {"str"} else "any"


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
