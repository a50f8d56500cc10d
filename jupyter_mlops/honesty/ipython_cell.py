"""A cell in IPython's syntax as plain Python that reads and writes the same names. Nothing is executed.

IPython's own translator is exact but reads the whole cell again for each magic in it, and importing it costs
as much as all the rest of the server's honesty. This one goes over the lines once, keeping track of strings
and brackets, and only for cells that are not plain Python already. What a magic does with names is in
`magics.py`; one that is not known there is named in `unseen`.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from jupyter_mlops.honesty.magics import (
    RESERVED,
    cell_magic,
    expansions,
    is_automagic,
    line_magic,
    magic_value,
    reading,
)

__all__ = ["RESERVED", "Translation", "translate"]

_PROMPT = re.compile(r"(?:>>>|\.\.\.)(?: |$)|(?:In \[\d+\]|\s*\.{3,}): ?", re.MULTILINE)
_CELL_MAGIC = re.compile(r"%%([\w.]+)[ \t]*(.*)")
_ESCAPED = re.compile(r"([ \t]*)(!!|!|%|\?\??|,|;|/)(.*)", re.DOTALL)
_ASSIGNED = re.compile(r"([ \t]*[^\W\d][^=!%#'\"(]*=[ \t]*)([!%])(.*)", re.DOTALL)
_HELP = re.compile(r"(?:(?<=[^\w.])|^)%{0,2}([^\W\d*]\w*)?[\w.*\[\]-]*\?\??[ \t]*$", re.MULTILINE)
_TOKEN = re.compile(
    r"#.*|'''|\"\"\"|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|[()\[\]{}]|\\$",
)
_MAX_CELL_MAGICS = 20


@dataclass(frozen=True)
class Translation:
    """Plain Python, and what in the cell may read or write names that it does not show."""

    text: str
    unseen: frozenset[str] = frozenset()


def translate(source: str) -> Translation:
    """Translate a cell; what is not IPython's syntax either stays as it is, for the parser to refuse."""
    text, unseen = _cell(source, _MAX_CELL_MAGICS)
    return Translation(text, frozenset(unseen))


def _cell(source: str, depth: int) -> tuple[str, set[str]]:
    text = _tidy(source)
    magic = _CELL_MAGIC.match(text)
    if magic is None:
        return _lines(text)
    if magic[2].rstrip().endswith("?") or magic[0].endswith("?"):
        return "", set()
    _, _, body = text.partition("\n")
    effect = cell_magic(magic[1], magic[2])
    unseen = set(effect.unseen)
    if not effect.runs_body:
        return _block("", effect.before + effect.after), unseen
    python, more = _cell(body, depth - 1) if depth else ("", set())
    if effect.timed:
        python = _timed(python, effect.setup)
    return "\n".join([*effect.before, python, *effect.after]), unseen | more


def _tidy(source: str) -> str:
    """Without leading blank lines, common indentation and pasted prompts, as IPython does first."""
    lines = source.expandtabs().split("\n") if source[:1] == "\t" else source.split("\n")
    while lines and not lines[0].strip():
        del lines[0]
    text = "\n".join(lines)
    if text[:1] in (" ", "\t"):
        text = textwrap.dedent(text)
    if text.startswith(">>>") or re.match(r"In \[\d+\]:", text):
        text = "\n".join(
            _PROMPT.sub("", line, count=1) if _PROMPT.match(line) else line for line in text.split("\n")
        )
    return text


def _lines(text: str) -> tuple[str, set[str]]:
    out: list[str] = []
    unseen: set[str] = set()
    only = "\n" not in text.strip()
    for line in _logical_lines(text):
        python, more = _line("%" + line.lstrip() if only and is_automagic(line) else line)
        out.append(python)
        unseen |= more
    return "\n".join(out), unseen


