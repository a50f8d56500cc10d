"""Which notebook is meant, and of which root: from what people type.

What reads notebooks (nbformat: two CPU seconds with jsonschema's extras) is imported where it is needed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_mlops.errors import NotFoundError
from jupyter_mlops.notebooks.paths import resolve_notebook


@dataclass(frozen=True)
class NotebookPlace:
    """A notebook and the root that its jobs belong to.

    Attributes:
        notebook: relative to the root with forward slashes, or absolute when it is not below it.
    """

    root: Path
    notebook: str

    def parse_parameters(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Values from what was typed, in the types of the notebook's parameters.

        Raises:
            ParameterError: a text is no value of its parameter; unknown names are left to the submission.
            MlopsError: the notebook cannot be read.
        """
        from jupyter_mlops.notebooks.parameters import Parameter, infer_parameters, parse_value
        from jupyter_mlops.notebooks.read import read_notebook

        path = resolve_notebook(self.root, self.notebook)
        if not texts:
            return {}
        known = infer_parameters(read_notebook(path))
        return {name: parse_value(known.named(name) or Parameter(name), text) for name, text in texts.items()}


def locate_notebook(
    notebook: str | os.PathLike[str], root: str | os.PathLike[str] | None = None
) -> NotebookPlace:
    """A notebook's root: the one given, else the current folder when the notebook is below it, else its own.

    With a root given, the notebook may be relative to the current folder or to the root.

    Raises:
        NotFoundError: the root is no folder.
    """
    given = Path(os.path.abspath(Path(notebook).expanduser()))  # noqa: PTH100 - a link keeps its name
    if root is None:
        here = Path.cwd()
        real = given.resolve()
        if real.is_relative_to(here):
            return _place(here, given if given.is_relative_to(here) else real)
        return _place(real.parent, real)
    base = check_root(root)
    below = base / notebook
    return _place(base, below if not given.exists() and below.exists() else given)


@dataclass(frozen=True)
class Scope:
    """What a list is about: a root (None: all), and a notebook of it (None: all)."""

    root: Path | None
    notebook: str | None = None

    @classmethod
    def of(
        cls,
        notebook: str | os.PathLike[str] | None,
        root: str | os.PathLike[str] | None,
        all_roots: bool,
    ) -> Scope:
        """From what was typed; without anything, the current folder.

        Raises:
            NotFoundError: the root is no folder.
        """
        if notebook is not None:
            place = locate_notebook(notebook, root)
            return cls(None if all_roots else place.root, place.notebook)
        return cls(None if all_roots else check_root(root or "."))


def check_root(root: str | os.PathLike[str]) -> Path:
    """A root as an absolute path.

    Raises:
        NotFoundError: it is no folder.
    """
    path = Path(root).expanduser().resolve()
    if not path.is_dir():
        raise NotFoundError(f"The root '{root}' is not a folder.", field="root")
    return path


def _place(root: Path, path: Path) -> NotebookPlace:
    inside = path.is_relative_to(root)
    return NotebookPlace(root, path.relative_to(root).as_posix() if inside else str(path))
