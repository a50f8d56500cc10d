"""A notebook's cells as one Python program, read from the top, as far as it can be read without running it.

Preflight may warn of what it is not sure of, but must never refuse a notebook that would succeed. So it keeps
account of what may have changed the world by then: a shell line, a changed search path, a call that may write
a file. What comes after is not sure any more.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_mlops.honesty.effects import words
from jupyter_mlops.honesty.ipython_cell import translate
from jupyter_mlops.syntax import parse

_ESCAPE = re.compile(r"^[ \t]*(?:[\w, \t]+=[ \t]*)?(!|%%?)[ \t]*([\w.]*)", re.MULTILINE)
_QUIET_MAGICS = words(
    "time timeit capture prun matplotlib autoreload reload_ext load_ext config precision pylab xmode pdb "
    "mlops mlops_skip mlops_run pprint html HTML svg SVG latex markdown javascript js who whos lsmagic "
    "memit mprun lprun"
)
_WORLD = re.compile(
    r"\bsys\s*\.\s*(?:path|modules|meta_path|path_hooks)\b|\bchdir\b|\bget_ipython\b|\bsubprocess\b|\bpopen\b|"
    r"\bos\s*\.\s*(?:system|exec|spawn|_exit|kill)|\bsite\b|\b__import__\b|\bexec\s*\(|\beval\s*\(|"
    r"\b(?:exit|quit)\b|\bSystemExit\b|\bmicropip\b|\bpip\b|\bconda\b|\breload\s*\("
)
_MAKERS = re.compile(
    r"download|fetch|retriev|writ|save|dump|extract|unzip|untar|cop(?:y|ies)|move|renam|mkdir|makedirs|touch|"
    r"link|export|system|open|run|call|exec|eval|generat|creat|make|prepar|log|persist|store|put|clone|pull|"
    r"sync|install|mount|submit|start|main|import|build|setup|init|^to_|load_dataset|request|get_file|cache"
)
_KNOWN = words(
    "numpy pandas matplotlib seaborn scipy sklearn statsmodels plotly altair ipywidgets graphviz PIL IPython "
    "tqdm math cmath random statistics decimal fractions numbers json re string textwrap pprint csv base64 "
    "hashlib datetime time calendar locale warnings logging traceback collections itertools functools "
    "operator bisect heapq typing types enum dataclasses abc contextlib inspect gc uuid platform sys pathlib"
)
_BUILTINS = frozenset(dir(builtins)) - {"open", "exec", "eval", "compile", "__import__", "input"}
RAISES = "raises-exception"


@dataclass(frozen=True)
class Place:
    """Where in the notebook something is."""

    index: int
    cell_id: str | None


@dataclass(frozen=True)
class Statement:
    """A statement of the notebook, in the order in which they run.

    Attributes:
        always: whether it runs whenever its cell does: it stands in no branch, loop, function or `try`.
        paths_known: whether nothing before it can have changed where modules are found, or ended the run.
        files_known: whether nothing before it can have made a file.
    """

    node: ast.stmt
    place: Place
    always: bool
    paths_known: bool
    files_known: bool
    _texts: list[str]
    _before: int

    @property
    def said(self) -> str:
        """Every text that stands in the notebook before it. Joined for few: all would be a square of it."""
        return "\n".join(self._texts[: self._before])


@dataclass
class _World:
    """What may have happened so far."""

    folder: Path
    paths_known: bool = True
    files_known: bool = True
    said: list[str] = field(default_factory=list)
    known_roots: set[str] = field(default_factory=set)
    defined: set[str] = field(default_factory=set)


def read_program(cells: Sequence[Any], folder: Path) -> Iterator[Statement]:
    """The statements of a notebook's code cells, from the top. A cell that is not Python has none.

    Args:
        cells: of the notebook.
        folder: in which its kernel starts: modules there may do anything.
    """
    world = _World(folder)
    for index, cell in enumerate(cells):
        if cell.cell_type == "code" and cell.source.strip():
            yield from _read_cell(Place(index, cell.get("id")), cell, world)


def dotted(node: ast.expr) -> tuple[str, ...] | None:
    """`a.b.c` as its parts; None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else None


