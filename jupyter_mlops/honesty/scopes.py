"""Python's scopes: which names a function binds, and whether a name in a nested scope is the notebook's."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Literal

Kind = Literal["module", "class", "function", "comprehension"]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Scope:
    """One scope.

    Attributes:
        kind: what opens it.
        parent: the scope around it; None for the module.
        names: names that are its own: all that a function binds, what a class or the module has bound so far.
        globals: names it declares `global`.
    """

    def __init__(self, kind: Kind, parent: Scope | None = None, names: Iterable[str] = ()) -> None:
        self.kind = kind
        self.parent = parent
        self.names = set(names)
        self.globals: set[str] = set()

    def is_global(self, name: str) -> bool:
        """Whether `name`, mentioned here, is the module's."""
        scope: Scope | None = self
        while scope is not None and scope.kind != "module":
            if name in scope.globals:
                return True
            if name in scope.names and (scope.kind != "class" or scope is self):
                return False
            scope = scope.parent
        return True

    def binding_scope(self) -> Scope:
        """Where `:=` binds: the nearest scope that is no comprehension."""
        scope = self
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        return scope


def function_scope(parent: Scope, args: ast.arguments, body: Iterable[ast.AST]) -> Scope:
    """The scope of a function or a lambda."""
    scope = Scope("function", parent, (arg.arg for arg in all_arguments(args)))
    nonlocals: set[str] = set()
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Global):
            scope.globals.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            nonlocals.update(node.names)
        else:
            scope.names.update(_bound_by(node))
            stack.extend(_same_scope_children(node))
    scope.names -= scope.globals | nonlocals
    return scope


def all_arguments(args: ast.arguments) -> Iterator[ast.arg]:
    """Every parameter, in the order of the text."""
    yield from args.posonlyargs
    yield from args.args
    if args.vararg:
        yield args.vararg
    yield from args.kwonlyargs
    if args.kwarg:
        yield args.kwarg


def import_name(alias: ast.alias) -> str:
    """The name that `import a.b` or `import a.b as c` binds."""
    return alias.asname or alias.name.split(".", 1)[0]


def type_parameters(node: ast.AST) -> list[ast.AST]:
    """`T` of `def f[T]`, `class C[T]` and `type A[T]`; none before Python 3.12."""
    return getattr(node, "type_params", [])


def _bound_by(node: ast.AST) -> Iterable[str]:
    if isinstance(node, ast.Name):
        return () if isinstance(node.ctx, ast.Load) else (node.id,)
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        return (node.name,)
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [import_name(alias) for alias in node.names]
    if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        return (node.name,) if node.name else ()
    if isinstance(node, ast.MatchMapping):
        return (node.rest,) if node.rest else ()
    return ()


def _same_scope_children(node: ast.AST) -> Iterable[ast.AST]:
    """The parts of a node that run in its own scope, as far as they can bind a name."""
    if isinstance(node, FUNCTIONS):
        return [*node.decorator_list, *_defaults(node.args)]
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]
    if isinstance(node, ast.Lambda):
        return _defaults(node.args)
    if isinstance(node, _COMPREHENSIONS):  # its targets are its own; a `:=` in it is not
        parts: list[ast.AST] = [condition for each in node.generators for condition in (each.iter, *each.ifs)]
        return [*parts, node.key, node.value] if isinstance(node, ast.DictComp) else [*parts, node.elt]
    return ast.iter_child_nodes(node)


def _defaults(args: ast.arguments) -> list[ast.expr]:
    return [*args.defaults, *(default for default in args.kw_defaults if default is not None)]
