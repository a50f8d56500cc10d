"""The Python interface to triggers: `jupyter_mlops.schedule("train.ipynb", every="15m")`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.jobs.triggers.given import GivenTrigger
from jupyter_mlops.jobs.triggers.views import trigger_as_dict
from jupyter_mlops.notebooks.places import locate_notebook
from jupyter_mlops.workspace import Workspace


@dataclass(frozen=True)
class Scheduled:
    """A job and the trigger that it was given.

    Attributes:
        description: when it fires, in words.
        next_fire_at: when it fires next, where that is known beforehand.
        hook: the path to call, below the address of a Jupyter server, of a trigger that is called.
        token: what a caller needs; shown this once.
    """

    job_id: str
    job: str
    trigger_id: str
    kind: str
    description: str | None
    next_fire_at: datetime | None
    hook: str | None
    token: str | None


def schedule(
    notebook: str | os.PathLike[str],
    parameters: Mapping[str, Any] | None = None,
    *,
    name: str | None = None,
    register_model: str | None = None,
    registration: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    kernel: str | None = None,
    root: str | os.PathLike[str] | None = None,
    policies: Mapping[str, Any] | None = None,
    **when: Any,
) -> Scheduled:
    """Have a notebook run as a job whenever something is the case, as long as a worker is alive.

    Args:
        notebook: the file; it is not written.
        parameters: values that differ from the defaults of its `parameters` cell.
        name: the job's name; a job of that name gets one more trigger.
        register_model: the registered model that gets what the notebook logs as a new version.
        registration: behind which gates, and for which alias, as for `run`.
        environment: variables of the kernel, as for `run`.
        kernel: a kernel's name; by default the notebook's own.
        root: the folder that the job belongs to, see `locate_notebook`.
        policies: the job's, such as `{"max_attempts": 3, "overlap": "queue"}`; see `Policies`.
        **when: one of `cron`, `every`, `at`, `on_file`, `after`, `on_model`, `http`, and what goes with it,
            as `GivenTrigger` has them.

    Raises:
        MlopsError: the input is refused, and nothing was stored; or the store is not to be had.
        TypeError: `when` holds what is no way to say it.
    """
    trigger = GivenTrigger(**when).as_request()
    place = locate_notebook(notebook, root)
    request = RunRequest(
        place.notebook,
        name,
        parameters or {},
        kernel,
        register_model,
        policies or {},
        registration=registration or {},
        environment=environment or {},
    )
    new = Workspace().jobs(place.root).schedule_job(request, trigger)
    shown = trigger_as_dict(new.trigger)
    return Scheduled(
        job_id=new.trigger.job_id,
        job=new.trigger.job.name,
        trigger_id=new.trigger.id,
        kind=new.trigger.kind,
        description=shown["description"],
        next_fire_at=datetime.fromisoformat(shown["next_fire_at"]) if shown["next_fire_at"] else None,
        hook=shown["hook"],
        token=new.token,
    )
