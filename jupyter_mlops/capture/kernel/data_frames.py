"""Which data frames and arrays a cell binds or shows: their kind, shape and schema.

Found among the notebook's names by their classes: nothing is imported, and no value is read. A frame is told
when its name is new, is bound to another object, or the frame's shape or schema has changed. The schema is
looked at anew only where the cell's text has the name in it.
"""

from __future__ import annotations

import hashlib
import re
import sys
import weakref
from typing import TYPE_CHECKING, Any

from jupyter_mlops.capture.kernel.schemas import DESCRIBED, Kind, Schema

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
        for name, value in list(self._ip.user_ns.items()):
            if name[:1] == "_":  # IPython's own, a few more with every cell
                continue
            kind = self._kind(value)
            if kind is None:
                continue
            if words is None:
                words = set(_WORD.findall(frame.source))
            before = self._known.get(name)
            try:
                seen = name not in words and value is not shown
                if seen and before is not None and before.still_holds(value):
                    known[name] = before
                    continue
                now, changed = _look(kind, value, before)
                known[name] = now
                if changed or value is shown:
                    self._tell(facts, frame, kind, name, value, now)
                if value is shown:
                    facts[-1]["shown"], shown = True, None
            except Exception:  # noqa: BLE001 - a class of the user's, whose shape cannot be told
                frame.drop("frames")
        self._known = known
        kind = None if shown is None else self._kind(shown)
        if kind is not None:
            self._tell(facts, frame, kind, None, shown, _look(kind, shown, None)[0])
            facts[-1]["shown"] = True
        frame.drop("frames", len(facts) - MAX_FRAMES)
        return {"frames": facts[-MAX_FRAMES:]} if facts else {}

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
            "schema_hash": now.schema_hash,
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

    __slots__ = ("ref", "schema", "schema_hash", "shape")

    def __init__(self, ref: Any, shape: tuple[int, ...], schema: Schema) -> None:
        self.ref = ref
        self.shape = shape
        self.schema = schema
        text = "\n".join(f"{name}\0{type_}" for name, type_ in schema)
        self.schema_hash = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()

    def still_holds(self, value: Any) -> bool:
        """Whether the name is bound to the same object, and that has the same shape."""
        return self.ref() is value and bool(self.shape == value.shape)


def _look(kind: Kind, value: Any, before: _Known | None) -> tuple[_Known, bool]:
    """What is known of a value now, and whether that is news."""
    schema = kind.schema(value)
    if before is not None and before.still_holds(value) and before.schema == schema:
        return before, False
    return _Known(weakref.ref(value), value.shape, schema), True


def _kind_of(cls: type) -> Kind | None:
    """What the class, or one that it derives from, is to us."""
    for base in cls.__mro__:
        module = getattr(base, "__module__", None)
        if isinstance(module, str):
            found = DESCRIBED.get((module.partition(".")[0], base.__name__))
            if found is not None:
                return found
    return None
