"""Which data frames and arrays a cell binds or shows: their kind, shape and schema.

Found among the notebook's names by their classes: nothing is imported, and no value is read. A frame is told
when its name is new, is bound to another object, or the frame's shape or schema has changed. The schema is
looked at anew only where the cell's text has the name in it.
"""

from __future__ import annotations

import hashlib
import operator
import re
import sys
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jupyter_mlops.capture.kernel.schemas import DESCRIBED, Kind

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

    from jupyter_mlops.capture.facts import Frame

MAX_FRAMES = 20
MAX_COLUMNS = 100
_LIBRARIES = ("numpy", "pyarrow", "polars", "pandas")
_UNSEEN = object()
_WORD = re.compile(r"\w+")
_MAX_CLASSES = 10_000


class DataFrames:
    """`frames`: name, kind, shape, columns with types, and a hash of the schema; of what changed in the cell.

    The frame that is the cell's value is told as `shown`, its name None unless it is bound to one. What
    `display(frame)` shows is not seen.

    Args:
        ip: the shell.
        hashed: whether the content is hashed as well (`content_hash`, by `hash_method`): reads all of it.
    """

    def __init__(self, ip: InteractiveShell, *, hashed: bool) -> None:
        self._ip = ip
        self._hashed = hashed
        self._kinds: dict[type, Kind | None] = {}
        self._known: dict[str, _Known] = {}
        self._names: dict[str, None] = {}
        self._last_name: str | None = None

    def begin(self, frame: Frame) -> None:
        """Nothing: what is known of the names is from the last cell."""

    def end(self, frame: Frame, begun: None, result: ExecutionResult | None) -> dict[str, Any]:  # noqa: ARG002
        """The frames bound, changed or shown since the last cell."""
        if not any(library in sys.modules for library in _LIBRARIES):
            return {}
        known: dict[str, _Known] = {}
        facts: list[dict[str, Any]] = []
        shown = getattr(result, "result", None)
        words: set[str] | None = None
        for name, kind, value in self._frames():
            if words is None:
                words = set(_WORD.findall(frame.source))
            now = self._known.get(name)
            try:
                changed = now is None or not now.still_holds(value, with_schema=name in words)
                if now is None or changed:
                    now = _Known(kind, value)
                known[name] = now
                if changed or value is shown:
                    self._tell(facts, frame, kind, name, value, now)
                if value is shown:
                    facts[-1]["shown"], shown = True, None
            except Exception:  # noqa: BLE001 - a class of the user's, whose shape cannot be told
                frame.drop("frames")
        self._known = known
        shown_kind = None if shown is None else self._kind(shown)
        if shown_kind is not None:
            self._tell(facts, frame, shown_kind, None, shown, _Known(shown_kind, shown))
            facts[-1]["shown"] = True
        frame.drop("frames", len(facts) - MAX_FRAMES)
        return {"frames": facts[-MAX_FRAMES:]} if facts else {}

    def _frames(self) -> list[tuple[str, Kind, Any]]:
        """The names that are bound to frames, with their kinds and values."""
        found = []
        names = self._ip.user_ns
        for name in self._public_names():
            value = names.get(name)
            kind = self._kind(value)
            if kind is not None:
                found.append((name, kind, value))
        return found

    def _public_names(self) -> list[str]:
        """All names but IPython's own, of which each cell makes two more: only the new ones are looked at."""
        names = list(self._ip.user_ns)  # in the order in which they were bound first
        fresh = []
        for name in reversed(names):
            if name == self._last_name:
                break
            if name[:1] != "_":
                fresh.append(name)
        else:
            self._names.clear()
        self._last_name = names[-1] if names else None
        self._names.update(dict.fromkeys(reversed(fresh)))
        return list(self._names)

    def _kind(self, value: object) -> Kind | None:
        found = self._kinds.get(type(value), _UNSEEN)
        if found is _UNSEEN:
            if len(self._kinds) >= _MAX_CLASSES:  # a notebook that makes classes without end
                self._kinds.clear()
            found = self._kinds[type(value)] = _kind_of(type(value))
        return found  # type: ignore[return-value]

    def _tell(
        self, facts: list[dict[str, Any]], frame: Frame, kind: Kind, name: str | None, value: Any, now: _Known
    ) -> None:
        columns = now.schema[:MAX_COLUMNS]
        fact: dict[str, Any] = {
            "name": name,
            "kind": kind.name,
            "shape": [int(size) for size in now.shape],
            "columns": columns,
            "schema_hash": now.schema_hash(),
        }
        frame.drop("columns", len(now.schema) - MAX_COLUMNS)
        facts.append(fact)
        if self._hashed:
            from jupyter_mlops.capture.kernel import frame_hashes

            try:
                fact["content_hash"], fact["hash_method"] = frame_hashes.hash_content(kind.name, value)
            except Exception:  # noqa: BLE001 - objects that cannot be hashed
                frame.drop("content_hash")


class _Known:
    """What was known of a name after a cell."""

    __slots__ = ("_axes", "_kind", "_ref", "_types", "schema", "shape")

    def __init__(self, kind: Kind, value: Any) -> None:
        self._ref: Callable[[], Any] = weakref.ref(value)
        self._kind = kind
        self._axes = [weakref.ref(axis) for axis in kind.axes(value)] if kind.axes else []
        self._types = kind.types(value) if kind.types else []
        self.shape: tuple[int, ...] = value.shape
        self.schema = kind.schema(value)

    def still_holds(self, value: Any, *, with_schema: bool) -> bool:
        """Whether the name is bound to the same object, and that has the same shape, and schema if asked."""
        kind = self._kind
        if self._ref() is not value:
            return False
        if kind.axes is None and self.shape != value.shape:
            return False
        if kind.axes and not all(map(operator.is_, [ref() for ref in self._axes], kind.axes(value))):
            return False
        if not with_schema:
            return True
        return self._types == kind.types(value) if kind.types else bool(self.schema == kind.schema(value))

    def schema_hash(self) -> str:
        text = "\n".join(f"{name}\0{type_}" for name, type_ in self.schema)
        return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _kind_of(cls: type) -> Kind | None:
    """What the class, or one that it derives from, is to us."""
    for base in cls.__mro__:
        module = getattr(base, "__module__", None)
        if isinstance(module, str):
            found = DESCRIBED.get((module.partition(".")[0], base.__name__))
            if found is not None:
                return found
    return None
