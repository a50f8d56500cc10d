"""The Python interface to jobs as a file in git, and to taking over those of jupyter-scheduler.

jupyter_mlops.export_jobs(file="jobs.yaml")
for change in jupyter_mlops.plan_jobs("jobs.yaml"):
    print(change.action, change.job, change.details)
jupyter_mlops.apply_jobs("jobs.yaml")
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jupyter_mlops.jobs.definitions.apply import Change
from jupyter_mlops.jobs.definitions.export import write_definitions
from jupyter_mlops.jobs.definitions.scheduler_import import Imported, import_definitions
from jupyter_mlops.jobs.definitions.service import DEFAULT_FILE, DefinitionFile, DefinitionService
from jupyter_mlops.notebooks.places import check_root
from jupyter_mlops.workspace import Workspace

__all__ = ["apply_jobs", "export_jobs", "import_scheduler", "plan_jobs"]


def plan_jobs(
    file: str | os.PathLike[str] = DEFAULT_FILE,
    *,
    root: str | os.PathLike[str] | None = None,
    adopt: bool = False,
) -> list[Change]:
    """What `apply_jobs` would create, change and delete; nothing is stored.

    Args:
        file: the file of definitions.
        root: the folder that the jobs belong to, where JupyterLab is started; by default the file's.
        adopt: take over jobs of the same names that the file did not define.

    Raises:
        NotFoundError: the file cannot be read, or the root is no folder.
        DefinitionError: something in it cannot be used: all of it is told, with its lines.
    """
    definitions, read = _read(file, root)
    return definitions.plan(read, adopt=adopt)


def apply_jobs(
    file: str | os.PathLike[str] = DEFAULT_FILE,
    *,
    root: str | os.PathLike[str] | None = None,
    adopt: bool = False,
) -> list[Change]:
    """Make the jobs what a file says, all of it or nothing; done twice, there is nothing to do.

    Jobs that this file defined before and no longer does are deleted; those made by hand are left alone.

    Args:
        file: the file of definitions.
        root: the folder that the jobs belong to, where JupyterLab is started; by default the file's.
        adopt: take over jobs of the same names that the file did not define.

    Returns:
        What was done; `tokens` of triggers that are called are there this once.

    Raises:
        NotFoundError: the file cannot be read, or the root is no folder.
        DefinitionError: something in it cannot be used: all of it is told; nothing was stored.
    """
    definitions, read = _read(file, root)
    return definitions.apply(read, adopt=adopt)


def export_jobs(
    jobs: Sequence[str] = (),
    *,
    file: str | os.PathLike[str] | None = None,
    root: str | os.PathLike[str] | None = None,
) -> dict[str, Any]:
    """The jobs that there are, as a file of definitions has them.

    Args:
        jobs: only these, by name or id; by default all.
        file: also write them there.
        root: the folder that the jobs belong to, by default the current one.

    Raises:
        ConflictError: the file is there already.
        NotFoundError: there is no such job or root.
    """
    told = Workspace().definitions(check_root(root or ".")).export(jobs)
    if file is not None:
        write_definitions(told, Path(file))
    return told


def import_scheduler(
    database: str | os.PathLike[str] | None = None,
    *,
    notebooks: Mapping[str, str] | None = None,
    activate: bool = False,
    dry_run: bool = True,
    root: str | os.PathLike[str] | None = None,
) -> list[Imported]:
    """Make a job of each job definition of an installed jupyter-scheduler, or (dry) say what would be made.

    Args:
        database: its `scheduler.sqlite`, which is only read; by default in Jupyter's data directory.
        notebooks: for a notebook's name its path below the root, where it cannot be told.
        activate: let the schedules that are active there fire here; pause them there, or both do.
        dry_run: make no job.
        root: the folder that the jobs belong to, by default the current one.

    Raises:
        NotFoundError: there is no such database, or no such root.
    """
    workspace = Workspace()
    return import_definitions(
        workspace.store,
        workspace.settings,
        check_root(root or "."),
        None if database is None else Path(database),
        notebooks=notebooks,
        activate=activate,
        dry_run=dry_run,
    )


def _read(
    file: str | os.PathLike[str], root: str | os.PathLike[str] | None
) -> tuple[DefinitionService, DefinitionFile]:
    path = Path(file).expanduser()
    folder = check_root(root or path.resolve().parent)
    return Workspace().definitions(folder), DefinitionFile.read(path, folder)
