"""Small Python programs, made by hypothesis.

What they bind is always `fresh`: an alias (`a = b`, then `a.append(1)`) is more than a text can tell.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace

from hypothesis import strategies as st

VARIABLES = ["a", "b", "c", "d", "m", "n", "x", "y"]
FUNCTIONS = ["f", "g"]
NAMES = [*VARIABLES, *FUNCTIONS, "K"]


@dataclass(frozen=True)
class Place:
    """Where in a program a statement stands."""

    depth: int = 2
    in_loop: bool = False
    in_class: bool = False
    in_function: bool = False


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Programs with all kinds of statements; they may fail when they run."""
    ends = st.sampled_from([*VARIABLES, "f()", "g()"])  # what a wrong guess about the rest would miss
    return "\n".join([block(draw, Place(), most=4), *draw(st.lists(ends, max_size=6))])


@st.composite
def programs_of_functions(draw: st.DrawFn) -> str:
    """Functions and classes between uses of them: when their bodies run is what matters."""
    lines = []
    for _ in range(draw(st.integers(2, 7))):
        name, other = draw(st.sampled_from("abc")), draw(st.sampled_from("abcfg"))
        function = draw(st.sampled_from(FUNCTIONS))
        kinds = [f"{name} = fresh(1)", f"del {name}", f"{function}()", f"{function}()", f"fresh({function})"]
        kinds += [
            f"def {function}():\n    {other}()",
            f"{function} = lambda: {other}()",
            f"K.{function}({name})",
        ]
        kinds += [f"def {function}():\n    global {name}\n    {name} = fresh({other})"]
        kinds += [f"def {function}():\n    def g():\n        return {name}\n    return g()"]
        kinds += [f"class K:\n    {name} = fresh({other})\n    def {function}(self): return {name}"]
        kinds += [f"def {function}():\n    global {name}\n    del {name}", f"if a:\n    {function}()"]
        lines.append(draw(st.sampled_from(kinds)))
    return "\n".join(lines)


@st.composite
def straight_programs(draw: st.DrawFn) -> str:
    """Programs without branches, loops and functions, which do not fail."""
    alive = list(NAMES)
    lines = []
    for _ in range(draw(st.integers(1, 6))):
        target, other = draw(st.sampled_from(NAMES)), draw(st.sampled_from(alive))
        third = draw(st.sampled_from(alive))
        kinds = [
            f"{target} = {other} + {third}.x",
            f"import os.path as {target}, sys",
            f"{target} = {other}[{third}]",
        ]
        kinds += [f"{target}, [*{third}] = {other} + 1, {other}", f"from os import path as {target}"]
        kinds += [
            f"{target}: {other} = {third}()",
            f"str({other})[:0] + str(f'{{{third}!s:>9}}')",
            f"{other}.x = {third}()",
        ]
        kinds += [
            f"{other} += {third}",
            f"del {other}",
            f"{other}[{third}] = 1",
            f"del {other}.x, {third}[0]",
        ]
        line = draw(st.sampled_from(kinds))
        lines.append(line)
        if line == f"del {other}":
            alive.remove(other)
        elif "import" in line or line.startswith((f"{target} =", f"{target},", f"{target}:")):
            alive = sorted({*alive, target})
        if len(alive) < 3:
            break
    return "\n".join(lines)


def block(draw: st.DrawFn, place: Place, most: int = 2) -> str:
    kinds = [_simple] * 3 + ([_compound] if place.depth > 0 else [])
    return "\n".join(draw(st.sampled_from(kinds))(draw, place) for _ in range(draw(st.integers(1, most))))


def _simple(draw: st.DrawFn, place: Place) -> str:
    name, e = draw(st.sampled_from(VARIABLES)), f"fresh({expression(draw, place)})"
    kinds = [
        f"{name} = {e}",
        f"{name} = {e}",
        f"{name} += {e}",
        f"{name}.x = {e}",
        f"{name}[{e}] = 1",
        f"{e}",
    ]
    kinds += [
        f"{name}.append({e})",
        f"del {name}",
        f"del {name}.x",
        f"import os.path as {name}",
        f"{name}: int = {e}",
    ]
    kinds += [f"{name}, K = {e}, 1", f"from os import path as {name}", f"assert {e}", f"{name}[0] += {e}"]
    kinds += [f"{draw(st.sampled_from(FUNCTIONS))}()", f"{draw(st.sampled_from(FUNCTIONS))} = lambda: {e}"]
    if place.in_loop:
        kinds += ["break", "continue"]
    if place.in_function:
        kinds += [f"return {e}"]
    if not place.in_function and not place.in_class:
        kinds += ["raise ValueError"]
    return draw(st.sampled_from(kinds))


