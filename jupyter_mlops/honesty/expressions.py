"""The expressions of a cell: what they load, change in place, and bind by `:=`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from jupyter_mlops.honesty import effects
from jupyter_mlops.honesty.bindings import Bindings, Body
from jupyter_mlops.honesty.scopes import Scope, function_scope

_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class _Parts(dict[type[ast.AST], tuple[str, ...]]):
    """For each kind of node, the fields that may hold an expression, last first; none for what is no node."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        self[kind] = parts = tuple(
            name for name in reversed(getattr(kind, "_fields", ())) if name not in _NO_PARTS
        )
        return parts


_NO_PARTS = frozenset({"ctx", "op", "ops", "attr", "arg", "id", "kind", "type_comment", "conversion"})
_PARTS = _Parts()


class ExpressionWalk(Bindings):
    """The part of the walk that statements rest on."""

    def __init__(self, *, walrus: bool) -> None:
        super().__init__()
        # Whether a part of an expression runs matters only where an expression can bind.
        self._expressions = self._EXPRESSIONS | self._BRANCHING if walrus else self._EXPRESSIONS

    def _exprs(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self._expr(node)

    def _expr(self, root: ast.AST) -> None:
        """Walk an expression without recursion where its parts run one after another: chains can be long."""
        expressions = self._expressions
        stack = [root]
        while stack:
            node = stack.pop()
            kind = node.__class__
            if kind is ast.Constant:
                continue
            if kind is ast.Name:
                self.load(node.id)  # type: ignore[attr-defined]
                continue
            if kind in expressions:
                expressions[kind](self, node)
                continue
            if kind is ast.Call:
                self._call(node)  # type: ignore[arg-type]
            for name in _PARTS[kind]:
                part = getattr(node, name, None)
                if part.__class__ is list:
                    stack += part[::-1]
                elif part is not None:
                    stack.append(part)

    def _call(self, node: ast.Call) -> None:
        for name in effects.changed_names(node, self.modules):
            self.mutate(name)
        for name in effects.queried_names(node):
            self.load(name)
        if (hidden := effects.hides_names(node)) is not None:
            self.unseen.add(hidden)

    def _comprehension(self, node: _Comprehension) -> None:
        self._expr(node.generators[0].iter)
        with self.branch(), self._within(Scope("comprehension", self.scope)):
            self._items(node)

    def _items(self, node: _Comprehension) -> None:
        for number, generator in enumerate(node.generators):
            if number:
                self._expr(generator.iter)
            self._comprehension_target(generator.target)
            self._exprs(generator.ifs)
        self._exprs([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])

    def _comprehension_target(self, target: ast.expr) -> None:
        for part in ast.walk(target):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                self.scope.names.add(part.id)
            elif isinstance(part, (ast.Attribute, ast.Subscript)):
                self._change(part)

    def _walrus(self, node: ast.NamedExpr) -> None:
        self._expr(node.value)
        with self._within(self.scope.binding_scope()):
            self.bind(node.target.id)

    def _bool_op(self, node: ast.BoolOp) -> None:
        self._expr(node.values[0])
        with self.branch():
            self._exprs(node.values[1:])

    def _if_exp(self, node: ast.IfExp) -> None:
        self._expr(node.test)
        with self.branch() as one:
            self._expr(node.body)
        with self.branch() as other:
            self._expr(node.orelse)
        self.join([one.hidden, other.hidden])

    def _compare(self, node: ast.Compare) -> None:
        self._exprs([node.left, node.comparators[0]])
        with self.branch():
            self._exprs(node.comparators[1:])

    def _lambda(self, node: ast.Lambda, name: str | None = None) -> None:
        """A lambda; the `name` it is given at once, if any, stands for it as a function's does."""
        self._defaults(node.args)
        body = Body()
        collecting = self.collecting(name) if name is not None else self.collecting_into(body)
        with collecting, self._within(function_scope(self.scope, node.args, [node.body])):
            self._expr(node.body)
        self.use_body(body)

    def _defaults(self, args: ast.arguments) -> None:
        self._exprs(args.defaults)
        self._exprs(default for default in args.kw_defaults if default is not None)

    def _change(self, node: ast.expr) -> None:
        """`x.a` or `x[0]` as a target: reads `x`, and changes it in place."""
        self._expr(node)
        if (root := effects.root_name(node)) is not None:
            self.mutate(root)

    @contextmanager
    def _within(self, scope: Scope) -> Iterator[None]:
        outer, self.scope = self.scope, scope
        yield
        self.scope = outer

    _EXPRESSIONS: ClassVar[dict[type[ast.AST], Callable[[Any, Any], None]]] = {
        ast.Lambda: _lambda,
        ast.ListComp: _comprehension,
        ast.SetComp: _comprehension,
        ast.DictComp: _comprehension,
        ast.GeneratorExp: _comprehension,
        ast.NamedExpr: _walrus,
    }
    _BRANCHING: ClassVar[dict[type[ast.AST], Callable[[Any, Any], None]]] = {
        ast.BoolOp: _bool_op,
        ast.IfExp: _if_exp,
        ast.Compare: _compare,
    }
