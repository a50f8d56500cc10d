"""What a cell in plain Python reads and writes, construct by construct."""

from __future__ import annotations

import sys

import pytest

from jupyter_mlops.honesty import analyse_cell

NEEDS_3_11 = pytest.mark.skipif(sys.version_info < (3, 11), reason="syntax of Python 3.11")
NEEDS_3_12 = pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")

# source, names read from outside, names written
READS_AND_WRITES = [
    ("", "", ""),
    ("# only a comment", "", ""),
    ("x = 1", "", "x"),
    ("x = y", "y", "x"),
    ("x = 1\ny = x", "", "x y"),
    ("x = x", "x", "x"),
    ("x: int = y", "y", "x"),
    ("x: T", "T", ""),
    ("x += 1", "x", "x"),
    ("x = 0\nx += y", "y", "x"),
    ("sum += 1", "sum", "sum"),
    ("a, (b, *c) = d", "d", "a b c"),
    ("a = b = c", "c", "a b"),
    ("print(len(x))", "x", ""),
    ("x.a = y", "x y", "x"),
    ("x[i] = y", "x i y", "x"),
    ("x[0].a[1] = 1", "x", "x"),
    ("x[0] += 1", "x", "x"),
    ("x[0] += (x := y)", "x y", "x"),
    ("x[0] = (x := y)", "y", "x"),
    ("x.a, y[0] = z", "x y z", "x y"),
    ("del x[0]", "x", "x"),
    ("del x.a", "x", "x"),
    ("x = []\nx.append(y)", "y", "x"),
    ("x.append(y)", "x y", "x"),
    ("x.setdefault(k, []).append(1)", "x k", "x"),
    ("x.a.update(y)", "x y", "x"),
    ("df.drop(columns='a', inplace=True)", "df", "df"),
    ("df.drop(columns='a', inplace=False)", "df", ""),
    ("df.head()", "df", ""),
    ("model.fit(X, y)", "model X y", "model"),
    ("w.add_(1)", "w", "w"),
    ("np.append(a, b)", "np a b", ""),
    ("import mod as m\nm.append(a)", "a", "m"),
    ("np.add(a, b, out=c)", "np a b c", "c"),
    ("random.shuffle(x)", "random x", "x"),
    ("setattr(x, 'a', 1)", "x", "x"),
    ("next(it)", "it", "it"),
    ("df.query('a > @limit and b < @high')", "df limit high", ""),
    ("import os", "", "os"),
    ("import os.path", "", "os"),
    ("import os.path as p", "", "p"),
    ("from a.b import c as d, e", "", "d e"),
    ("if a:\n    x = 1\nx", "a x", "x"),
    ("if a:\n    x = 1\nelse:\n    x = 2\nx", "a", "x"),
    ("if a:\n    x = 1\nelif b:\n    x = 2\nelse:\n    x = 3\nx", "a b", "x"),
    ("if a:\n    x = 1\nelif b:\n    x = 2\nx", "a b x", "x"),
    ("if a:\n    x = 1\nelse:\n    raise E\nx", "a E", "x"),
    ("for i in x:\n    y = i\ny", "x y", "i y"),
    ("for x.a in y:\n    pass", "x y", "x"),
    ("for i in x:\n    pass\nelse:\n    y = 1\ny", "x", "i y"),
    ("for i in x:\n    break\nelse:\n    y = 1\ny", "x y", "i y"),
    ("while x:\n    x = y\nx", "x y", "x"),
    ("with open(p) as f, g(f):\n    x = f\nx", "p g", "f x"),
    ("with suppress(E):\n    x = f()\nx", "suppress E f x", "x"),
    ("try:\n    x = f()\nexcept E as e:\n    x = e\nx", "f E", "x e"),
    ("try:\n    x = f()\nexcept E:\n    pass\nx", "f E x", "x"),
    ("try:\n    x = f()\nexcept E:\n    raise\nx", "f E", "x"),
    ("try:\n    x = f()\nfinally:\n    g(x)\nx", "f g x", "x"),
    ("try:\n    f()\nfinally:\n    x = 1\nx", "f", "x"),
    ("[x for x in y if x > z]", "y z", ""),
    ("[x for x in x]", "x", ""),
    ("{k: v for k, v in d.items() for w in v}", "d", ""),
    ("[f(z) for x in y if (z := x)]\nz", "y f z", "z"),
    ("[(lambda q: q + r + x)(x) for x in y]", "y r", ""),
    ("if (n := f(x)) > 1:\n    n", "f x", "n"),
    ("(a and (b := c))\nb", "a b c", "b"),
    ("(b := a) if c else (b := d)\nb", "a c d", "b"),
    ("a < (b := c) < (d := e)\nb, d", "a c e d", "b d"),
    ("g = lambda a, b=c: a + b + h", "c h", "g"),
    ("map(lambda a: a + h, x)\nh = 1", "h x", "h"),
    ("f'{x!r:>{w}} {y + 1}'", "x w y", ""),
    ("await x", "x", ""),
    ("async with a as b:\n    async for c in b:\n        d = c", "a", "b c d"),
    ("match x:\n    case [a, *b] if c:\n        pass", "x c", "a b"),
    ("match x:\n    case K(k=v) | {'k': v, **r}:\n        v", "x K", "v r"),
    ("match x:\n    case m.Y:\n        z = 1\n    case _:\n        z = 2\nz", "x m", "z"),
    ("match x:\n    case 1:\n        z = 1\nz", "x z", "z"),
    ("def f(a, b=c, *d: e, **g) -> h:\n    i = a\n    return i + b", "c e h", "f"),
    ("def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = x + 2\n    g()", "", "f"),
    ("def f():\n    return g()\ndef g():\n    return f()", "", "f g"),
    ("@d\ndef f(n):\n    return f(n - 1) + g", "d g", "f"),
    ("def f():\n    return x\nx = 1\nf()", "", "f x"),
    ("def f():\n    return x\nf()\nx = 1", "x", "f x"),
    ("def f():\n    return g()\ndef g():\n    return x\nf()\nx = 1", "x", "f g x"),
    ("def f():\n    global x\n    x = 1", "", "f"),
    ("def f():\n    global x\n    x = 1\nf()", "", "f x"),
    ("def f():\n    cache.append(1)\nf()", "cache", "f cache"),
    ("def f():\n    x = y\n    del x\n    [z for z in w]", "y w", "f"),
    ("def f():\n    import a.b, c as d\n    from e import g\n    return a, d, g", "", "f"),
    ("def f():\n    with a as b, c:\n        for d in b:\n            (e := d)\n    return e", "a c", "f"),
    ("class A(B, metaclass=M):\n    x = y\n    z = x", "B M y", "A"),
    ("class A:\n    x = 1\n    def f(self):\n        return x", "x", "A"),
    ("class A:\n    def f(self):\n        return A", "", "A"),
    ("class A:\n    if a:\n        x = 1\n    y = x", "a x", "A"),
    ("class A:\n    x = 1\n    del x\n    y = x", "x", "A"),
    ("class A:\n    def f(self):\n        return g\n    h = f(1)\ng = 1", "g", "A g"),
    ("class A:\n    @property\n    def f(s): ...\n    @f.setter\n    def f(s, v):\n        A.v = v", "", "A"),
    ("class A:\n    global x\n    x = 1\nx", "", "A x"),
    ("list = [1]\nlist", "", "list"),
    ("display(x)\nget_ipython()\n__name__", "x", ""),
    ("for _ in x:\n    pass\n_", "x _", "_"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "reads", "writes"), READS_AND_WRITES)