def _compound(draw: st.DrawFn, place: Place) -> str:
    inner = replace(place, depth=place.depth - 1)
    loop = replace(inner, in_loop=True)
    name, e = draw(st.sampled_from(VARIABLES)), f"fresh({expression(draw, place)})"

    def body(where: Place = inner) -> str:
        return textwrap.indent(block(draw, where), "    ")

    kind = draw(
        st.sampled_from(
            ["if", "elif", "for", "while", "try", "finally", "with", "match", "def", "def", "class"]
        )
    )
    if kind == "if":
        return f"if {e}:\n{body()}\nelse:\n{body()}"
    if kind == "elif":
        return f"if {e}:\n{body()}\nelif {expression(draw, place)}:\n{body()}"
    if kind == "for":
        return f"for {name} in {draw(st.sampled_from(VARIABLES))}:\n{body(loop)}\nelse:\n{body()}"
    if kind == "while":
        return f"while {e}:\n{body(loop)}"
    if kind == "try":
        handlers = f"except ValueError as {name}:\n{body()}\nexcept Exception:\n{body()}"
        return f"try:\n{body()}\n{handlers}\nelse:\n{body()}"
    if kind == "finally":
        return f"try:\n{body()}\nfinally:\n{body(replace(inner, in_loop=False))}"
    if kind == "with":
        return f"with {draw(st.sampled_from(VARIABLES))} as {name}:\n{body()}"
    if kind == "match":
        return _match(draw, inner, e, name)
    if kind == "class":
        return f"class K:\n{body(Place(inner.depth, in_class=True))}"
    return _function(draw, inner, e)


def _match(draw: st.DrawFn, inner: Place, e: str, name: str) -> str:
    first, second = (textwrap.indent(block(draw, inner), " " * 8) for _ in range(2))
    last = draw(st.sampled_from([name, "_", "1"]))
    return f"match {e}:\n    case [{name}, *_] if {name}:\n{first}\n    case {last}:\n{second}"


def _function(draw: st.DrawFn, inner: Place, e: str) -> str:
    shared = draw(st.sampled_from(["", "global a\n", "global a, b\n"]))
    decorator = draw(st.sampled_from(["", "", "@c\n"]))
    where = Place(inner.depth, in_function=True)
    body = textwrap.indent(shared + block(draw, where), "    ")
    return f"{decorator}def {draw(st.sampled_from(FUNCTIONS))}(p={e}):\n{body}"


def expression(draw: st.DrawFn, place: Place) -> str:
    one, two, three = (draw(st.sampled_from(VARIABLES)) for _ in range(3))
    kinds = [one, f"{one} + {two}", f"{one}.x", f"{one}[{two}]", f"{one}({two})", f"len(str({one}))", "1"]
    kinds += [
        f"[i + {two} for i in {one} if {three}]",
        f"{{k: {two} for k in {one}}}",
        f"f'{{{one}}}{{{two}!r}}'",
    ]
    kinds += [
        f"[{one} for {one} in {two}]",
        f"list({two} for i in {one} for j in i)",
        f"(lambda q: q + {one})({two})",
    ]
    kinds += [f"{one} if {two} else {three}", f"({one} and {two} or {three})", f"{one} < {two} < {three}"]
    kinds += [f"{draw(st.sampled_from(FUNCTIONS))}({one})"]
    if not place.in_class:
        kinds += [
            f"({one} := fresh({two}))",
            f"({one} and ({two} := fresh({three})))",
            f"[{three} for i in {one} if ({two} := i)]",
        ]
        kinds += [f"(({one} := fresh({two})) if {three} else {one})"]
    simple = draw(st.booleans())  # a program that reads all names at once would hide what is missed later
    return draw(st.sampled_from(["1", one] if simple else kinds))
