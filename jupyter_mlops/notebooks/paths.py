"""From the path that a user gives to a notebook file under the server's root."""

from __future__ import annotations

from pathlib import Path

from jupyter_mlops.errors import InvalidNotebookError, NotFoundError, OutsideRootError

_ROOT_HINT = "Give a path below the folder that the server was started in, without '..'."


def resolve_notebook(root: Path, path: str) -> Path:
    """The real file of a notebook.

    Args:
        root: the server's root folder.
        path: relative to the root, or absolute below it.

    Raises:
        OutsideRootError: the path, or the file that a symbolic link leads to, is not below the root.
        NotFoundError: no such file.
        InvalidNotebookError: a folder, or not an `.ipynb` file.
    """
    if not path or "\0" in path:
        raise InvalidNotebookError("No notebook path is given.", field="notebook", hint=_ROOT_HINT)
    if ".." in Path(path).parts:
        raise _outside(path)
    try:
        real_root = root.resolve()
        real = (real_root / path).resolve()
        inside = real.is_relative_to(real_root)
        exists, is_folder = real.exists(), real.is_dir()
    except (OSError, RuntimeError) as error:  # a name too long, a loop of links (RuntimeError before 3.13)
        raise NotFoundError(f"There is no notebook '{_short(path)}'.", field="notebook") from error
    if not inside:
        raise _outside(path)
    if not exists:
        raise NotFoundError(
            f"There is no notebook '{_short(path)}'.",
            field="notebook",
            hint=f"Paths are relative to {real_root}.",
        )
    if is_folder:
        raise InvalidNotebookError(
            f"'{path}' is a folder.", field="notebook", hint="Name a notebook (.ipynb) in it."
        )
    if real.suffix != ".ipynb" or not real.is_file():
        raise InvalidNotebookError(
            f"'{path}' is not a notebook.", field="notebook", hint="A notebook's name ends in .ipynb."
        )
    return real


def place_for_notebook(root: Path, path: str) -> Path:
    """Where a notebook is to be written that may not be there yet; its folder is.

    Args:
        path: relative to the root.

    Raises:
        OutsideRootError: it is not below the root.
        NotFoundError: there is no such folder.
        InvalidNotebookError: the path is no notebook's.
    """
    given = Path(path)
    if not path.strip() or "\0" in path or given.suffix != ".ipynb":
        raise InvalidNotebookError(
            f"'{_short(path)}' is no notebook's path.",
            field="notebook",
            hint="A notebook's name ends in .ipynb.",
        )
    if given.is_absolute() or ".." in given.parts:
        raise _outside(path)
    try:
        real_root = root.resolve()
        folder = (real_root / given.parent).resolve()
        inside, exists = folder.is_relative_to(real_root), folder.is_dir()
    except (OSError, RuntimeError):
        inside, exists = True, False
    if not inside:
        raise _outside(path)
    if not exists:
        raise NotFoundError(
            f"There is no folder '{_short(given.parent.as_posix())}'.",
            field="notebook",
            hint=f"Paths are relative to {root.resolve()}.",
        )
    return folder / given.name


def relative_path(root: Path, path: str, real: Path) -> str:
    """The notebook's name for people and rows: relative to the root, with forward slashes.

    A symbolic link keeps the name it was called by, as that is the one that JupyterLab shows.
    """
    given = Path(path)
    if not given.is_absolute():
        return given.as_posix()
    base = root if given.is_relative_to(root) else root.resolve()
    return (given if given.is_relative_to(base) else real).relative_to(base).as_posix()


def _outside(path: str) -> OutsideRootError:
    return OutsideRootError(f"'{_short(path)}' leads out of the root.", field="notebook", hint=_ROOT_HINT)


def _short(path: str) -> str:
    return path if len(path) <= 200 else f"{path[:200]}…"
