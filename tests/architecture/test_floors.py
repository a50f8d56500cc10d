"""The house: a floor imports only floors below it, and each library is known behind its own door only."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import jupyter_mlops

PACKAGE = Path(jupyter_mlops.__file__).parent
GROUND, BOUNDARIES, SERVICES, FACES = range(4)
# The longest name that a module begins with counts.
FLOORS = {
    "": GROUND,  # the package itself: its version, and entry points that import at their call
    "_version": GROUND,
    "errors": GROUND,
    "ids": GROUND,
    "lean_imports": GROUND,
    "loopback": GROUND,
    "moments": GROUND,
    "plugins": GROUND,
    "readable": GROUND,
    "store": GROUND,
    "syntax": GROUND,
    "database_errors": GROUND,
    "capture.kernel": GROUND,
    "capture.recorder": GROUND,
    "capture.cell_identity": GROUND,
    "capture.facts": GROUND,
    "capture.journal_lock": GROUND,
    "capture.options": GROUND,
    "capture.redaction": GROUND,
    "capture.repository": GROUND,
    "config": BOUNDARIES,
    "notebooks": BOUNDARIES,
    "tracking": BOUNDARIES,
    "capture": SERVICES,
    "honesty": SERVICES,
    "housekeeping": SERVICES,
    "jobs": SERVICES,
    "models": SERVICES,
    "notifications": SERVICES,
    "runs": SERVICES,
    "secrets": SERVICES,
    "cli": FACES,
    "doctor": FACES,
    "experiments": FACES,
    "interface": FACES,
    "magics": FACES,
    "notebook_record": FACES,
    "server": FACES,
    "widgets": FACES,
    "workspace": FACES,
}
# Which library is known where: a path's beginning.
DOORS = {
    "tornado": ("server/",),
    "jupyter_server": ("server/", "doctor.py"),
    "click": ("cli/",),
    "ipywidgets": ("widgets/",),
    "alembic": ("store/",),
    "papermill": ("runs/",),
    "nbclient": ("runs/",),
    "mlflow": ("tracking/",),
    "apprise": ("notifications/",),
}
# Imports nothing of MLflow before somebody else has, as it patches it in the user's kernel.
MLFLOW_HOOKS = (
    "capture/kernel/mlflow_hooks.py",
    "capture/kernel/sklearn_saving.py",
    "capture/kernel/mlflow_notes.py",
)


@cache
def sources() -> list[tuple[str, ast.Module]]:
    paths = sorted(PACKAGE.rglob("*.py"))
    return [(path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text("utf-8"))) for path in paths]


def module_name(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".").removesuffix("__init__").rstrip(".")


def imports_of(path: str, tree: ast.Module) -> Iterator[str]:
    """Every module imported anywhere in a file, relative imports made absolute; typing-only ones left out."""
    package = ["jupyter_mlops", *path.split("/")[:-1]]
    for node in walk_running(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            yield module
            yield from (f"{module}.{name.name}" for name in node.names if is_module(f"{module}.{name.name}"))


def walk_running(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from walk_running(node)


def is_module(name: str) -> bool:
    path = PACKAGE.parent / name.replace(".", "/")
    return name.startswith("jupyter_mlops.") and (path.with_suffix(".py").exists() or path.is_dir())


def floor(module: str) -> int:
    known = [name for name in FLOORS if module == name or module.startswith(f"{name}.") or not name]
    found = max(known, key=len)
    assert found or not module, f"{module} has no floor yet: give it one in FLOORS"
    return FLOORS[found]


def test_a_floor_imports_only_floors_below_it() -> None:
    wrong = []
    for path, tree in sources():
        if path == "__init__.py":
            continue
        for imported in imports_of(path, tree):
            if imported.split(".")[0] != "jupyter_mlops":
                continue
            inner = imported.removeprefix("jupyter_mlops").lstrip(".")
            if inner == "capture" and floor(module_name(path)) < SERVICES:
                continue  # `from jupyter_mlops.capture import recorder`: the module itself is checked too
            if floor(inner) > floor(module_name(path)):
                wrong.append(f"{path} imports {imported}")
    assert wrong == []


@pytest.mark.parametrize("library", sorted(DOORS))
def test_a_library_is_known_only_behind_its_door(library: str) -> None:
    strangers = [
        path
        for path, tree in sources()
        if any(imported.split(".")[0] == library for imported in imports_of(path, tree))
        and not path.startswith(DOORS[library])
        and not (library == "mlflow" and path in MLFLOW_HOOKS)
    ]
    assert strangers == []


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a statement brings into a fresh interpreter."""
    code = f"import sys, json; before = set(sys.modules)\n{statement}\n"
    code += "print(json.dumps(sorted({name.split('.')[0] for name in set(sys.modules) - before})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_recorder_brings_only_the_standard_library_into_a_kernel() -> None:
    foreign = loaded_by("import jupyter_mlops.capture.recorder") - sys.stdlib_module_names
    assert foreign == {"jupyter_mlops"}


@pytest.mark.parametrize(
    "entry",
    [
        "import jupyter_mlops; jupyter_mlops._jupyter_labextension_paths()",
        "from jupyter_mlops.runs.engine_entry import MlopsEngine",
    ],
)
def test_what_others_import_at_their_own_start_costs_nothing(entry: str) -> None:
    assert loaded_by(entry) - sys.stdlib_module_names == {"jupyter_mlops"}


def test_the_server_extension_loads_no_heavy_library() -> None:
    heavy = {"mlflow", "papermill", "pandas", "numpy", "sklearn", "nbclient", "alembic", "IPython", "pyarrow"}
    point = "import jupyter_mlops; jupyter_mlops._jupyter_server_extension_points()"
    baseline = loaded_by("import jupyter_server.serverapp")
    assert (loaded_by(point) - baseline) & heavy == set()


def test_no_file_has_become_several() -> None:
    """A file past 400 lines is asked whether it is two."""
    long = {
        path: lines for path in PACKAGE.rglob("*.py") if (lines := len(path.read_text().splitlines())) > 400
    }
    assert long == {}
