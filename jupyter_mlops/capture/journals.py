"""Reading journals: from bytes to records, without effects.

A journal may end in a torn line (its kernel was killed while writing) and may hold a damaged one (the disk
was full); the first is left for later, the second is counted and skipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from jupyter_mlops.capture.cell_identity import hash_source

FACTS = ("files", "imports", "frames", "gpu", "mlflow", "rss_bytes", "dropped", "hook_ns", "hook_errors")
KEY_KINDS = frozenset({"id", "tag", "source"})
END_STATES = frozenset({"ok", "error", "interrupted"})
_DAMAGE = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
_UNSTORABLE = re.compile(rb"\\u0000|\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class SessionRecord:
    """A kernel began to record."""

    session_id: str
    kernel_id: str | None
    pid: int | None
    host: str | None
    started_at: datetime
    runner: str
    root: str | None
    notebook_path: str | None
    run_id: str | None
    attempt_id: str | None
    facts: dict[str, Any]


@dataclass(frozen=True)
class BeginRecord:
    """A cell is about to run."""

    exec_id: str
    session_id: str
    seq: int
    msg_id: str | None
    started_at: datetime
    cell_id: str | None
    cell_key: str
    key_kind: str
    tags: list[str]
    notebook_path: str | None
    execution_count: int | None
    source_sha: str
    source: str | None


@dataclass(frozen=True)
class EndRecord:
    """A cell ran."""

    exec_id: str
    ended_at: datetime
    duration_s: float
    execution_count: int | None
    status: str
    error_name: str | None
    error_message: str | None
    stdout_bytes: int
    stderr_bytes: int
    outputs: list[dict[str, Any]]
    cpu_s: float | None = None
    memory_peak_bytes: int | None = None
    traceback: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)


Record = SessionRecord | BeginRecord | EndRecord


@dataclass(frozen=True)
class Chunk:
    """What a stretch of a journal held: its records, their size in bytes, how many lines were damaged."""

    records: list[Record]
    size: int
    corrupt_lines: int


def parse_chunk(data: bytes) -> Chunk:
    """Parse the whole lines of `data`; a last line without its newline is not counted in the size."""
    size = data.rfind(b"\n") + 1
    records: list[Record] = []
    corrupt = 0
    for line in data[:size].split(b"\n"):
        if not line.strip():
            continue
        try:
            record = parse_line(line)
        except _DAMAGE:
            corrupt += 1
            continue
        if record is not None:
            records.append(record)
    return Chunk(records, size, corrupt)


def parse_line(line: bytes) -> Record | None:
    """One record; None for a nested `run_cell` (as `%%capture` makes), which is a part of its cell's
    execution and not one of a cell, and for a kind of line that a newer recorder writes.

    Raises:
        ValueError: the line is damaged; so say TypeError and the others of `_DAMAGE`.
    """
    values = json.loads(line)
    if not isinstance(values, dict):
        raise TypeError("a line of a journal is an object")
    parse = None if values.get("parent_exec_id") else _PARSERS.get(values["ph"])
    if parse is None:
        return None
    if parse is _parse_begin and "source_sha" not in values:  # of the text as it was, before it is cleaned
        values["source_sha"] = hash_source(_text(values["source"]))
    return parse(_clean(values) if _UNSTORABLE.search(line) else values)


def _parse_session(values: dict[str, Any]) -> SessionRecord:
    known = {"v", "ph", "start", *SessionRecord.__dataclass_fields__}
    return SessionRecord(
        session_id=_id(values["session_id"]),
        kernel_id=_text_or_none(values.get("kernel_id")),
        pid=_int_or_none(values.get("pid")),
        host=_text_or_none(values.get("host")),
        started_at=_moment(values["start"]),
        runner=_text_or_none(values.get("runner")) or "other",
        root=_text_or_none(values.get("root")),
        notebook_path=_text_or_none(values.get("notebook_path")),
        run_id=_text_or_none(values.get("run_id")),
        attempt_id=_text_or_none(values.get("attempt_id")),
        facts={name: value for name, value in values.items() if name not in known},
    )


def _parse_begin(values: dict[str, Any]) -> BeginRecord:
    return BeginRecord(
        exec_id=_id(values["exec_id"]),
        session_id=_id(values["session_id"]),
        seq=int(values["seq"]),
        msg_id=_text_or_none(values.get("msg_id")),
        started_at=_moment(values["t0"]),
        cell_id=_text_or_none(values.get("cell_id")),
        cell_key=_text(values["cell_key"]),
        key_kind=_one_of(values["key_kind"], KEY_KINDS),
        tags=[_text(tag) for tag in values.get("tags") or ()],
        notebook_path=_text_or_none(values.get("notebook_path")),
        execution_count=_int_or_none(values.get("execution_count")),
        source_sha=_id(values["source_sha"]),
        source=_text_or_none(values.get("source")),
    )


def _parse_end(values: dict[str, Any]) -> EndRecord:
    error = values.get("error") or {}
    return EndRecord(
        exec_id=_id(values["exec_id"]),
        ended_at=_moment(values["t1"]),
        duration_s=int(values["duration_ns"]) / 1e9,
        execution_count=_int_or_none(values.get("execution_count")),
        status=_one_of(values["status"], END_STATES),
        error_name=_text_or_none(error.get("type")),
        error_message=_text_or_none(error.get("message")),
        stdout_bytes=int(values.get("stdout_bytes", 0)),
        stderr_bytes=int(values.get("stderr_bytes", 0)),
        outputs=[_output(output) for output in values.get("outputs") or ()],
        cpu_s=_float_or_none(values.get("cpu_s")),
        memory_peak_bytes=_int_or_none(values.get("memory_peak_bytes")),
        traceback=_text_or_none(values.get("traceback")),
        facts={name: values[name] for name in FACTS if values.get(name) is not None},
    )


def _output(output: dict[str, Any]) -> dict[str, Any]:
    known = {"mime": _text(output["mime"]), "bytes": int(output["bytes"])}
    return {**known, "hash": _text(output["hash"])} if output.get("hash") else known


_PARSERS: dict[str, Callable[[dict[str, Any]], Record]] = {
    "S": _parse_session,
    "B": _parse_begin,
    "E": _parse_end,
}


def _clean(value: Any) -> Any:
    """Without what no database takes: NUL (PostgreSQL) and lone surrogates (any)."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(item) for name, item in value.items()}
    return value


def _moment(nanoseconds: Any) -> datetime:
    return _EPOCH + timedelta(microseconds=int(nanoseconds) // 1000)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def _int_or_none(value: Any) -> int | None:
    return None if value is None else int(value)


def _float_or_none(value: Any) -> float | None:
    return None if value is None else float(value)


def _id(value: Any) -> str:
    if not 0 < len(_text(value)) <= 32:
        raise ValueError(f"{value!r} is no id")
    return _text(value)


def _one_of(value: Any, allowed: frozenset[str]) -> str:
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {sorted(allowed)}")
    return _text(value)