def _line(line: str) -> tuple[str, set[str]]:
    """One logical line of a cell."""
    if escaped := _ESCAPED.match(line):
        indent, escape, rest = escaped.groups()
        rest = _joined(rest)
        if escape.startswith("?"):
            return _block(indent, [reading(_root(rest))]), set()
        if rest.endswith("?") and escape == "%":
            return _block(indent, []), set()
        if escape == "%":
            effect = line_magic(rest)
            return _block(indent, effect.before + effect.after), set(effect.unseen)
        if escape in {",", ";", "/"}:
            return _block(indent, [_autocall(escape, rest)]), set()
        return _block(indent, [reading(*expansions(rest))]), set()
    if assigned := _ASSIGNED.match(line):
        target, escape, rest = assigned.groups()
        rest = _joined(rest)
        if escape == "!":
            return target + reading(*expansions(rest)), set()
        value, unseen = magic_value(rest)
        return target + value, unseen
    if line.rstrip().endswith("?") and (asked := _HELP.search(line.rstrip())):
        indent = line[: len(line) - len(line.lstrip())]
        return _block(indent, [reading(*([asked[1]] if asked[1] else []))]), set()
    return line, set()


def _logical_lines(text: str) -> Iterator[str]:
    """Lines joined where a bracket or a triple quote is open, or where the line ends in a backslash."""
    pending: list[str] = []
    depth, quote = 0, ""
    for line in text.split("\n"):
        escape = not pending and (_ESCAPED.match(line) or _ASSIGNED.match(line))
        pending.append(line)
        if escape:  # a shell's brackets and quotes are not Python's
            goes_on = line.endswith("\\")
            depth, quote = (0, "") if not goes_on else (0, "\\")
        elif quote == "\\":
            goes_on = line.endswith("\\")
            quote = "\\" if goes_on else ""
        else:
            depth, quote, goes_on = _scan(line, depth, quote)
        if not goes_on:
            yield "\n".join(pending)
            pending = []
    if pending:
        yield "\n".join(pending)


def _scan(line: str, depth: int, quote: str) -> tuple[int, str, bool]:
    """How many brackets and which triple quote are open after a line, and whether the next belongs to it."""
    at = 0
    while at < len(line):
        if quote:
            end = _closing(line, quote, at)
            if end < 0:
                return depth, quote, True
            at, quote = end, ""
            continue
        token = _TOKEN.search(line, at)
        if token is None:
            break
        at = token.end()
        found = token[0]
        if found in {"'''", '"""'}:
            quote = found
        elif found in "([{":
            depth += 1
        elif found in ")]}":
            depth = max(0, depth - 1)
        elif found == "\\":
            return depth, quote, True
    return depth, quote, bool(quote or depth)


def _closing(line: str, quote: str, at: int) -> int:
    """Where a triple quote that is open at `at` ends; -1 if not in this line."""
    while (found := line.find(quote, at)) >= 0:
        before = line[at:found]
        if (len(before) - len(before.rstrip("\\"))) % 2 == 0:
            return found + len(quote)
        at = found + 1
    return -1


def _joined(rest: str) -> str:
    return re.sub(r"\\\n\s*", " ", rest).strip()


def _block(indent: str, statements: list[str]) -> str:
    """Statements at one indentation; at least one, so that a block around them has a body."""
    return "\n".join(indent + line for each in statements or ["pass"] for line in each.split("\n"))


def _timed(body: str, setup: str) -> str:
    """What `%%timeit` makes of a cell: the body of a function, so that nothing it binds is left."""
    (name,) = RESERVED
    return f"def {name}():\n" + _block("    ", [setup or "pass", body or "pass"]) + f"\n{name}()"


def _root(rest: str) -> str:
    name = re.match(r"\s*%{0,2}([^\W\d]\w*)", rest)
    return name[1] if name and "%" not in name[0] and "*" not in rest else "None"


def _autocall(escape: str, rest: str) -> str:
    """`/f a b` is `f(a, b)`; `,f a b` and `;f a b` are `f("a", "b")`, `f("a b")`."""
    name, *arguments = rest.split()
    return f"{name}({', '.join(arguments)})" if escape == "/" else f"{name}('')"
