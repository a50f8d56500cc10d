"""One pass over a cell's syntax tree, in the order of evaluation, keeping what is bound so far.

A name is *hidden* once the cell has surely bound or deleted it: what other cells put there is no longer seen.
Branches are walked one after another, each from the same start (a trail of what was added is undone), and
what all of them added stays; so the pass takes time in proportion to the tree.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

from jupyter_mlops.honesty import effects
from jupyter_mlops.honesty.expressions import ExpressionWalk
from jupyter_mlops.honesty.scopes import (
    Scope,
    all_arguments,
    function_scope,
    import_name,
    type_parameters,
)

_PROPERTY_PARTS = frozenset({"setter", "getter", "deleter"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Walk(ExpressionWalk):
    """The walk over one cell; its sets are the cell's names."""

    def __init__(self, *, walrus: bool) -> None:
        super().__init__(walrus=walrus)
        self._broken = False

    def run(self, tree: ast.Module) -> Walk:
        """Walk a whole cell."""
        self._body(tree.body)
        self.finish()
        return self

    # statements

    def _body(self, statements: Iterable[ast.stmt]) -> None:
        for statement in statements:
            handler = self._STATEMENTS.get(type(statement))
            if handler:
                handler(self, statement)
            else:
                self._expr(statement)

    def _assign(self, node: ast.Assign) -> None:
        if isinstance(node.value, ast.Lambda) and isinstance(node.targets[0], ast.Name):
            self._lambda(node.value, node.targets[0].id)
        else:
            self._expr(node.value)
        for target in node.targets:
            self._target(target)

    def _augmented(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.load(node.target.id, own=True)
            self._expr(node.value)
            self.bind(node.target.id)
        else:
            self._expr(node.target)  # `x[0] += …` asks for `x` before the value
            self._expr(node.value)
            self._change(node.target)

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._expr(node.value)
        if node.value is not None or not isinstance(node.target, ast.Name):
            self._target(node.target)
        if self.scope.kind != "function":  # a function does not evaluate the annotations of its variables
            self._expr(node.annotation)

    def _target(self, node: ast.expr) -> None:
        if isinstance(node, ast.Name):
            self.bind(node.id)
        elif isinstance(node, (ast.Tuple, ast.List)):
            for element in node.elts:
                self._target(element)
        elif isinstance(node, ast.Starred):
            self._target(node.value)
        else:
            self._change(node)

    def _delete(self, node: ast.Delete) -> None:
        targets: list[ast.expr] = list(reversed(node.targets))
        while targets:
            target = targets.pop()
            if isinstance(target, ast.Name):
                self.unbind(target.id)
            elif isinstance(target, (ast.Tuple, ast.List)):
                targets.extend(reversed(target.elts))
            else:
                self._change(target)

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.imports.add(alias.name)
            self.bind(import_name(alias), imported=True, module=True)

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        self.imports.add(module)
        for alias in node.names:
            if alias.name == "*":
                self.star_imports.add(module)
            else:
                self.bind(import_name(alias), imported=True)

    def _if(self, node: ast.If) -> None:
        self._expr(node.test)
        mark = self.mark()
        ends = [self._branch(node.body)]
        while len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):  # a long `elif` is no deep one
            node = node.orelse[0]
            self._expr(node.test)
            ends.append(self._branch(node.body, since=mark))
        ends.append(self._branch(node.orelse, since=mark))
        self.undo(mark)
        self.join(ends)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        self._expr(node.iter)
        self._loop(node, [partial(self._target, node.target)])

    def _while(self, node: ast.While) -> None:
        self._expr(node.test)
        self._loop(node, [])

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, first: list[Callable[[], None]]) -> None:
        outer, self._broken = self._broken, False
        self._branch(node.body, *first)
        broken, self._broken = self._broken, outer
        if not broken:
            self._body(node.orelse)
        elif node.orelse:
            self._branch(node.orelse)

    def _break(self, _node: ast.Break) -> None:
        self._broken = True
        self.leave()

    def _leave(self, node: ast.stmt) -> None:
        """`return`, `raise`, `continue`."""
        self._expr(node)
        self.leave()

    def _try(self, node: ast.Try) -> None:
        ends = [self._branch([*node.body, *node.orelse], interrupted=True)]
        ends += [self._branch([], partial(self._handler, handler)) for handler in node.handlers]
        after = self._branch(node.finalbody) if node.finalbody else set()
        self.join(ends)
        self.join([after])

    def _handler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            self._expr(node.type)
        if node.name is not None:
            self.bind(node.name)
        self._body(node.body)
        if node.name is not None:
            self.unbind(node.name)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self._expr(item.context_expr)
            if item.optional_vars is not None:
                self._target(item.optional_vars)
        if any(effects.may_suppress(item) for item in node.items):
            self._branch(node.body, interrupted=True)
        else:
            self._body(node.body)

    def _match(self, node: ast.Match) -> None:
        self._expr(node.subject)
        ends = [self._branch(case.body, partial(self._case, case)) for case in node.cases]
        last = node.cases[-1]
        if last.guard is not None or not _matches_all(last.pattern):
            ends.append(set())
        self.join(ends)

    def _case(self, case: ast.match_case) -> None:
        for pattern in ast.walk(case.pattern):
            if isinstance(pattern, ast.MatchValue):
                self._expr(pattern.value)
            elif isinstance(pattern, ast.MatchClass):
                self._expr(pattern.cls)
            elif isinstance(pattern, ast.MatchMapping):
                self._exprs(pattern.keys)
                if pattern.rest is not None:
                    self.bind(pattern.rest)
            elif isinstance(pattern, (ast.MatchAs, ast.MatchStar)) and pattern.name is not None:
                self.bind(pattern.name)
        if case.guard is not None:
            self._expr(case.guard)

    # definitions

    def _function(self, node: _Function) -> None:
        decorators = [each for each in node.decorator_list if not _is_property_part(each)]
        self._exprs(decorators)
        with self._type_scope(node):
            self._defaults(node.args)
            self._exprs(arg.annotation for arg in all_arguments(node.args) if arg.annotation)
            if node.returns is not None:
                self._expr(node.returns)
            with self.collecting(node.name), self._within(function_scope(self.scope, node.args, node.body)):
                self._body(node.body)
        self.bind(node.name)
        if decorators:
            self.use(node.name)

    def _class(self, node: ast.ClassDef) -> None:
        self._exprs(node.decorator_list)
        with self._type_scope(node):
            self._exprs(node.bases)
            self._exprs(keyword.value for keyword in node.keywords)
            with self.defining_class(node.name), self._within(Scope("class", self.scope)):
                self._body(node.body)
        self.bind(node.name)
        if node.decorator_list or node.keywords:
            self.use(node.name)

    def _type_alias(self, node: Any) -> None:
        with self._type_scope(node), self.collecting(node.name.id):  # evaluated when asked for
            self._expr(node.value)
        self.bind(node.name.id)

    def _global(self, node: ast.Global) -> None:
        if self.scope.kind != "module":
            self.scope.globals.update(node.names)

    @contextmanager
    def _type_scope(self, node: ast.AST) -> Iterator[None]:
        parameters = type_parameters(node)
        if not parameters:
            yield
            return
        names = [parameter.name for parameter in parameters]  # type: ignore[attr-defined]
        with self._within(Scope("function", self.scope, names)):
            self._exprs(parameters)
            yield

    def _branch(
        self,
        body: Iterable[ast.stmt],
        *first: Callable[[], None],
        since: int | None = None,
        interrupted: bool = False,
    ) -> set[tuple[Scope, str]] | None:
        """Walk what may not run; what it surely hides by its end, or None if it has no end."""
        with self.branch(since, interrupted=interrupted) as end:
            for step in first:
                step()
            self._body(body)
        return end.hidden

    _STATEMENTS: ClassVar[dict[type[ast.AST], Callable[[Any, Any], None]]] = {
        ast.Assign: _assign,
        ast.AugAssign: _augmented,
        ast.AnnAssign: _annotated,
        ast.Delete: _delete,
        ast.Import: _import,
        ast.ImportFrom: _import_from,
        ast.If: _if,
        ast.For: _for,
        ast.AsyncFor: _for,
        ast.While: _while,
        ast.Break: _break,
        ast.Continue: _leave,
        ast.Return: _leave,
        ast.Raise: _leave,
        ast.Try: _try,
        ast.With: _with,
        ast.AsyncWith: _with,
        ast.Match: _match,
        ast.FunctionDef: _function,
        ast.AsyncFunctionDef: _function,
        ast.ClassDef: _class,
        ast.Global: _global,
    }
    for _newer, _handler_of in (("TryStar", _try), ("TypeAlias", _type_alias)):
        if hasattr(ast, _newer):  # Python 3.11, 3.12
            _STATEMENTS[getattr(ast, _newer)] = _handler_of


def _matches_all(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None


def _is_property_part(decorator: ast.expr) -> bool:
    """`@size.setter`: the property's name is the class's own, and nothing is called but the property."""
    return isinstance(decorator, ast.Attribute) and decorator.attr in _PROPERTY_PARTS
