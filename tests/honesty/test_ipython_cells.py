"""Cells in IPython's syntax: the table of magics, and IPython's own translator as the judge of the rest."""

from __future__ import annotations

import ast

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from jupyter_mlops.honesty import analyse_cell

# source, names read from outside, names written, what is told as unseen
MAGICS = [
    ("%time x = f(y)", "f y", "x", ""),
    ("if a:\n    %time x = f(y)\nelse:\n    !ls", "a f y", "x", ""),
    ("%timeit x = f(y)", "f y", "", ""),
    ("%timeit -n 10 -r3 -q x.append(y)", "x y", "x", ""),
    ("r = %timeit -o f(y)", "f y", "r", ""),
    ("t = %time f(y)", "f y", "t", ""),
    ("%prun -l 7 f(x)", "f x", "", ""),
    ("%%time\nx = y", "y", "x", ""),
    ("\n\n%%time a = b\nx = a", "b", "a x", ""),
    ("%%timeit a = b\nc = a + d", "b d", "", ""),
    ("%%capture out --no-stderr\nx = y", "y", "x out", ""),
    ("%%capture\n%%time\n!ls {p}\nx = 1", "p", "x", ""),
    ("%%bash\nx=1; echo $y", "", "", ""),
    ("%%bash --out o --err e\necho", "", "o e", ""),
    ("%%bash -s {a} \"$b\"\necho", "a b", "", ""),
    ("%%python\nx = y", "", "", ""),
    ("%%writefile {p}.py\nx = y", "p", "", ""),
    ("%%html\n<b>", "", "", ""),
    ("%%sql\nselect 1", "", "", "%%sql"),
    ("%%R -i a,b -o c\nx", "a b", "c", "%%R"),
    ("%%mlops track\nx = y", "y", "x", ""),
    ("x = !ls {path} $d", "path d", "x", ""),
    ("a, b = !ls", "", "a b", ""),
    ("x.y = !ls", "x", "x", ""),
    ("x = %env HOME", "", "x", ""),
    ("!echo {x:>{w}} $y.z $$n '$q' {{k}}", "x w y", "", ""),
    ("!awk '{print $1}' $x", "", "", ""),
    ("!echo {a} \\\n  {b}\nx = 1", "a b", "x", ""),
    ("!echo \"(\"\nx = y", "y", "x", ""),
    ("!!ls {a}", "a", "", ""),
    ("%cd {d}\nx = 1", "d", "x", ""),
    ("%matplotlib inline\nimport a", "", "a", ""),
    ("%run s.py {a}", "a", "", "%run"),
    ("%store x", "x", "", ""),
    ("%store -r x", "", "x", ""),
    ("%store -r", "", "", "%store -r"),
    ("%load_ext q", "", "", "%load_ext"),
    ("%xdel x", "", "", ""),
    ("x?", "x", "", ""),
    ("?x", "x", "", ""),
    ("a = 1\nx.y[0]??\nb = a", "x", "a b", ""),
    ("*int*?", "", "", ""),
    ("%time?", "", "", ""),
    ("/f a b", "f a b", "", ""),
    (",f a b", "f", "", ""),
    ("cd foo", "", "", ""),
    ("pip install x", "", "", ""),
    (">>> x = 1\n>>> y = x\n... z = y", "", "x y z", ""),
    ("In [1]: x = y", "y", "x", ""),
    ("    x = y\n    !ls", "y", "x", ""),
    ("s = '''\n%time x = 1\n'''\n!ls\nt = (\n1\n% u)", "u", "s t", ""),
    ("s = f(\"\\\\\", '#(', y) # (\n%time x = s", "f y", "s x", ""),
    ("def f():\n    !echo {g}\n    return h\nf()", "g h", "f", ""),
    ("await f(x)\n%pwd", "f x", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("source", "reads", "writes", "unseen"), MAGICS)
def test_a_cell_with_magics_reads_and_writes(source: str, reads: str, writes: str, unseen: str) -> None:
    names = analyse_cell(source)
    assert not names.unknown
    assert (set(names.reads), set(names.writes)) == (set(reads.split()), set(writes.split()))
    assert ", ".join(names.unseen) == unseen


@pytest.mark.parametrize(
    "source", [source for source, *_ in MAGICS if source not in {"cd foo", "pip install x"}]
)
def test_the_table_is_of_cells_that_ipython_understands(source: str) -> None:
    ast.parse(TransformerManager().transform_cell(source))


def test_a_magic_deletes_what_it_deletes() -> None:
    assert analyse_cell("%xdel x").deletes == {"x"}


def test_nothing_of_the_translation_is_reported() -> None:
    names = analyse_cell("%%timeit\nx = y\ng = lambda: x")
    assert not names.writes
    assert not names.functions
    assert names.reads == {"y"}


@pytest.mark.parametrize(
    "source", ["%time (", "%%time\n(", "%%timeit (\nx", "x = %time (", "!ls {", "%%capture\n" * 50]
)
def test_damaged_magics_do_not_raise(source: str) -> None:
    analyse_cell(source)


def test_of_the_magics_lines_only_broken_python_is_unknown() -> None:
    assert not analyse_cell("%time (").unknown
    assert analyse_cell("%%time\n(").unknown
