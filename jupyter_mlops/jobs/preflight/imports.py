"""The modules that a notebook imports, and which of them its kernel's environment does not have."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jupyter_mlops.jobs.preflight.findings import Finding
from jupyter_mlops.jobs.preflight.program import Statement

MAX_CACHED = 200
ALWAYS_THERE = frozenset(sys.stdlib_module_names) | {"__main__", "IPython"}
# Run by the kernel's own interpreter. What stands in the notebook's folder must not be imported by it: that
# is the user's code, so the folder comes into the search path when all that is needed has been imported.
PROBE = """
import sys
if sys.path and sys.path[0] in ("", "."): del sys.path[0]
import importlib.util, json
sys.path.insert(0, sys.argv[1])
def there(name):
    try: return importlib.util.find_spec(name) is not None
    except Exception: return True
print(json.dumps([[name for name in sys.argv[2:] if not there(name)], sys.path]))
"""


@dataclass(frozen=True)
class ImportedModule:
    """A top-level module that a notebook imports: for the first time here."""

    name: str
    statement: Statement

    @property
    def is_certain(self) -> bool:
        """Whether the run fails here when there is no such module."""
        where = self.statement
        made_before = re.search(rf"\b{re.escape(self.name)}\b", _without_imports(where.said))
        return where.always and where.paths_known and made_before is None


def imported_modules(program: Sequence[Statement]) -> list[ImportedModule]:
    """The modules of a program that are not Python's own; of several imports of one, the surest."""
    found: dict[str, ImportedModule] = {}
    for statement in program:
        for name in _names(statement.node):
            module = ImportedModule(name, statement)
            if name not in ALWAYS_THERE and (name not in found or not found[name].statement.always):
                found[name] = module
    return list(found.values())


def interpreter_of(argv: Sequence[str]) -> list[str] | None:
    """The Python interpreter of a kernelspec's command, with its options; None when there is none."""
    if not argv or "-m" not in argv or "python" not in Path(argv[0]).name.lower():
        return None
    first = sys.executable if argv[0] in _NATIVE else argv[0]  # as jupyter_client takes it
    options = list(argv[1 : argv.index("-m")])
    return [first, *options] if all(option.startswith("-") for option in options) else None


class ModuleFinder:
    """Asks interpreters which modules they have; answers are kept while the folders they looked in stay."""

    def __init__(self) -> None:
        self._answers: dict[tuple[object, ...], tuple[frozenset[str], dict[str, float | None]]] = {}

    def missing(
        self,
        interpreter: Sequence[str],
        names: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        timeout_s: float,
    ) -> frozenset[str]:
        """Those of the modules that cannot be found from this folder.

        Raises:
            OSError: the interpreter cannot be run.
            subprocess.SubprocessError: it failed, or took longer than `timeout_s` seconds.
            ValueError: it answered something else.
        """
        key = (tuple(interpreter), tuple(sorted(names)), str(folder), environment.get("PYTHONPATH"))
        kept = self._answers.get(key)
        if kept is not None and all(_changed_at(path) == at for path, at in kept[1].items()):
            return kept[0]
        done = subprocess.run(
            [*interpreter, "-c", PROBE, str(folder), *names],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=True,
            cwd=Path(sys.executable).anchor,
            env={**os.environ, **environment},
        )
        missing, searched = json.loads(done.stdout.splitlines()[-1])
        if len(self._answers) >= MAX_CACHED:
            self._answers.clear()
        answer = frozenset(missing)
        self._answers[key] = answer, {path: _changed_at(path) for path in searched}
        return answer


def module_finding(module: ImportedModule) -> Finding:
    """What is told of a module that was not found."""
    where, name = module.statement, module.name
    cell = f"cell {where.place.index + 1}"
    certain = module.is_certain
    return Finding(
        "import",
        f"The kernel's environment has no module {name!r}, which {cell} imports."
        if certain
        else f"The kernel's environment has no module {name!r}, which {cell} may import.",
        certain,
        subject=name,
        cell_index=where.place.index,
        cell_id=where.place.cell_id,
        hint=f"Install {_PACKAGES.get(name, name)} where the kernel runs.",
    )


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name.split(".")[0] for name in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        return [node.module.split(".")[0]]
    return []


def _without_imports(text: str) -> str:
    return re.sub(r"(?m)^\s*(?:from|import)\s.*$", "", text)


def _changed_at(path: str) -> float | None:
    try:
        return Path(path).stat().st_mtime
    except OSError:
        return None


_NATIVE = ("python", f"python{sys.version_info[0]}", "python" + ".".join(map(str, sys.version_info[:2])))
_PACKAGES = {
    "sklearn": "scikit-learn",
    "cv2": "opencv-python",
    "PIL": "pillow",
    "yaml": "pyyaml",
    "skimage": "scikit-image",
    "bs4": "beautifulsoup4",
    "dotenv": "python-dotenv",
}
