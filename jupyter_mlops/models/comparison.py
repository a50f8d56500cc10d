"""Two versions of a model side by side. No effects."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jupyter_mlops.errors import MlopsError
from jupyter_mlops.notebooks.code_cells import read_code_cells
from jupyter_mlops.notebooks.snapshots import SnapshotStore

_REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+(?:\[[^\]]*\])?)\s*(.*)$")


def compare_versions(a: Mapping[str, Any], b: Mapping[str, Any], code: str | None) -> dict[str, Any]:
    """What differs between two versions, as `VersionComparison` in the REST schema.

    Args:
        a: a version, as `ModelVersionPage`.
        b: another of the same model.
        code: the unified diff of their notebooks' code; None when one of them is unknown.
    """
    return {
        "name": a["name"],
        "a": a["version"],
        "b": b["version"],
        "params": pairs(a["params"], b["params"]),
        "metrics": pairs(a["metrics"], b["metrics"]),
        "data": pairs(_data(a["data"]), _data(b["data"])),
        "environment": [
            pair
            for pair in pairs(_requirements(a["requirements"]), _requirements(b["requirements"]))
            if pair["a"] != pair["b"]
        ],
        "code": code,
    }


def code_diff(snapshots: SnapshotStore, a: Mapping[str, Any], b: Mapping[str, Any]) -> str | None:
    """The unified diff of the code cells of two versions' notebooks as they ran; None when one is not there.

    Args:
        snapshots: where the copies of notebooks are.
        a: a version, as `ModelVersionPage`.
        b: another.
    """
    try:
        before, after = (_code(snapshots.read(str(version["snapshot_sha"] or ""))) for version in (a, b))
    except MlopsError:
        return None
    names = [f"version {version['version']}: {version['notebook'] or 'notebook'}" for version in (a, b)]
    return "\n".join(difflib.unified_diff(before, after, names[0], names[1], lineterm=""))


def pairs(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each name of both with the value of each, None where it has none; as `Difference`."""
    return [{"name": name, "a": a.get(name), "b": b.get(name)} for name in sorted({*a, *b})]


def _code(notebook: bytes) -> list[str]:
    """The lines of the code cells, each cell under a line of its own, so that a diff shows where it is."""
    lines = []
    for number, cell in enumerate(read_code_cells(notebook), 1):
        lines += [f"# cell {number}", *cell.source.splitlines(), ""]
    return lines


def _data(data: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What is known of the content of each: its hash, else its shape or size."""
    return {f"{entry['name']} ({entry['kind']})": _content(entry) for entry in data}


def _content(entry: Mapping[str, Any]) -> str:
    if entry.get("digest"):
        return str(entry["digest"])
    if entry.get("shape"):
        return " x ".join(map(str, entry["shape"]))
    return f"{entry['size_bytes']} bytes" if entry.get("size_bytes") is not None else "not known"


def _requirements(lines: Iterable[str]) -> dict[str, str]:
    found = {}
    for line in lines:
        match = _REQUIREMENT.match(line)
        name, version = match.groups() if match else (line, "")
        found[name.lower()] = version or "any"
    return found
