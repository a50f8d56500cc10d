"""What one cell reads and writes of the notebook's names, from its text alone; nothing is executed.

What is promised, for a cell that ends without an error and does none of the things listed below:

- every name whose value, made outside the cell, the cell reads is in `reads`;
- every name the cell binds is in `writes`, and every name it leaves unbound by `del` is in `deletes`;
- for a cell without branches, loops and functions these sets are exact.

So the sets may say too much (a branch that was not taken, a loop that had nothing to do), rarely too little.

What counts:

- A name that the cell surely binds before it reads it is not read from outside. One that it may have bound
  (in a branch, in a loop) is in `reads`, and in `uncertain`.
- `x += 1` reads and writes. `x.a = 1`, `x[0] = 1`, `del x[0]`, `x.append(1)`, `df.drop(..., inplace=True)`,
  `model.fit(...)`, `np.add(a, b, out=x)` and `random.shuffle(x)` read *and write* `x`: see `effects.py`.
- The body of a function reads when it is called. If the cell uses the function (mentions its name after
  defining it, decorates it), that is now; if not, the names are in `reads` and in `deferred`. `functions`
  says what each function reads and writes, so that a cell that calls it elsewhere can be charged.
- Builtins are not reads; `builtins` names them, since another cell may have assigned `sum` or `id`.
- Magics and shell lines count as IPython treats them: `%time x = f(y)` writes `x`, `x = !ls {path}` reads
  `path`, `%%bash --out text` writes `text`: see `ipython_cell.py`.

What it cannot see:

- aliases: after `b = a`, `b.append(1)` changes `a`; items of a list, rows of a frame, a view of an array;
- changes made inside a function to its arguments, or to what its object holds (`obj.method()`), but for the
  in-place methods and functions listed in `effects.py`; in-place methods of classes not listed there;
- a function reached otherwise than by its own name: stored in another name, returned, called by a method;
- names made at run time: `exec`, `eval`, `globals()[...]`, `setattr` on a module, `%run`, `%store -r`,
  `from m import *`, magics of other packages. `unseen` and `star_imports` say that the cell has such a thing;
- the state of modules (`sys.path`, random seeds, `plt.rcParams.update`), files, databases, the environment;
- a function that a decorator, a metaclass or `__init_subclass__` calls before it has its name;
- which of two branches ran; an exception swallowed by a context manager (`contextlib.suppress` and
  `pytest.raises` are known); where a failing cell stopped.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from jupyter_mlops.honesty.ipython_cell import RESERVED, Translation, translate
from jupyter_mlops.honesty.walk import Walk
from jupyter_mlops.syntax import parse

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class FunctionNames:
    """The notebook's names that a function or a class's methods read and write whenever they are called."""

    reads: frozenset[str] = _NONE
    writes: frozenset[str] = _NONE


@dataclass(frozen=True)
class CellNames:
    """The names of one cell; see the module for what counts.

    Attributes:
        reads: names whose value comes from outside the cell.
        writes: names it binds or changes in place.
        deletes: names it may leave unbound by `del` (or as the `e` of `except … as e`).
        uncertain: those of `reads` that the cell may have bound itself, depending on how it ran.
        deferred: those of `reads` that only functions read which the cell defines and does not use.
        functions: for each function and class defined here, what its code reads and writes when called.
        imported: those of `writes` that the cell binds by `import` only: running it again changes nothing.
        builtins: names of builtins that it reads.
        imports: modules it imports, as written.
        star_imports: modules from which it imports all names.
        unseen: what in it may read or write other names: `exec`, `%run`, `%%sql`, `Out`, …
        unknown: it could not be parsed; all else is empty.
    """

    reads: frozenset[str] = _NONE
    writes: frozenset[str] = _NONE
    deletes: frozenset[str] = _NONE
    uncertain: frozenset[str] = _NONE
    deferred: frozenset[str] = _NONE
    functions: Mapping[str, FunctionNames] = field(default_factory=lambda: MappingProxyType({}))
    imported: frozenset[str] = _NONE
    builtins: frozenset[str] = _NONE
    imports: frozenset[str] = _NONE
    star_imports: frozenset[str] = _NONE
    unseen: frozenset[str] = _NONE
    unknown: bool = False


def analyse_cell(source: str) -> CellNames:
    """The names that a cell reads and writes. Takes time in proportion to the text; never raises."""
    try:
        tree, cell = _parse(source)
        return _names(Walk(walrus=":=" in source).run(tree), cell)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # ValueError: NUL bytes, lone surrogates
        return CellNames(unknown=True)


def _parse(source: str) -> tuple[ast.Module, Translation]:
    try:
        if not source.startswith("In ["):  # a pasted prompt can pass for an annotation
            return parse(source), Translation(source)
    except SyntaxError:
        pass
    cell = translate(source)
    return parse(cell.text), cell


def _names(walk: Walk, cell: Translation) -> CellNames:
    functions = {
        name: FunctionNames(frozenset(body.reads - RESERVED), frozenset(body.writes - RESERVED))
        for name, body in walk.functions.items()
        if name not in RESERVED
    }
    return CellNames(
        reads=frozenset(walk.reads | walk.deferred) - RESERVED,
        writes=frozenset(walk.writes) - RESERVED,
        deletes=frozenset(walk.deletes),
        uncertain=frozenset(walk.uncertain) - RESERVED,
        deferred=frozenset(walk.deferred - walk.reads),
        functions=MappingProxyType(functions),
        imported=frozenset(walk.imported),
        builtins=frozenset(walk.builtins),
        imports=frozenset(walk.imports),
        star_imports=frozenset(walk.star_imports),
        unseen=frozenset(walk.unseen) | cell.unseen,
    )
