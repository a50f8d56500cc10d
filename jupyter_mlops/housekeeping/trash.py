"""Taking a run's output folder away so that it is whole or gone, whoever dies when.

It is first renamed into `<root>/mlops-runs/.trash`, which no process can interrupt half way, and deleted from
there: by this call, or by the next one that looks into the trash.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from pathlib import Path

from jupyter_mlops.errors import OutsideRootError
from jupyter_mlops.ids import new_id
from jupyter_mlops.runs.attempt_output import RUNS_FOLDER

TRASH = ".trash"


def output_folder(root: str, run_id: str, output_path: str | None) -> Path | None:
    """A run's own folder of outputs; None when there is none, or no longer.

    Raises:
        OutsideRootError: its outputs are not where we put them, or a link leads to them: they are not ours
            to delete.
    """
    if output_path is None:
        return None
    top = Path(root) / RUNS_FOLDER
    try:
        job, own, *_ = Path(output_path).relative_to(top).parts[:-1]
    except ValueError:
        raise _not_ours(run_id, output_path) from None
    folder = top / job / own
    if not own.endswith(f"-{run_id}") or ".." in (job, own) or job == TRASH:
        raise _not_ours(run_id, output_path)
    if any(path.is_symlink() for path in (top, top / job, folder)):
        raise _not_ours(run_id, output_path)
    return folder if folder.is_dir() else None


def folder_bytes(folder: Path | None) -> int:
    """How many bytes the files below a folder have; links count as themselves. 0 for None."""
    total = 0
    for path, _folders, files in os.walk(folder) if folder else ():
        for name in files:
            try:
                total += os.lstat(os.path.join(path, name)).st_size  # noqa: PTH118 - it is hot
            except FileNotFoundError:
                continue
    return total


def throw_away(root: str, run_id: str, folder: Path) -> None:
    """Rename a run's folder into the trash.

    Raises:
        OSError: it cannot be; nothing has changed.
    """
    trash = _trash(root)
    if trash.is_symlink():
        raise OSError(errno.ELOOP, "the trash is a link", str(trash))
    trash.mkdir(mode=0o700, exist_ok=True)
    folder.rename(trash / f"{run_id}-{new_id()}")


def empty_trash(root: str, deadline: float) -> tuple[list[str], bool]:
    """Delete what is in the trash, links as links; answers with problems, and whether it is done.

    Args:
        root: the server root.
        deadline: on `time.monotonic`'s clock.
    """
    trash = _trash(root)
    problems: list[str] = []
    if trash.is_symlink() or trash.parent.is_symlink() or not trash.is_dir():
        return [], True
    for entry in sorted(trash.iterdir()):
        if time.monotonic() > deadline:
            return problems, False
        try:
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink(missing_ok=True)
        except FileNotFoundError:
            continue  # somebody else is emptying it
        except OSError as error:
            problems.append(f"{entry} cannot be deleted: {error.strerror or error}.")
    return problems, True


def _trash(root: str) -> Path:
    return Path(root) / RUNS_FOLDER / TRASH


def _not_ours(run_id: str, output_path: str) -> OutsideRootError:
    return OutsideRootError(
        f"The outputs of run {run_id} are left where they are, {output_path}: that is no folder of its own "
        f"below {RUNS_FOLDER}, or a link leads there.",
        field="output_path",
    )
