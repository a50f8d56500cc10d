"""Which notebook this kernel runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_mlops.capture import facts
from jupyter_mlops.errors import NotFoundError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_mlops.notebooks.places import NotebookPlace
    from jupyter_mlops.workspace import Workspace


def notebook_file(ip: InteractiveShell) -> Path | None:
    """The notebook's file, as whoever started the kernel said; None when nobody did."""
    path = facts.notebook_path(ip.user_ns, os.environ)
    return None if path is None else Path(os.environ.get("JUPYTER_MLOPS_ROOT") or "", path)


def this_notebook(ip: InteractiveShell, workspace: Workspace, given: str | None) -> NotebookPlace:
    """The notebook that a subcommand is about: the one given, else this kernel's, by its present name.

    Raises:
        NotFoundError: nobody told this kernel which notebook it runs.
    """
    from jupyter_mlops.notebooks.places import NotebookPlace, locate_notebook

    root = os.environ.get("JUPYTER_MLOPS_ROOT")
    if given is not None:
        return locate_notebook(given, root)
    renamed = _as_the_server_knows_it(workspace)
    if renamed is not None:
        return NotebookPlace(Path(renamed[0]), renamed[1])
    path = notebook_file(ip)
    if path is None:
        raise NotFoundError(
            "This kernel was not told which notebook it runs.",
            field="notebook",
            hint="Name the notebook by --notebook PATH, or restart the kernel from JupyterLab.",
        )
    return locate_notebook(path, root if root and path.is_relative_to(root) else None)


def folder_of_output(ip: InteractiveShell, workspace: Workspace) -> Path:
    """The folder of the notebook that shows the output, to which its relative links are relative."""
    try:
        place = this_notebook(ip, workspace, None)
    except NotFoundError:
        return Path.cwd()
    return (place.root / place.notebook).parent


def _as_the_server_knows_it(workspace: Workspace) -> tuple[str, str] | None:
    """The root and the path of this kernel's session: a rename reaches the server, but not the kernel."""
    from jupyter_mlops.magics.recording import current_recorder
    from jupyter_mlops.store.tables import KernelSession

    recorder = current_recorder()
    if recorder is None:
        return None
    with workspace.store.reading() as session:
        row = session.get(KernelSession, recorder.session_id)
    return (row.root, row.notebook) if row and row.root and row.notebook else None
