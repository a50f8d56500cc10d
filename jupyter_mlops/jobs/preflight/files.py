"""The files that a notebook reads by a literal path, and which of them are not there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from jupyter_mlops.jobs.preflight.findings import Finding
from jupyter_mlops.jobs.preflight.program import Statement, dotted, opens_for_reading, own_expressions

_FRAME_READERS = re.compile(r"read_(?:csv|table|json|excel|parquet|pickle|feather|stata|sas|fwf|orc|xml)$")
_ARRAY_READERS = frozenset({"load", "loadtxt", "genfromtxt", "fromfile"})
_PATH_READERS = frozenset({"read_text", "read_bytes"})
_NO_PATH = re.compile(r"[*?\[\]{}<>|\n\0]|://|^~|^[A-Za-z]:[\\/]")
MAX_PATH_CHARS = 500


def missing_files(program: Sequence[Statement], folder: Path) -> Iterator[Finding]:
    """What is told of the files that are not there; each path once.

    Args:
        program: the notebook's statements.
        folder: in which its kernel starts.
    """
    told: set[str] = set()
    for statement in program:
        for text in _paths_read(statement.node):
            if text in told or not _is_path(text) or _exists(folder / text):
                continue
            told.add(text)
            yield _finding(text, statement)


def _finding(text: str, statement: Statement) -> Finding:
    named_before = Path(text).name in statement.said
    certain = statement.always and statement.paths_known and statement.files_known and not named_before
    cell = f"Cell {statement.place.index + 1}"
    return Finding(
        "file",
        f"{cell} reads the file '{text}', which is not there."
        if certain
        else f"{cell} reads the file '{text}', which is not there now.",
        certain,
        subject=text,
        cell_index=statement.place.index,
        cell_id=statement.place.cell_id,
        hint="Paths are relative to the notebook's folder.",
    )


def _paths_read(node: ast.stmt) -> Iterator[str]:
    for expression in own_expressions(node):
        for call in ast.walk(expression):
            if isinstance(call, ast.Call) and (text := _path_read(call)) is not None:
                yield text


def _path_read(call: ast.Call) -> str | None:
    """The literal path that a call needs to be there; None when it is no such call."""
    parts = dotted(call.func)
    if parts == ("open",):
        return _literal(call) if opens_for_reading(call) else None
    if parts is not None and len(parts) == 2:
        module, function = parts
        if module in ("pd", "pandas", "pl", "polars", "gpd") and _FRAME_READERS.match(function):
            return _literal(call, "filepath_or_buffer", "path_or_buf", "io", "path")
        if module in ("np", "numpy") and function in _ARRAY_READERS:
            return _literal(call, "file", "fname")
        if (module, function) in (("plt", "imread"), ("joblib", "load")):
            return _literal(call, "fname", "filename")
    if isinstance(call.func, ast.Attribute) and call.func.attr in _PATH_READERS:
        made = call.func.value
        if isinstance(made, ast.Call) and dotted(made.func) in (("Path",), ("pathlib", "Path")):
            return _literal(made) if len(made.args) == 1 else None
    return None


def _literal(call: ast.Call, *names: str) -> str | None:
    value = call.args[0] if call.args else None
    if value is None:
        value = next((word.value for word in call.keywords if word.arg in names), None)
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _is_path(text: str) -> bool:
    return bool(text.strip()) and len(text) <= MAX_PATH_CHARS and _NO_PATH.search(text) is None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # it may not be looked at: nothing is known
        return True
