"""Run a cell and see, instruction by instruction, which of the notebook's names it touches.

Instructions are watched, not a dictionary: `STORE_GLOBAL` and a class body's `LOAD_NAME` never ask a subclass
of dict. The values are `Value`s: everything can be done to them, and they know whether it changed them.
"""

from __future__ import annotations

import builtins
import dis
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

FILE = "<traced cell>"
MAX_INSTRUCTIONS = 20_000
_LOADS = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_GLOBALS"}
_STORES = {"STORE_NAME", "STORE_GLOBAL"}
_DELETES = {"DELETE_NAME", "DELETE_GLOBAL"}


class TooLongError(BaseException):
    """The cell has run long enough; no `except Exception` of its own stops this."""


class Value:
    """Answers every operation with another value; its truth is drawn by lot."""

    def __init__(self, lot: random.Random) -> None:
        self.__dict__.update(lot=lot, changed=False, size=lot.randint(0, 2))

    def _new(self, *_: Any, **__: Any) -> Value:
        return Value(self.lot)

    def _change(self, *_: Any) -> None:
        self.__dict__["changed"] = True

    def append(self, _: Any) -> None:
        self._change()

    def __iter__(self) -> Iterator[Value]:
        return iter([self._new() for _ in range(self.size)])

    def __bool__(self) -> bool:
        return self.lot.random() < 0.5

    def __enter__(self) -> Value:
        return self._new()

    def __exit__(self, *_: Any) -> bool:
        return False

    __add__ = __radd__ = __getitem__ = __getattr__ = __call__ = __lt__ = __gt__ = _new  # type: ignore[assignment]
    __setattr__ = __setitem__ = __delitem__ = __delattr__ = _change  # type: ignore[assignment]


@dataclass
class Trace:
    """What a cell did to the notebook's names.

    Attributes:
        reads: names whose value it did not make itself.
        writes: names it bound.
        changed: names whose value, not made by it, it changed in place.
        gone: names that it left without a value.
        ended_well: it ran to its end.
    """

    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    ended_well: bool = False


def trace_cell(source: str, names: list[str], seed: int) -> Trace:
    """Run a cell in a namespace that has a value for each of `names`, and the function `fresh`."""
    lot = random.Random(seed)
    outside = {name: Value(lot) for name in names}
    namespace: dict[str, Any] = {**outside, "fresh": lambda _: Value(lot)}
    namespace["__builtins__"] = {**vars(builtins), "__import__": lambda *_: Value(lot)}
    trace = Trace()
    code = compile(source, FILE, "exec", dont_inherit=True)
    sys.settrace(_tracer(trace, namespace, set(names)))
    try:
        exec(code, namespace)
        trace.ended_well = True
    except (Exception, TooLongError):  # noqa: BLE001 - the programs are random
        pass
    finally:
        sys.settrace(None)
    trace.changed = {name for name, value in outside.items() if value.changed}
    trace.gone = {name for name in {*outside, *trace.writes} if name not in namespace}
    return trace


def _tracer(trace: Trace, namespace: dict[str, Any], names: set[str]) -> Callable[..., Any]:
    touched: set[str] = set()
    instructions: dict[CodeType, dict[int, tuple[str, Any]]] = {}
    left = MAX_INSTRUCTIONS

    def watch(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename != FILE:
            return None
        frame.f_trace_opcodes = True
        if event != "opcode":
            return watch
        left -= 1
        if left < 0:
            raise TooLongError
        code = instructions.get(frame.f_code)
        if code is None:
            code = {each.offset: (each.opname, each.argval) for each in dis.get_instructions(frame.f_code)}
            instructions[frame.f_code] = code
        operation, name = code[frame.f_lasti]
        if operation in _LOADS:
            if _is_global(frame, operation, name) and name in names and name in namespace:
                trace.reads |= {name} - touched
        elif operation in _STORES and _is_global(frame, operation, name):
            trace.writes.add(name)
            touched.add(name)
        elif operation in _DELETES and _is_global(frame, operation, name):
            touched.add(name)
        return watch

    def _is_global(frame: FrameType, operation: str, name: str) -> bool:
        if operation.endswith("_GLOBAL") or frame.f_code.co_name == "<module>":
            return True
        return operation in _LOADS and name not in frame.f_locals

    return watch
