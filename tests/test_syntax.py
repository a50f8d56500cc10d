"""Python's parser, asked by many threads at once."""

from __future__ import annotations

import ast
import gc
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from jupyter_mlops.syntax import parse, read_literal

SOURCE = "\n".join(f"x{n} = [a.b(c, d={{'k': {n}}}) for a in range({n}) if a > {n}]" for n in range(300))


class Node:
    """Garbage whose end runs Python: a thread's turn may end in the middle of the parser there."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        sum(range(2000))


@pytest.fixture(autouse=True)
def many_turns() -> Iterator[None]:
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-5)
    gc.set_threshold(50)
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)


def parse_by_many(parse_one: Callable[[str], Any]) -> list[BaseException]:
    start = threading.Barrier(4)

    def work() -> BaseException | None:
        start.wait()
        try:
            for _ in range(15):
                Node()
                parse_one(SOURCE)
        except SystemError as error:
            return error
        return None

    with ThreadPoolExecutor(4) as threads:
        ended = [threads.submit(work) for _ in range(4)]
        return [error for one in ended if (error := one.result()) is not None]


def test_threads_that_parse_at_once_do_not_fail_each_other() -> None:
    assert parse_by_many(parse) == []


def test_somebody_elses_turn_in_between_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = [SystemError("AST constructor recursion depth mismatch"), ast.Module([], [])]

    def parse_of_python(*_: Any, **__: Any) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(ast, "parse", parse_of_python)
    assert isinstance(parse("x"), ast.Module)


def test_warnings_are_held_back_and_their_filters_stay_as_they_were() -> None:
    before = list(warnings.filters)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parse(r"'\d'")
    assert parse_by_many(lambda _: parse(r"'\d'")) == []
    assert list(warnings.filters) == before


@pytest.mark.parametrize(("text", "value"), [(" [1, -2.5]", [1, -2.5]), ("{'a': None}", {"a": None})])
def test_a_literal_is_read(text: str, value: object) -> None:
    assert read_literal(text) == value


@pytest.mark.parametrize("text", ["a", "f()", "1 +", "  "])
def test_what_is_no_literal_is_refused(text: str) -> None:
    with pytest.raises((ValueError, SyntaxError)):
        read_literal(text)
