"""The Python interface to housekeeping: old runs go, with all that was theirs."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from typing import Any

from jupyter_mlops.housekeeping.clean import Cleaning, Order, clean, resumable_runs
from jupyter_mlops.housekeeping.daily import default_limits
from jupyter_mlops.housekeeping.limits import Limits
from jupyter_mlops.notebooks.places import Scope
from jupyter_mlops.notebooks.snapshots import SnapshotStore
from jupyter_mlops.workspace import Workspace

__all__ = ["clean_runs"]

WITHIN_S = 3600.0


def clean_runs(
    *,
    older_than: str | None = None,
    keep: int | None = None,
    max_size: str | None = None,
    job: str | None = None,
    root: str | os.PathLike[str] | None = None,
    all_roots: bool = False,
    dry_run: bool = True,
) -> Cleaning:
    """Delete runs that are beyond a limit, with their outputs; or (dry) say which would go.

        jupyter_mlops.clean_runs(older_than="30d").runs  # then, with dry_run=False, they are deleted

    Without a limit the jobs' own policies hold. Never goes what is queued or running, a job's last success, a
    run that a model version came from, and what ended within the last minute.

    Args:
        older_than: what ended longer ago goes: `30d`, `8w`, `36h`.
        keep: all but a job's newest so many runs go.
        max_size: the oldest go until a job's outputs fit: `5GB`, `500MiB`.
        job: only runs of this job: its id or name.
        root: the folder that the jobs belong to, by default the current one.
        all_roots: those of every root.
        dry_run: delete nothing.

    Raises:
        BadInputError: a limit cannot be read.
        NotFoundError: there is no such job or root.
    """
    given = {"older_than": older_than, "keep": keep, "max_size": max_size}
    return run_cleaner(given, job, root, all_roots)(dry_run=dry_run)


def run_cleaner(
    given: dict[str, Any], job: str | None, root: str | os.PathLike[str] | None, all_roots: bool
) -> Callable[..., Cleaning]:
    """What cleans as often as it is called; it takes the `dry_run` and `only` of `Order`.

    Args:
        given: the limits as they were typed, None for one that was not.
        job: only runs of this job: its id or name.
        root: the folder that the jobs belong to, by default the current one.
        all_roots: those of every root.

    Raises:
        BadInputError: a limit cannot be read.
        NotFoundError: there is no such job or root.
    """
    limits = Limits.parse({name: value for name, value in given.items() if value is not None}, "")
    workspace = Workspace()
    below = Scope.of(None, root, all_roots).root
    order = partial(
        Order,
        limits=limits or None,
        default=default_limits(),
        root=None if below is None else str(below),
        job_id=None if job is None else workspace.find_job(job, below).id,
        spared=resumable_runs(workspace.settings),
        within_s=WITHIN_S,
    )
    snapshots = SnapshotStore(workspace.settings.snapshots)

    def sweep(**how: Any) -> Cleaning:
        return clean(workspace.store, snapshots, order(**how), datetime.now(timezone.utc))

    return sweep
