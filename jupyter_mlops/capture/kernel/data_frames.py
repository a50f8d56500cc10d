"""Which data frames and arrays a cell binds or shows: their kind, shape and schema.

Found among the notebook's names by their classes: nothing is imported, and no value is read. A frame is told
when its name is new, is bound to another object, or the frame's shape or schema has changed. The schema is
looked at anew only where the cell's text has the name in it.
"""

from __future__ import annotations

import hashlib
import sys
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jupyter_mlops.capture.kernel import files
from jupyter_mlops.capture.kernel.schemas import DESCRIBED, Kind, type_name

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

    from jupyter_mlops.capture.kernel.frame import Frame

MAX_FRAMES = 20
MAX_COLUMNS = 100
_LIBRARIES = ("numpy", "pyarrow", "polars", "pandas")
_UNSEEN: Any = object()
_MAX_CLASSES = 10_000
_MAX_SCHEMAS = 1000


class DataFrames:
    """`frames`: name, kind, shape, columns with types, and a hash of the schema; of what changed in the cell.

    The frame that is the cell's value is told as `shown`, its name None unless it is bound to one. What
    `display(frame)` shows is not seen.

    Args:
        ip: the shell.
        to_json: how a value is written without secrets.
        hashed: whether the content is hashed as well (`content_hash`, by `hash_method`): reads all of it.
    """

    def __init__(self, ip: InteractiveShell, to_json: Callable[[Any], str], *, hashed: bool) -> None:
        self._ip = ip
        self._to_json = to_json
        self._hashed = hashed
        self.idle_at = 0
        self._kinds: dict[type, Kind | None] = {}
        self._known: dict[str, _Known] = {}
        self._names: dict[str, str] = {}
        self._last_name: str | None = None
        self._schemas: dict[Any, _Schema] = {}
        self._environment_changes = files.environment_changes

    def end(self, frame: Frame, result: ExecutionResult | None) -> None:
        """Say on the frame which were bound, changed or shown since the last cell."""
        if self.idle_at >= 0:
            if not any(library in sys.modules for library in _LIBRARIES):
                self.idle_at = len(sys.modules)
                return
            self.idle_at = -1
        if self._environment_changes != files.environment_changes:  # what is a secret may have changed
            self._environment_changes = files.environment_changes
            self._schemas.clear()
            self._last_name = None
        known: dict[str, _Known] = {}
        told: list[str] = []
        shown = getattr(result, "result", None)
        self._find_names()
        names, kinds, source = self._ip.user_ns, self._kinds, frame.source
        for name, text in self._names.items():
            value = names.get(name)
            kind = kinds.get(type(value), _UNSEEN)
            if kind is _UNSEEN:
                kind = self._find_kind(type(value))
            if kind is None:
                continue
            try:
                now = self._known.get(name)
                changed = now is None or not now.still_holds(value, with_schema=name in source)
                if now is None or changed:
                    now = _Known(kind, value)
                known[name] = now
                if changed or value is shown:
                    told.append(self._tell(frame, now, value, text, shown=value is shown))
                if value is shown:
                    shown = None
            except Exception:  # noqa: BLE001 - a class of the user's, whose shape cannot be told
                frame.drop("frames")
        self._known = known
        kind = None if shown is None else self._find_kind(type(shown))
        if kind is not None:
            told.append(self._tell(frame, _Known(kind, shown), shown, "null", shown=True))
        if told:
            frame.drop("frames", len(told) - MAX_FRAMES)
            frame.data_frames = f"[{','.join(told[-MAX_FRAMES:])}]"

    def _find_names(self) -> None:
        """All names but IPython's own, of which each cell makes two more, and how they stand in the journal.

        Only the new ones are looked at.
        """
        fresh: list[str] = []
        last = None
        for name in reversed(self._ip.user_ns):  # from the one that was bound first the last time
            last = last or name
            if name == self._last_name:
                break
            if name[:1] != "_":
                fresh.append(name)
        else:
            self._names.clear()
        self._last_name = last
        for name in reversed(fresh):
            self._names[name] = self._to_json(name)

    def _find_kind(self, cls: type) -> Kind | None:
        found = self._kinds.get(cls, _UNSEEN)
        if found is _UNSEEN:
            if len(self._kinds) >= _MAX_CLASSES:  # a notebook that makes classes without end
                self._kinds.clear()
            found = self._kinds[cls] = _kind_of(cls)
        return found  # type: ignore[no-any-return]

    def _tell(self, frame: Frame, now: _Known, value: Any, name: str, *, shown: bool) -> str:
        """A frame in JSON, without secrets: that of its schema is kept, as schemas are few and come again."""
        schema = self._schema(now)
        frame.drop("columns", schema.left_out)
        more = ',"shown":true' if shown else ""
        if self._hashed:
            from jupyter_mlops.capture.kernel import frame_hashes

            try:
                digest, method = frame_hashes.hash_content(now.kind.name, value)
                more += f',"content_hash":"{digest}","hash_method":"{method}"'
            except Exception:  # noqa: BLE001 - objects that cannot be hashed
                frame.drop("content_hash")
        return (
            f'{{"name":{name},"kind":"{now.kind.name}",'
            f'"shape":[{",".join(map(str, now.shape))}],{schema.text}{more}}}'
        )

    def _schema(self, now: _Known) -> _Schema:
        try:
            key = (*now.names, *now.types)
            known = self._schemas.get(key)
        except TypeError:  # a type that cannot be hashed
            return _Schema(now, self._to_json)
        if known is None:
            if len(self._schemas) >= _MAX_SCHEMAS:
                self._schemas.clear()
            known = self._schemas[key] = _Schema(now, self._to_json)
        return known


class _Schema:
    """The columns and their types, as they stand in the journal."""

    __slots__ = ("left_out", "text")

    def __init__(self, now: _Known, to_json: Callable[[Any], str]) -> None:
        columns = list(zip(now.names, map(type_name, now.types), strict=False))
        whole = "\n".join(f"{name}\0{type_}" for name, type_ in columns)
        digest = hashlib.blake2b(whole.encode("utf-8", "replace"), digest_size=16).hexdigest()
        self.left_out = len(columns) - MAX_COLUMNS
        self.text = f'"columns":{to_json(columns[:MAX_COLUMNS])},"schema_hash":"{digest}"'


class _Known:
    """What was known of a name after a cell."""

    __slots__ = ("_axes", "_ref", "kind", "names", "shape", "types")

    def __init__(self, kind: Kind, value: Any) -> None:
        self.kind = kind
        self.names = kind.names(value)
        self.types = kind.types(value)
        self.shape: tuple[int, ...] = value.shape
        self._ref: Callable[[], Any] = weakref.ref(value)
        self._axes = [weakref.ref(axis) for axis in kind.axes(value)] if kind.axes else []

    def still_holds(self, value: Any, *, with_schema: bool) -> bool:
        """Whether the name is bound to the same object, and that has the same shape, and schema if asked."""
        kind = self.kind
        if self._ref() is not value:
            return False
        if kind.axes is None:
            if self.shape != value.shape:
                return False
        else:
            for ref, axis in zip(self._axes, kind.axes(value), strict=True):
                if ref() is not axis:
                    return False
        if not with_schema:
            return True
        return self.types == kind.types(value) and (kind.axes_name or self.names == kind.names(value))


def _kind_of(cls: type) -> Kind | None:
    """What the class, or one that it derives from, is to us."""
    for base in cls.__mro__:
        module = getattr(base, "__module__", None)
        if isinstance(module, str):
            found = DESCRIBED.get((module.partition(".")[0], base.__name__))
            if found is not None:
                return found
    return None
