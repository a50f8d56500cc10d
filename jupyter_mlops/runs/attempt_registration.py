"""The model of an attempt that ran to its end: registered behind its gates, and what that says of the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import MlopsError, RegistrationError
from jupyter_mlops.models.carry_out import HoldLostError, carry_out
from jupyter_mlops.models.holder import new_holder
from jupyter_mlops.models.plan import RegistrationPlan
from jupyter_mlops.models.registration import (
    NewRegistration,
    create_registration,
    registration_of_run,
)
from jupyter_mlops.models.states import RegistrationState
from jupyter_mlops.models.steps import PROBLEM
from jupyter_mlops.runs.queue import Outcome
from jupyter_mlops.runs.states import Reason, RunState
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Registration, Run

_ANEW = (RegistrationState.REFUSED, RegistrationState.FAILED)
"""Of an earlier attempt's registration that ended so there is nothing to go on with."""


def register_model_of(
    run: Run,
    outcome: Outcome,
    store: Store,
    settings: Settings,
    tags: Mapping[str, str],
    mlflow_run_ids: Sequence[str],
    stopped: Callable[[], bool],
) -> Outcome:
    """Register what an attempt logged; answers with the outcome as it then is.

    An attempt after one that was lost in the middle of its registration goes on with that one: one run makes
    one version.

    Args:
        run: the job run.
        outcome: how its notebook ended.
        store: where the registration is kept.
        settings: whose tracking server it is.
        tags: what is said of the version.
        mlflow_run_ids: the attempt's own, then those that its notebook started besides.
        stopped: whether the run was cancelled meanwhile.
    """
    holder = new_holder()
    try:
        with store.session() as session:
            row = registration_of_run(session, run.id)
            if row is None or RegistrationState(row.state) in _ANEW:
                new = NewRegistration(
                    model=str(run.register_model),
                    plan=RegistrationPlan.of(run.registration or {}),
                    root=run.root,
                    notebook=run.notebook,
                    run_id=run.id,
                    mlflow_run_id=mlflow_run_ids[0] if mlflow_run_ids else None,
                    requested_by=f"job {run.job.name}",
                )
                row = create_registration(session, settings, new, holder)
        done = carry_out(
            store, settings, row.id, holder=holder, tags=tags, mlflow_run_ids=mlflow_run_ids, stopped=stopped
        )
    except HoldLostError:
        return replace(outcome, message="A worker goes on with the registration of its model.")
    except MlopsError as error:
        return _failed(outcome, error.reason_code, f"{error.message} {error.hint or ''}".strip())
    return outcome_with(outcome, done)


def outcome_with(outcome: Outcome, row: Registration) -> Outcome:
    """How a run ended whose model was registered, as far as it came."""
    state, message = RegistrationState(row.state), row.message or ""
    if state is RegistrationState.REFUSED:
        return replace(outcome, state=RunState.FAILED, reason=Reason.REFUSED_BY_GATE, message=message)
    if state is RegistrationState.FAILED:
        problem = row.evidence.get(PROBLEM, RegistrationError.code)
        if problem == Reason.CANCELLED:
            return replace(outcome, state=RunState.CANCELLED, reason=problem, message="Cancelled on request.")
        return _failed(outcome, problem, message)
    told = None if state is RegistrationState.REGISTERED else message
    return replace(outcome, model_version=row.version, message=told)


def _failed(outcome: Outcome, reason: str, message: str) -> Outcome:
    said = f"The notebook ran to its end, but {message[:1].lower()}{message[1:]}"
    return replace(outcome, state=RunState.FAILED, reason=reason, message=said)
