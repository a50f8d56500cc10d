"""Carrying registrations out: step by step, by one process at a time, from wherever they stand."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import update

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import ConflictError, MlopsError, TrackingUnavailableError
from jupyter_mlops.models.holder import new_holder
from jupyter_mlops.models.registration import (
    HOLD,
    NewRegistration,
    create_registration,
    find_registration,
    let_go,
    renew_hold,
    settings_of,
    take_hold,
    tell,
)
from jupyter_mlops.models.renewal import Renewal
from jupyter_mlops.models.states import RegistrationState
from jupyter_mlops.models.steps import PROBLEM, STEPS, Carrying, Columns
from jupyter_mlops.models.trial import ModelTrial
from jupyter_mlops.models.trial_processes import TrialProcesses
from jupyter_mlops.models.turns import TurnTakenError
from jupyter_mlops.notifications.registry_events import note_registration
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Registration, Run
from jupyter_mlops.tracking.client import Tracking
from jupyter_mlops.tracking.probe import check_tracking

log = logging.getLogger(__name__)
AGAIN_AFTER_S = 15.0
CANCELLED = "cancelled"
GIVE_UP_AFTER = timedelta(hours=24)
RENEW_S = HOLD.total_seconds() / 4


class HoldLostError(ConflictError):
    """Another process holds the registration now; this one writes nothing more."""

    code = "registration_held"


def register_now(
    store: Store,
    settings: Settings,
    new: NewRegistration,
    *,
    trial: ModelTrial | None = None,
    tags: Mapping[str, str] | None = None,
    mlflow_run_ids: Sequence[str] = (),
) -> Registration:
    """Make a registration and carry it out in this process; answers with it as it then is.

    Args:
        store: where it is kept, so that another goes on with it should this process die.
        settings: whose tracking server it is about.
        new: what is to be registered.
        trial: loads models for the gates; by default in child processes.
        tags: what is said of the version besides.
        mlflow_run_ids: those that may have logged the model, if there are several.

    Raises:
        MlopsError: the input is refused, or the tracking server does not answer.
    """
    holder = new_holder()
    with store.session() as session:
        row = create_registration(session, settings, new, holder)
    return carry_out(
        store, settings, row.id, holder=holder, trial=trial, tags=tags, mlflow_run_ids=mlflow_run_ids
    )


def carry_out(
    store: Store,
    settings: Settings,
    registration_id: str,
    *,
    holder: str | None = None,
    trial: ModelTrial | None = None,
    tags: Mapping[str, str] | None = None,
    mlflow_run_ids: Sequence[str] = (),
    stopped: Callable[[], bool] = lambda: False,
) -> Registration:
    """Take a registration from where it stands as far as it goes: to its end, or to a person's decision.

    Args:
        store: where it is.
        settings: this process's; the registration's own tracking server is used.
        registration_id: which.
        holder: who holds it already; by default it is taken now.
        trial: loads models for the gates; by default in child processes.
        tags: what is said of the version besides.
        mlflow_run_ids: those that may have logged the model, if there are several.
        stopped: asked between steps; once true, the registration ends as `failed`.

    Raises:
        HoldLostError: another process is at it.
        TrackingUnavailableError: MLflow does not answer; it is left as it is, for a worker to try again.
    """
    holder = holder or new_holder()
    with store.session() as session:
        row = take_hold(session, registration_id, holder)
        if row is None:
            row = find_registration(session, registration_id)
            if RegistrationState(row.state) in STEPS:
                raise HoldLostError(f"Another process is at work with the registration {row.id}.")
            return row
    with Renewal(lambda: _renew(store, row.id, holder), RENEW_S):
        return _Carrier(store, settings, holder, trial, tags, mlflow_run_ids, stopped).all_steps(row)


class _Carrier:
    def __init__(
        self,
        store: Store,
        settings: Settings,
        holder: str,
        trial: ModelTrial | None,
        tags: Mapping[str, str] | None,
        mlflow_run_ids: Sequence[str],
        stopped: Callable[[], bool],
    ) -> None:
        self.store = store
        self.settings = settings
        self.holder = holder
        self.trial = trial
        self.tags = tags
        self.mlflow_run_ids = mlflow_run_ids
        self.stopped = stopped

    def all_steps(self, row: Registration) -> Registration:
        settings = settings_of(self.settings, row)
        root = Path(row.root) if row.root else None
        own = None
        if self.trial is None:
            own = TrialProcesses(settings, root=root, tell=lambda said: self._say(row, said))
        with own or nullcontext():
            return self._all_steps(row, settings, self.trial or own)

    def _all_steps(self, row: Registration, settings: Settings, trial: Any) -> Registration:
        try:
            check_tracking(settings.tracking_uri)
            tracking, tags = Tracking(settings.tracking_uri), self.tags or self._tags_of(row)
            carrying = Carrying(self.store, tracking, row, trial, tags, self.mlflow_run_ids)
            while (step := STEPS.get(RegistrationState(row.state))) is not None:
                columns = _stopped(row) if self._is_stopped(row) else step(carrying)
                carrying.row = row = self._store(row, columns)
            return row
        except HoldLostError:
            raise
        except (TrackingUnavailableError, TurnTakenError) as error:
            return self._try_later(row, error)
        except MlopsError as error:
            log.info("registration %s failed: %s", row.id, error.message)
            said = f"{error.message} {error.hint or ''}".strip()
            problem = {**row.evidence, PROBLEM: error.reason_code}
            return self._store(row, {"state": RegistrationState.FAILED, "message": said, "evidence": problem})
        except Exception as error:
            log.exception("registration %s failed", row.id)
            said = f"Something of ours failed: {type(error).__name__}: {error}"
            return self._store(row, {"state": RegistrationState.FAILED, "message": said})

    def _tags_of(self, row: Registration) -> dict[str, str]:
        """What is known of a version's origin from its registration and its job run alone."""
        tags = {"mlops.notebook": row.notebook, "mlops.run_id": row.run_id}
        if row.run_id is not None:
            with self.store.reading() as session:
                run = session.get(Run, row.run_id)
            if run is not None:
                tags |= {"mlops.job_id": run.job_id, "mlops.snapshot_sha": run.snapshot_sha}
        return {name: value for name, value in tags.items() if value}

    def _is_stopped(self, row: Registration) -> bool:
        if row.version is not None:
            return False  # it is made; a run that is cancelled now does not unmake it
        if self.stopped():
            return True
        if row.run_id is None:
            return False
        with self.store.reading() as session:
            run = session.get(Run, row.run_id)
        if run is None or run.state != "cancelled":
            return False
        return run.ended_at is None or row.created_at <= run.ended_at  # else somebody asked for it afterwards

    def _store(self, row: Registration, columns: Columns) -> Registration:
        state = RegistrationState(columns["state"])
        now = datetime.now(timezone.utc)
        resting = state not in STEPS
        written = {
            "message": None,  # what was said of the step before is over
            **columns,
            "state": state.value,
            "updated_at": now,
            "ended_at": now if state.is_final else None,
            **({"holder": None, "held_until": None} if resting else {}),
        }
        with self.store.session() as session:
            stored = session.scalars(
                update(Registration)
                .where(Registration.id == row.id, Registration.holder == self.holder)
                .values(**written)
                .returning(Registration)
                .execution_options(synchronize_session=False)
            ).one_or_none()
            if stored is None:
                raise HoldLostError(f"Another process is at work with the registration {row.id}.")
            if stored.version and stored.run_id:
                asked = Run.id == stored.run_id, Run.register_model == stored.model
                session.execute(
                    update(Run)
                    .where(*asked, Run.model_version.is_(None))
                    .values(model_version=stored.version)
                )
            tell(session, stored)
            note_registration(session, stored)
            return stored

    def _try_later(self, row: Registration, error: MlopsError) -> Registration:
        if datetime.now(timezone.utc) - row.created_at > GIVE_UP_AFTER:
            return self._store(row, {"state": RegistrationState.FAILED, "message": error.message})
        self._say(row, f"{error.message} It is tried again.")
        with self.store.session() as session:
            let_go(session, row.id, self.holder, AGAIN_AFTER_S)
        raise error

    def _say(self, row: Registration, message: str) -> None:
        """Tell those who look at it what it is at, or waits for."""
        with self.store.session() as session:
            session.execute(
                update(Registration)
                .where(Registration.id == row.id, Registration.holder == self.holder)
                .values(message=message, updated_at=datetime.now(timezone.utc))
            )
            tell(session, row)


def _stopped(row: Registration) -> Columns:
    return {
        "state": RegistrationState.FAILED,
        "message": "Its run was cancelled.",
        "evidence": {**row.evidence, PROBLEM: CANCELLED},
    }


def _renew(store: Store, registration_id: str, holder: str) -> bool:
    with store.session() as session:
        return renew_hold(session, registration_id, holder)
