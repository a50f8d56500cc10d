"""Registering the model of a run that has ended, as people ask for it."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError, ConflictError, NotFoundError
from jupyter_mlops.models.gates.registry import parse_plan
from jupyter_mlops.models.holder import new_holder
from jupyter_mlops.models.registration import NewRegistration, create_registration
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Registration, Run
from jupyter_mlops.tracking.registry import check_model_name


def request_registration(
    store: Store,
    settings: Settings,
    model: str,
    *,
    run_id: str | None = None,
    mlflow_run_id: str | None = None,
    registration: Mapping[str, Any] | None = None,
    root: Path | None = None,
    actor: str | None = None,
    held: bool = False,
) -> Registration:
    """Store a request; a worker carries it out, unless the caller is the one who `held` it from the start.

    Args:
        store: where it is kept.
        settings: the tracking server, but where the job run remembers another.
        model: the registered model that gets the version.
        run_id: a job run, or the start of its id.
        mlflow_run_id: an MLflow run; one of the two.
        registration: how, as people write it.
        root: the server root that asks; runs of others are found as well.
        actor: who asks.
        held: by this process, which carries it out at once.

    Raises:
        BadInputError: something of it cannot be; nothing was stored.
        NotFoundError: there is no such run.
        ConflictError: the run has not ended, or logged nothing to MLflow.
    """
    model, plan = check_model_name(model), parse_plan(registration or {})
    if (run_id is None) == (mlflow_run_id is None):
        raise BadInputError("Give either a job run or an MLflow run.", field="run_id")
    with store.session() as session:
        run = _run(session, run_id, mlflow_run_id)
        if run is not None and run.ended_at is None:
            raise ConflictError(f"Run {run.id} has not ended.", field="run_id", hint="Wait for its end.")
        logged = mlflow_run_id if run is None else run.mlflow_run_id
        if logged is None:
            raise ConflictError(f"Run {run_id} logged nothing to MLflow.", field="run_id")
        new = NewRegistration(
            model=model,
            plan=plan,
            root=run.root if run else str(root) if root else None,
            notebook=run.notebook if run else None,
            run_id=run.id if run else None,
            mlflow_run_id=logged,
            requested_by=actor,
        )
        of_run = settings if run is None else settings.tracking_at(run.tracking_uri)
        return create_registration(session, of_run, new, new_holder() if held else None)


def this_user() -> str | None:
    """Who is at work on this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return None


def _run(session: Session, run_id: str | None, mlflow_run_id: str | None) -> Run | None:
    if run_id is None:
        return session.scalars(select(Run).where(Run.mlflow_run_id == mlflow_run_id).limit(1)).first()
    query = select(Run).where(Run.id.startswith(run_id, autoescape=True)).limit(2)
    found = list(session.scalars(query)) if run_id else []
    if len(found) != 1:
        raise NotFoundError(
            f"{'More than one run' if found else 'No run'} has an id that starts with {run_id!r}.",
            field="run_id",
            hint="`jupyter mlops runs --all-roots` lists them.",
        )
    return found[0]