def test_a_cell_reads_and_writes(source: str, reads: str, writes: str) -> None:
    names = analyse_cell(source)
    assert not names.unknown
    assert (set(names.reads), set(names.writes)) == (set(reads.split()), set(writes.split()))


@NEEDS_3_11
def test_exception_groups_are_exceptions() -> None:
    names = analyse_cell("try:\n    x = f()\nexcept* E as e:\n    x = e\nx")
    assert (names.reads, names.writes, names.deletes) == ({"f", "E"}, {"x", "e"}, {"e"})


@NEEDS_3_12
def test_type_parameters_are_not_the_notebooks_names() -> None:
    names = analyse_cell("type P[T: B] = list[T] | Y\ndef f[T](a: T, b: D) -> T: ...\nclass K[T](G[T]): ...")
    assert names.reads == {"B", "D", "G", "Y"}
    assert names.writes == {"P", "f", "K"}
    assert names.deferred == {"Y"}


@pytest.mark.parametrize(
    ("source", "deletes"),
    [
        ("del x", "x"),
        ("x = 1\ndel x", "x"),
        ("del x\nx = 1", ""),
        ("del x, (y, z)", "x y z"),
        ("if a:\n    del x", "x"),
        ("if a:\n    del x\nx = 1", ""),
        ("try:\n    f()\nexcept E as e:\n    pass", "e"),
        ("try:\n    del x\n    f()\n    x = 1\nexcept E:\n    pass", "x"),
        ("for i in y:\n    del x\n    if i:\n        break\n    x = 1", "x"),
        ("def f():\n    global x\n    del x", ""),
        ("def f():\n    global x\n    del x\nf()", "x"),
        ("del x.a", ""),
    ],
)
def test_a_deleted_name_is_gone_unless_bound_again(source: str, deletes: str) -> None:
    assert analyse_cell(source).deletes == set(deletes.split())


