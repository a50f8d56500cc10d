"""A model's requirements, each pinned: what is built from them tomorrow is what was built today."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

_PINNED = re.compile(r"===?\s*[\w.!+-]+")
_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(\[[^\]]*\])?\s*(.*)")
_SERVES = "mlflow"


@dataclass(frozen=True)
class PinnedRequirements:
    """Requirements as pip takes them.

    Attributes:
        lines: a requirement each.
        pinned_here: those that the model left open, pinned to what this environment has.
        open: those that cannot be pinned, as they are not installed here either, or are no package index's.
    """

    lines: tuple[str, ...]
    pinned_here: tuple[str, ...]
    open: tuple[str, ...]


def pin_requirements(given: Iterable[str]) -> PinnedRequirements:
    """Pin what a model requires, and MLflow, which serves it."""
    lines: list[str] = []
    here: list[str] = []
    left: list[str] = []
    for text in (line.partition("#")[0].strip() for line in given):
        if not text:
            continue
        pinned = _pinned(text)
        if pinned is None:
            left.append(text)
        elif pinned != text:
            here.append(pinned)
        lines.append(pinned or text)
    if not any(_name(line) == _SERVES for line in lines):
        lines.insert(0, f"{_SERVES}=={version(_SERVES)}")
    return PinnedRequirements(tuple(lines), tuple(here), tuple(left))


def _pinned(text: str) -> str | None:
    """The line itself if it is pinned, else pinned to what is installed; None when that is not known."""
    requirement, _, marker = text.partition(";")
    if text.startswith("-") or "://" in text or " @ " in text:
        return None
    if _PINNED.search(requirement):
        return text
    found = _NAME.fullmatch(requirement.strip())
    if found is None:
        return None
    try:
        installed = version(found[1]).partition("+")[0]
    except PackageNotFoundError:
        return None
    return f"{found[1]}{found[2] or ''}=={installed}" + (f"; {marker.strip()}" if marker else "")


def _name(line: str) -> str:
    found = _NAME.match(line)
    return found[1].lower() if found else ""