def _read_cell(place: Place, cell: Any, world: _World) -> Iterator[Statement]:
    source: str = cell.source
    if any(mark == "!" or magic not in _QUIET_MAGICS for mark, magic in _ESCAPE.findall(source)):
        world.paths_known = world.files_known = False
    if _WORLD.search(source):
        world.paths_known = world.files_known = False
    may_fail = RAISES in cell.metadata.get("tags", ())
    try:
        tree = parse(translate(source).text)
    except (SyntaxError, ValueError, RecursionError):
        tree = None
    if tree is not None:
        for node, always in _flat(tree.body, not may_fail):
            known = (world.paths_known, world.files_known)
            yield Statement(node, place, always, *known, world.said, len(world.said))
            _note(node, world)
    elif not may_fail:
        world.paths_known = world.files_known = False
    world.said.append(source)


def _flat(body: Iterable[ast.stmt], always: bool) -> Iterator[tuple[ast.stmt, bool]]:
    """Statements in order; those within others after them."""
    for node in body:
        if isinstance(node, (ast.With, ast.AsyncWith)):
            forgives = any("suppress" in ast.dump(item.context_expr) for item in node.items)
            yield node, always
            yield from _flat(node.body, always and not forgives)
            continue
        yield node, always
        for inner in ("body", "orelse", "finalbody"):
            yield from _flat(getattr(node, inner, ()), False)
        for handler in getattr(node, "handlers", ()):
            yield from _flat(handler.body, False)


def own_expressions(node: ast.stmt) -> Iterator[ast.expr]:
    """A statement's expressions without those of the statements within it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child
        elif isinstance(child, ast.withitem):
            yield child.context_expr


def _note(node: ast.stmt, world: _World) -> None:
    """Keep account of what a statement may have done."""
    if isinstance(node, ast.Import):
        for name in node.names:
            _note_import(name.name, name.asname or name.name.split(".")[0], world)
    elif isinstance(node, ast.ImportFrom):
        for name in node.names:
            _note_import(node.module or "", name.asname or name.name, world)
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        world.defined.add(node.name)
    if not world.files_known:  # and never will be again
        return
    for expression in own_expressions(node):
        for call in ast.walk(expression):
            if isinstance(call, ast.Call) and not _is_harmless(call, world):
                world.files_known = False


def _note_import(module: str, name: str, world: _World) -> None:
    top = module.split(".", maxsplit=1)[0]
    if (world.folder / top).exists() or (world.folder / f"{top}.py").exists():
        world.paths_known = False  # it may change where others are found
    if top in _KNOWN:
        world.known_roots.add(name)
    elif top not in ("os", "io", "__future__"):
        world.known_roots.discard(name)
        world.files_known = False  # importing it runs its code: it may make what it needs


def _is_harmless(call: ast.Call, world: _World) -> bool:
    """Whether a call is sure to make no file."""
    parts = dotted(call.func)
    if parts is None:  # a method of what another call gave
        return isinstance(call.func, ast.Attribute) and not _MAKERS.search(call.func.attr.lower())
    if parts == ("open",):
        return opens_for_reading(call)
    if parts[:2] == ("os", "path"):
        return True
    if _MAKERS.search(".".join(parts[1:] or parts).lower()) or _MAKERS.search(parts[-1].lower()):
        return False
    if len(parts) == 1:
        return parts[0] in _BUILTINS or parts[0] in world.known_roots or parts[0] in world.defined
    return parts[0] != "os"


def opens_for_reading(call: ast.Call) -> bool:
    """Whether an `open(…)` is sure to need its file: it is not opened for writing as well."""
    mode = call.args[1] if len(call.args) > 1 else None
    mode = next((word.value for word in call.keywords if word.arg == "mode"), mode)
    if mode is None:
        return True
    return (
        isinstance(mode, ast.Constant) and isinstance(mode.value, str) and not set(mode.value) & set("wax+")
    )