def test_deleting_a_name_and_reading_it_reads_nothing_from_outside() -> None:
    assert analyse_cell("del x\nx").reads == set()


def test_a_name_that_the_cell_may_have_bound_is_read_uncertainly() -> None:
    assert analyse_cell("for i in x:\n    y = i\ny").uncertain == {"y"}
    assert analyse_cell("y += 1\ny").uncertain == set()


def test_what_an_unused_function_reads_is_deferred() -> None:
    source = "def f():\n    return x + k\nk = 2\ny = z"
    names = analyse_cell(source)
    assert (names.reads, names.deferred) == ({"x", "z"}, {"x"})
    assert names.functions["f"].reads == {"x", "k"}
    assert analyse_cell(source + "\nf()").deferred == set()


def test_the_functions_of_a_cell_say_what_they_read_and_write() -> None:
    names = analyse_cell(
        "def f():\n    global n\n    n += 1\n    print(n)\n"
        "g = lambda: a\n"
        "class C:\n    def m(self): return b\n    def k(self): return c"
    )
    assert names.functions["f"].writes == names.functions["f"].reads == {"n"}
    assert names.functions["g"].reads == {"a"}
    assert names.functions["C"].reads == {"b", "c"}


def test_builtins_are_named_apart() -> None:
    names = analyse_cell("print(sum(x))")
    assert (names.reads, names.builtins) == ({"x"}, {"print", "sum"})


def test_names_bound_by_imports_only_are_marked() -> None:
    names = analyse_cell("import a, b.c\nfrom d import e, f\nf = wrap(f)\nfrom g.h import *\nfrom . import i")
    assert names.imported == {"a", "b", "e", "i"}
    assert names.imports == {"a", "b.c", "d", "g.h", "."}
    assert names.star_imports == {"g.h"}


@pytest.mark.parametrize(
    ("source", "unseen"),
    [
        ("exec(code)", "exec"),
        ("globals()['x'] = 1", "globals"),
        ("vars(x)", ""),
        ("vars()", "vars"),
        ("df.eval('a')", ""),
        ("get_ipython().run_line_magic('run', 'a.py')", "run_line_magic"),
        ("Out[3] + _", "Out _"),
        ("_ = 1\n_", ""),
    ],
)
def test_what_hides_names_is_told(source: str, unseen: str) -> None:
    assert analyse_cell(source).unseen == set(unseen.split())


@pytest.mark.parametrize(
    "source",
    ["def f(:", "print 'python 2'", "x = = 1", "\0", "x = '\ud800'\n(", "(" * 5000, "-" * 100_000 + "1"],
)
def test_what_cannot_be_parsed_is_unknown_and_nothing_else(source: str) -> None:
    names = analyse_cell(source)
    assert names.unknown
    assert not names.reads | names.writes | names.deletes


@pytest.mark.parametrize(
    "source",
    [
        "x = " + " + ".join(f"a{i}" for i in range(900)),
        "if a0:\n    pass\n" + "".join(f"elif a{i}:\n    pass\n" for i in range(900)),
        "a0" + "".join(f".m(a{i})" for i in range(900)),
        "\n".join(f"if a{i}:\n    b{i} = 1" for i in range(900)),
    ],
)  # fmt: skip
def test_long_chains_are_read_to_their_end(source: str) -> None:
    names = analyse_cell(source)
    assert not names.unknown
    assert {"a0", "a899"} <= names.reads
