"""Which distribution, of which version, an imported package is: looked up where the kernel found it."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Any

_found: dict[tuple[str, float], dict[str, tuple[str, str]]] = {}


def name_distributions(imports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Imports as the kernel tells them, each with its `distribution` and `version` where they can be found.

    The folder of the kernel's packages may be on another host; then what the module said of itself stays.
    """
    return [_named(fact) for fact in imports]


def _named(fact: dict[str, Any]) -> dict[str, Any]:
    name, folder = str(fact.get("name")), str(fact.get("folder"))
    distribution, version = _packages(folder).get(name, (None, fact.get("version")))
    return {"name": name, "distribution": distribution, "version": version}


def _packages(folder: str) -> dict[str, tuple[str, str]]:
    """From each top-level module in a folder to its distribution and version; read again when it changes."""
    try:
        changed = Path(folder).stat().st_mtime
    except OSError:
        return {}
    if (folder, changed) not in _found:
        for old in [key for key in _found if key[0] == folder]:
            del _found[old]
        _found[folder, changed] = _read(folder)
    return _found[folder, changed]


def _read(folder: str) -> dict[str, tuple[str, str]]:
    packages: dict[str, tuple[str, str]] = {}
    for distribution in importlib.metadata.distributions(path=[folder]):
        try:
            named = (distribution.metadata["Name"], distribution.version)
            packages.update(dict.fromkeys(_top_level(distribution), named))
        except Exception:  # noqa: BLE001, S112 - half an installation, which pip too would stumble over
            continue
    return packages


def _top_level(distribution: importlib.metadata.Distribution) -> set[str]:
    declared = distribution.read_text("top_level.txt")
    if declared:
        return set(declared.split())
    record = distribution.read_text("RECORD")
    paths = [line.partition(",")[0].strip('"') for line in record.splitlines()] if record else None
    if paths is None:  # slower: it asks the disk for each of them
        paths = [file.as_posix() for file in distribution.files or []]
    first = {path.partition("/")[0].removesuffix(".py") for path in paths if path.endswith(".py")}
    return {name for name in first if name.isidentifier()}
