"""Parameter types from Python annotations, type comments and defaults."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from .parameter import ParameterType

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
_TRANSPARENT = {"Annotated", "Final", "ClassVar", "Required", "NotRequired"}
_TYPE_COMMENT = re.compile(r"^type:\s*(?P<type>[\w.]+(?:\[[^#]*\])?(?:\s*\|\s*[\w.]+)*)\s*#?\s*(?P<help>.*)$")


@dataclass(frozen=True)
class Annotation:
    """What an annotation says; `type` is None when it says nothing that we know."""

    type: ParameterType | None = None
    nullable: bool = False
    choices: tuple[object, ...] | None = None


def read_annotation(node: ast.expr) -> Annotation:
    """Understand an annotation: builtins, typing's names, `X | None`, `Literal`, quoted or not."""
    if isinstance(node, ast.Constant):
        if node.value is None:
            return Annotation(nullable=True)
        if isinstance(node.value, str):
            try:
                return read_annotation(ast.parse(node.value.strip(), mode="eval").body)
            except (SyntaxError, ValueError, RecursionError):
                return Annotation()
    if isinstance(node, (ast.Name, ast.Attribute)):
        name = _last_name(node)
        return Annotation(_NAMED.get(name), nullable=name in ("None", "NoneType", "Any", "object"))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _union([read_annotation(node.left), read_annotation(node.right)])
    if isinstance(node, ast.Subscript):
        return _subscript(_last_name(node.value), node.slice)
    return Annotation()


def _subscript(name: str, inner: ast.expr) -> Annotation:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if name == "Optional":
        return _union([read_annotation(inner), Annotation(nullable=True)])
    if name == "Union":
        return _union([read_annotation(part) for part in parts])
    if name == "Literal":
        return _choices(parts)
    if name in _TRANSPARENT and parts:
        return read_annotation(parts[0])
    return Annotation(_NAMED.get(name))


def _choices(parts: list[ast.expr]) -> Annotation:
    try:
        values = [ast.literal_eval(part) for part in parts]
    except (ValueError, TypeError):
        return Annotation()
    given = tuple(value for value in values if value is not None)
    if not all(isinstance(value, (str, int, bool)) for value in given):
        return Annotation()
    types = {type_of_value(value) for value in given}
    kind: ParameterType = types.pop() if len(types) == 1 else "any"
    return Annotation(kind, nullable=None in values, choices=given)


def _union(members: list[Annotation]) -> Annotation:
    nullable = any(member.nullable for member in members)
    meant = [member for member in members if member != Annotation(nullable=True)]
    types = {member.type for member in meant}
    if len(meant) == 1:
        return Annotation(meant[0].type, nullable, meant[0].choices)
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
