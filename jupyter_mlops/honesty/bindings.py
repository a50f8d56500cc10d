"""What a walk has found so far: which names are bound, hidden, read; what functions will read when called."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from jupyter_mlops.honesty.effects import words
from jupyter_mlops.honesty.scopes import Scope

_GIVEN = (frozenset(dir(builtins)) - {"_"}) | words(
    "get_ipython display exit quit open __name__ __doc__ __builtins__ __file__ __builtin__ "
    "__annotations__ __debug__ __class__ __qualname__ __module__ __spec__ __loader__ __package__ "
    "__session__ __conditional_annotations__"
)
"""Names that Python and IPython put there, not a cell."""
_OUTPUT_CACHE = re.compile(r"Out|In|_oh|_ih|_dh|_{1,3}|_i{1,3}|_i?\d+")


@dataclass
class Body:
    """What the code of a function, or of a class's methods, does with the notebook's names when called."""

    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)


@dataclass
class _Frame:
    """One branch under way: names deleted in it and not bound again; whether it may stop anywhere."""

    gone: set[str] = field(default_factory=set)
    interrupted: bool = False


@dataclass
class _End:
    hidden: set[tuple[Scope, str]] | None = None


class Bindings:
    """The state of a walk; `load`, `bind`, `mutate` and `unbind` are all that can happen to a name.

    Inside a function's body (`collecting`) nothing happens yet: the names are kept with the function, and
    happen at its first use. A body that the cell does not use is looked at again in `finish`.
    """

    def __init__(self) -> None:
        self.reads: set[str] = set()
        self.writes: set[str] = set()
        self.deletes: set[str] = set()
        self.deferred: set[str] = set()
        self.builtins: set[str] = set()
        self.functions: dict[str, Body] = {}
        self.modules: set[str] = set()
        self.imports: set[str] = set()
        self.star_imports: set[str] = set()
        self.unseen: set[str] = set()
        self.module = Scope("module")
        self.scope = self.module
        self.dead = False
        self._certain: set[str] = set()
        self._bound: set[str] = set()
        self._imported: set[str] = set()
        self._changed: set[str] = set()
        self._trail: list[tuple[Scope, str]] = []
        self._frames = [_Frame()]
        self._collecting: Body | None = None
        self._owner: str | None = None
        self._unused: dict[str, Body] = {}

    @property
    def uncertain(self) -> set[str]:
        """Names read that the cell may have bound before each time it read them."""
        return self.reads - self._certain

    @property
    def imported(self) -> set[str]:
        """Names that are bound by imports and nothing else."""
        return self._imported - self._changed

    # what happens to names

    def load(self, name: str, *, own: bool = False) -> None:
        """Read a name; one that is `own` is a variable even if a builtin has its name."""
        if not self.scope.is_global(name):
            if self.scope.kind == "class" and self._collecting is None and self._owner is not None:
                self.use(self._owner)  # `y = method()` in the class's own body
        elif self._collecting is not None:
            self._collecting.reads.add(name)
        else:
            self._read(name, own=own)
            if name in self._unused:
                self.use(name)

    def bind(self, name: str, *, imported: bool = False, module: bool = False) -> None:
        """Give a name a value."""
        if self.scope.kind == "class" and name not in self.scope.globals:
            self._hide(self.scope, name)
        elif not self.scope.is_global(name):
            return
        elif self._collecting is not None:
            self._collecting.writes.add(name)
        else:
            self._write(name)
            self._hide(self.module, name)
            (self._imported if imported else self._changed).add(name)
            if module:
                self.modules.add(name)
            if not self._frames[-1].interrupted:
                self._frames[-1].gone.discard(name)

    def mutate(self, name: str) -> None:
        """Change a name's value in place."""
        if self.scope.is_global(name):
            if self._collecting is not None:
                self._collecting.writes.add(name)
            else:
                self.writes.add(name)
                self._changed.add(name)

    def unbind(self, name: str) -> None:
        """Delete a name."""
        if self.scope.kind == "class" and name in self.scope.names:
            self.scope.names.discard(name)  # from here on the name may be the module's
        elif not self.scope.is_global(name):
            return
        elif self._collecting is not None:
            self._collecting.deletes.add(name)
        else:
            self._frames[-1].gone.add(name)
            self._hide(self.module, name)

    def _read(self, name: str, *, own: bool = False) -> None:
        if name in self.module.names:
            return
        if name in _GIVEN and not own and name not in self._bound:
            self.builtins.add(name)
            return
        self.reads.add(name)
        if name not in self._bound:
            self._certain.add(name)
            if name[0] in "_IO" and _OUTPUT_CACHE.fullmatch(name):
                self.unseen.add(name)

    def _write(self, name: str) -> None:
        self.writes.add(name)
        self._bound.add(name)

    def _hide(self, scope: Scope, name: str) -> None:
        if name not in scope.names:
            scope.names.add(name)
            self._trail.append((scope, name))

    # branches

    @contextmanager
    def branch(self, since: int | None = None, *, interrupted: bool = False) -> Iterator[_End]:
        """Walk something that may not run, then go back; what it hides, counted from the mark `since`.

        If it may be `interrupted` anywhere, a name deleted in it may be gone although it is bound again.
        """
        mark, dead, self.dead = self.mark(), self.dead, False
        self._frames.append(_Frame(interrupted=interrupted or self._frames[-1].interrupted))
        end = _End()
        yield end
        if not self.dead:
            end.hidden = set(self._trail[mark if since is None else since :])
        self.dead = dead
        self.undo(mark)
        gone = self._frames.pop().gone
        self._frames[-1].gone |= gone

    def mark(self) -> int:
        """A point to go back to."""
        return len(self._trail)

    def undo(self, mark: int) -> None:
        """Go back to a point: what was hidden since then is not."""
        for scope, name in self._trail[mark:]:
            scope.names.discard(name)
        del self._trail[mark:]

    def join(self, ends: Iterable[set[tuple[Scope, str]] | None]) -> None:
        """Go on from whichever of these branches ran; None is one that has no end."""
        live = [end for end in ends if end is not None]
        if not live:
            self.dead = True
            return
        for scope, name in set.intersection(*live):
            self._hide(scope, name)

    def leave(self) -> None:
        """Nothing after this runs: `break`, `raise` and their like."""
        self.dead = True
        if self._collecting is None:
            for frame in self._frames:
                self.deletes |= frame.gone

    # functions

    @contextmanager
    def collecting(self, name: str) -> Iterator[None]:
        """Walk the body of the function `name`; a method's belongs to its class."""
        owner = self._owner or name
        with self.collecting_into(self._unused.get(owner, Body())) as body:
            yield
        if body is not self._collecting:
            self._unused[owner] = body
            if owner in self.functions and self.functions[owner] is not body:
                body = _union(self.functions[owner], body)
            self.functions[owner] = body

    @contextmanager
    def collecting_into(self, body: Body) -> Iterator[Body]:
        """Walk code that runs later; inside a function all belongs to the outermost one."""
        outer, dead, self.dead = self._collecting, self.dead, False
        self._collecting = outer or body
        yield self._collecting
        self._collecting, self.dead = outer, dead

    @contextmanager
    def defining_class(self, name: str) -> Iterator[None]:
        """Walk the body of a class; an inner class's methods belong to the outermost."""
        outer = self._owner
        self._owner = outer or name
        yield
        self._owner = outer

    def use(self, name: str) -> None:
        """The cell mentions a function that it has defined: from here on its body may have run."""
        names, seen = [name], {name}
        while names:
            name = names.pop()
            body = self._unused.get(name)
            if body is None:
                continue
            if len(self._frames) == 1:  # what is hidden now stays hidden: nothing more can come of this body
                del self._unused[name]
            self.use_body(body)
            called = (body.reads & self._unused.keys()) - seen
            seen |= called
            names.extend(called)

    def use_body(self, body: Body) -> None:
        """Code that was collected runs now."""
        if self._collecting is not None:
            return
        for name in body.reads - self.module.names - self.reads:
            self._read(name)
        for name in body.writes:
            self._write(name)
            self._changed.add(name)
        self._frames[-1].gone |= body.deletes

    def finish(self) -> None:
        """The cell's end: what unused functions read is deferred; what is still deleted is gone."""
        for body in self._unused.values():
            self.deferred |= body.reads - self.module.names - self.reads - (_GIVEN - self._bound)
        for body in self.functions.values():
            body.reads -= _GIVEN - self._bound
        self.deletes |= self._frames[0].gone


def _union(one: Body, other: Body) -> Body:
    return Body(one.reads | other.reads, one.writes | other.writes, one.deletes | other.deletes)
