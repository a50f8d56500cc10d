"""Which installed packages a cell is the first of its session to import."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_mlops.capture.kernel.frame import Frame

MAX_PACKAGES = 200
_FOLDERS = {"site-packages", "dist-packages"}


class Packages:
    """`imports`: top-level modules new in the process that live in a folder of installed packages.

    Each with the version that the module says of itself, and where it lives; the ingester finds the
    distribution's name and version there, which would take milliseconds here.
    """

    def __init__(self) -> None:
        self._seen = _top_level()
        self.idle_at = len(sys.modules)

    def end(self, frame: Frame, result: object) -> dict[str, Any] | None:  # noqa: ARG002
        """The packages imported since the last cell ended."""
        self.idle_at = len(sys.modules)
        new = _top_level() - self._seen
        self._seen |= new
        found = [fact for fact in map(_fact, sorted(new)) if fact is not None]
        frame.drop("imports", len(found) - MAX_PACKAGES)
        return {"imports": found[:MAX_PACKAGES]} if found else None


def _top_level() -> set[str]:
    return {name for name in list(sys.modules) if "." not in name}


def _fact(name: str) -> dict[str, Any] | None:
    if name in sys.stdlib_module_names or name.startswith("_"):
        return None
    values = getattr(sys.modules.get(name), "__dict__", {})
    file = values.get("__file__")
    paths = values.get("__path__")
    if not isinstance(file, str) and not paths:
        return None
    package = os.path.dirname(file) if isinstance(file, str) else str(next(iter(paths or ())))  # noqa: PTH120
    folder = os.path.dirname(package) if paths else package  # noqa: PTH120
    if os.path.basename(folder) not in _FOLDERS:  # noqa: PTH119
        return None
    version = values.get("__version__")  # not getattr: a module may compute it by importing more
    return {"name": name, "version": version if isinstance(version, str) else None, "folder": folder}
