"""What IPython's magics do with the notebook's names, each told as Python statements that do the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from string import Formatter

from jupyter_mlops.honesty.effects import words
from jupyter_mlops.syntax import parse

RESERVED = frozenset({"_timed_by_magic_"})
"""A name that translations use for themselves; it is never reported."""

_PYTHON_BODY = words(
    "time capture prun timeit debug memit mprun lprun snakeviz pyinstrument scalene heat "
    "mlops mlops_skip mlops_run skip_capture"
)
_SUBPROCESS = words("bash sh script perl ruby python python2 python3 pypy cmd system sx !")
_OTHER_TEXT = words("writefile file html HTML svg SVG latex markdown javascript js")
_STATEMENT = words("time timeit prun debug memit mprun lprun snakeviz")
_OPTIONS_WITH_VALUE = {
    "timeit": "nrp",
    "prun": "lsTD",
    "memit": "rti",
    "mprun": "fT",
    "lprun": "fmTDsru",
    "debug": "b",
}
_HARMLESS = words(
    "alias alias_magic autoawait autocall automagic autoreload autosave bookmark cd cat clear cls "
    "code_wrap colors conda config connect_info cp dhist dirs doctest_mode echo edit ed env gui hist "
    "history killbgscripts ldir less lf lk ll ls lsmagic lx magic man matplotlib mamba micromamba mkdir "
    "mlops more mv notebook page pastebin pdb pdef pdoc pfile pinfo pinfo2 pip popd pprint precision "
    "profile psearch psource pushd pwd pycat pylintrc qtconsole quickref reload_ext rep rehashx rm "
    "rmdir save sc set_env subshell sx system tb time timeit unalias uv unload_ext who who_ls whos "
    "writefile xmode logstart logstop logon logoff logstate tensorboard "
)
_AUTOMAGIC = _HARMLESS | _STATEMENT | words("run store reset xdel load_ext pylab rerun recall")
_STORING = re.compile(r"--(?:out|err|proc)[= ]\s*([^\W\d]\w*)")
_EXCHANGE = re.compile(r"-(i|o|-input|-output)[= ]\s*([\w,]+)")
_DOLLAR = re.compile(r"(?<!\$)\$([^\W\d]\w*(?:\.\w+)*)")
_EXCHANGING = frozenset({"R", "octave", "julia", "matlab"})


@dataclass(frozen=True)
class Effect:
    """What a magic does.

    Attributes:
        before: statements that run before its body, or instead of the line.
        after: statements that run after its body.
        unseen: what it may do beside, by its name.
        runs_body: the cell below it is Python, in the notebook's names.
        timed: the body runs in a function of its own, after the statement `setup`.
        setup: see `timed`.
    """

    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    unseen: tuple[str, ...] = ()
    runs_body: bool = False
    timed: bool = False
    setup: str = ""


def line_magic(text: str) -> Effect:
    """The effect of `%text`."""
    name, _, rest = text.partition(" ")
    rest = rest.strip()
    if name in _STATEMENT:
        return Effect(_statement(name, rest))
    reads = [reading(*expansions(rest))] if rest else []
    words = rest.split()
    if name == "store":
        return _store(words)
    if name == "xdel":
        return Effect([f"del {word}" for word in words if word.isidentifier()])
    if name in _EXCHANGING or name.startswith("R"):
        return Effect([*reads, *_exchange(rest)], unseen=(f"%{name}",))
    return Effect(reads, unseen=() if name in _HARMLESS else (f"%{name}",))


def magic_value(text: str) -> tuple[str, set[str]]:
    """`x = %text`: an expression that reads what the magic reads, and what it may do unseen."""
    name, _, rest = text.partition(" ")
    if name in _STATEMENT:
        statement = _without_options(name, rest)
        return (f"({statement})" if _parses(statement, "eval") else "None"), set()
    return reading(*expansions(rest)), set(line_magic(text).unseen)


def cell_magic(name: str, rest: str) -> Effect:
    """The effect of `%%name rest` on the cell below it."""
    rest = rest.strip()
    if name == "capture":
        outputs = [word for word in rest.split() if word.isidentifier()]
        return Effect(after=[f"{word} = None" for word in outputs], runs_body=True)
    if name == "timeit":
        setup = _without_options(name, rest)
        return Effect(runs_body=True, timed=True, setup=setup if _parses(setup, "exec") else "")
    if name in _PYTHON_BODY or name.startswith("mlops"):
        return Effect(_statement(name, rest) if name in {"time", "prun"} else [], runs_body=True)
    reads = [reading(*expansions(rest))] if rest else []
    if name in _SUBPROCESS:
        return Effect(reads, [f"{output} = None" for output in _STORING.findall(rest)])
    if name in _OTHER_TEXT:
        return Effect(reads)
    return Effect([*reads, *(_exchange(rest) if name in _EXCHANGING else [])], unseen=(f"%%{name}",))


def is_automagic(line: str) -> bool:
    """Whether a cell of this one line, which is not Python, is a magic without its `%`."""
    word = line.split(None, 1)[:1]
    return bool(word) and word[0] in _AUTOMAGIC


def reading(*expressions: str) -> str:
    """An expression that reads all of these."""
    return "(" + "".join(f"{each}, " for each in expressions) + ")"


def expansions(command: str) -> list[str]:
    """The expressions in `{braces}` and `$names` that IPython puts into a command or a magic's line.

    It puts in none of them if one cannot be evaluated (`awk '{print $1}'`), and passes the line on as it is.
    """
    if "{" not in command and "$" not in command:
        return []
    try:
        found = list(_fields(command))
    except ValueError:  # braces that do not match
        return []
    return found if all(_parses(each, "eval") for each in found) else []


def _fields(command: str) -> Iterator[str]:
    for literal, expression, specification, _ in Formatter().parse(command):
        quotes = literal.count("'")
        for dollar in _DOLLAR.finditer(literal):
            if (quotes - literal.count("'", 0, dollar.end())) % 2 == 0:  # not in single quotes
                yield dollar[1]
        if expression:
            yield expression
        if specification:
            yield from _fields(specification)


def _statement(name: str, rest: str) -> list[str]:
    statement = _without_options(name, rest)
    if not statement or not _parses(statement, "exec"):
        return []
    if name not in {"timeit", "memit"}:
        return [statement]
    (function,) = RESERVED
    return [f"def {function}():\n    {statement}\n{function}()"]


def _without_options(name: str, rest: str) -> str:
    """The statement after `-n 10 -r3 -q`, as getopt would leave it."""
    with_value = _OPTIONS_WITH_VALUE.get(name, "")
    while option := re.match(r"(--[a-z-]+|-[A-Za-z])(?=\s|\d|$)\S*\s*", rest):
        takes_next = option[1][1:] in with_value and option[0].strip() == option[1]
        rest = rest[option.end() :]
        if takes_next:
            rest = rest.partition(" ")[2].lstrip()
    return rest


def _store(words: list[str]) -> Effect:
    names = [word for word in words if word.isidentifier()]
    if "-r" in words:
        return Effect([f"{name} = None" for name in names], unseen=() if names else ("%store -r",))
    return Effect([] if {"-d", "-z"} & set(words) or not names else [reading(*names[:1])])


def _exchange(rest: str) -> list[str]:
    """`-i x,y -o z`: names given to another language and taken back from it."""
    statements = []
    for option, names in _EXCHANGE.findall(rest):
        each = [name for name in names.split(",") if name.isidentifier()]
        statements += [reading(*each)] if "i" in option else [f"{name} = None" for name in each]
    return statements


def _parses(text: str, mode: str) -> bool:
    try:
        parse(text.strip(), mode)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
