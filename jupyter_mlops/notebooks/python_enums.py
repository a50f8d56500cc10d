"""Enums that a notebook defines, as far as their members are values that papermill can write.

A member of an `Enum` that is a text or an int itself (`class Mode(str, Enum)`, `StrEnum`, `IntEnum`) equals
its value, so that a notebook goes on with the value in its place. A member of a plain `Enum` does not, so
that of a parameter which is one no choices are known.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

_BASES = {"StrEnum": str, "IntEnum": int, "str": str, "int": int}


def read_enums(tree: ast.Module) -> dict[str, dict[str, object]]:
    """The enums of texts or ints in a cell: for each class the values of its members by their names."""
    found = {}
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef) and (kind := _kind(statement)) is not None:
            members = {name: value for name, value in _members(statement, kind) if type(value) is kind}
            if members:
                found[statement.name] = members
    return found


def _kind(statement: ast.ClassDef) -> type | None:
    names = [
        base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in statement.bases
    ]
    kinds = [_BASES[name] for name in names if name in _BASES]
    is_enum = any(name in ("StrEnum", "IntEnum", "Enum") for name in names)
    return kinds[0] if kinds and is_enum else None


def _members(statement: ast.ClassDef, kind: type) -> Iterator[tuple[str, object]]:
    last: object = 0
    for line in statement.body:
        if not isinstance(line, ast.Assign) or not isinstance(line.targets[0], ast.Name):
            continue
        name = line.targets[0].id
        if _is_auto(line.value):
            last = last + 1 if kind is int and isinstance(last, int) else name.lower()
        else:
            try:
                last = ast.literal_eval(line.value)
            except (ValueError, TypeError):
                continue
        if not name.startswith("_"):
            yield name, last


def _is_auto(node: ast.expr) -> bool:
    function = node.func if isinstance(node, ast.Call) else None
    return (function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")) == "auto"
