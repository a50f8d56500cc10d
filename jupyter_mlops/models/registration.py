"""Registrations: models on their way into the registry, as rows; how they are made, found and held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from jupyter_mlops.config import Settings, hide_password
from jupyter_mlops.errors import BadInputError, NotFoundError
from jupyter_mlops.ids import new_id
from jupyter_mlops.models.holder import is_gone
from jupyter_mlops.models.plan import RegistrationPlan
from jupyter_mlops.models.states import UNDER_WAY, RegistrationState
from jupyter_mlops.store import changes
from jupyter_mlops.store.paging import Page, PageRequest, fetch_page
from jupyter_mlops.store.tables import Registration
from jupyter_mlops.tracking.registry import check_model_name

HOLD = timedelta(seconds=60)


@dataclass(frozen=True)
class NewRegistration:
    """What is to be registered.

    Args:
        model: the registered model that gets the version.
        plan: how; found good.
        root: the server root that it belongs to.
        run_id: of the job run that logged it.
        mlflow_run_id: of the MLflow run that logged it.
        model_id: of the logged model itself; None: what the plan names, or what the run logged last.
        requested_by: who asked for it.
    """

    model: str
    plan: RegistrationPlan
    root: str | None = None
    notebook: str | None = None
    run_id: str | None = None
    mlflow_run_id: str | None = None
    model_id: str | None = None
    requested_by: str | None = None


def create_registration(
    session: Session, settings: Settings, new: NewRegistration, holder: str | None = None
) -> Registration:
    """Store a registration; it is acknowledged with the transaction.

    Args:
        session: a transaction.
        settings: whose tracking server it is about; its password is never stored.
        new: what is to be registered.
        holder: who begins with it at once; None: a worker takes it up.

    Raises:
        BadInputError: the model's name cannot be one.
    """
    now = _now()
    row = Registration(
        id=new_id(),
        root=new.root,
        tracking_uri=hide_password(settings.tracking_uri),
        model=check_model_name(new.model),
        notebook=new.notebook,
        run_id=new.run_id,
        mlflow_run_id=new.mlflow_run_id,
        model_id=new.model_id,
        plan=new.plan.as_dict(),
        state=RegistrationState.QUEUED.value,
        gates=[],
        evidence={},
        requested_by=new.requested_by,
        holder=holder,
        held_until=now + HOLD if holder else None,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    tell(session, row)
    return row


def find_registration(session: Session, registration_id: str) -> Registration:
    """A registration by its id, or the start of it.

    Raises:
        NotFoundError: none, or more than one, starts so.
    """
    query = select(Registration).where(Registration.id.startswith(registration_id, autoescape=True)).limit(2)
    found = list(session.scalars(query)) if registration_id else []
    if len(found) == 1:
        return found[0]
    raise NotFoundError(
        f"{'More than one registration' if found else 'No registration'} has an id that starts with "
        f"{registration_id!r}.",
        field="registration",
        hint="`jupyter mlops models registrations` lists them.",
    )


def list_registrations(
    session: Session,
    page: PageRequest,
    *,
    model: str | None = None,
    states: Sequence[RegistrationState] = (),
    root: str | None = None,
) -> Page[Registration]:
    """Registrations, newest first; those of no root belong to every one."""
    query = select(Registration)
    if model is not None:
        query = query.where(Registration.model == model)
    if states:
        query = query.where(Registration.state.in_([state.value for state in states]))
    if root is not None:
        query = query.where(or_(Registration.root == root, Registration.root.is_(None)))
    return fetch_page(session, query, Registration.created_at, Registration.id, page)


def parse_states(text: str | None) -> list[RegistrationState]:
    """States as a query names them, separated by commas.

    Raises:
        BadInputError: there is no such state.
    """
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    try:
        return [RegistrationState(name) for name in names]
    except ValueError:
        known = ", ".join(state.value for state in RegistrationState)
        raise BadInputError(
            f"There is no state of a registration in {text!r}.", field="state", hint=f"There are {known}."
        ) from None


def registration_of_run(session: Session, run_id: str) -> Registration | None:
    """The newest registration that a job run has begun, None when there is none."""
    query = select(Registration).where(Registration.run_id == run_id)
    newest = query.order_by(Registration.created_at.desc(), Registration.id.desc()).limit(1)
    return session.scalars(newest).first()


def take_hold(session: Session, registration_id: str, holder: str) -> Registration | None:
    """Take a registration that is under way; None when there is nothing to do, or another holds it."""
    now = _now()
    row = session.get(Registration, registration_id, with_for_update=True)
    if row is None or RegistrationState(row.state) not in UNDER_WAY:
        return None
    if row.holder != holder and _is_held(row.holder, row.held_until, now):
        return None
    row.holder, row.held_until = holder, now + HOLD
    session.flush()
    return row


def _is_held(holder: str | None, until: datetime | None, now: datetime) -> bool:
    """Whether somebody is at work with it, or it is to rest for some seconds."""
    return until is not None and until >= now and not is_gone(holder)


def renew_hold(session: Session, registration_id: str, holder: str) -> bool:
    """Hold on to it; False when another holds it now."""
    held = session.scalar(
        update(Registration)
        .where(Registration.id == registration_id, Registration.holder == holder)
        .values(held_until=_now() + HOLD)
        .returning(Registration.id)
    )
    return held is not None


def let_go(session: Session, registration_id: str, holder: str, for_s: float | None = None) -> None:
    """Leave it to others: at once, or after so many seconds."""
    until = None if for_s is None else _now() + timedelta(seconds=for_s)
    session.execute(
        update(Registration)
        .where(Registration.id == registration_id, Registration.holder == holder)
        .values(holder=None, held_until=until)
    )


def left_registrations(session: Session) -> list[str]:
    """The ids of those under way that nobody holds, the oldest first."""
    now = _now()
    query = select(Registration.id, Registration.holder, Registration.held_until).where(
        Registration.state.in_([state.value for state in UNDER_WAY])
    )
    found = session.execute(query.order_by(Registration.created_at, Registration.id))
    return [found_id for found_id, holder, until in found if not _is_held(holder, until, now)]


def settings_of(settings: Settings, row: Registration) -> Settings:
    """The settings with the tracking server of a registration; its password is this process's to know."""
    if hide_password(settings.tracking_uri) == row.tracking_uri:
        return settings
    return settings.tracking_at(row.tracking_uri)


def registration_as_dict(row: Registration) -> dict[str, Any]:
    """A registration as `Registration` in the OpenAPI file."""
    plain = (
        "id model version state message notebook run_id mlflow_run_id model_id plan gates requested_by "
        "decided_by decision comment"
    )
    moments = ("decided_at", "created_at", "updated_at", "ended_at")
    return {
        **{name: getattr(row, name) for name in plain.split()},
        **{name: None if (at := getattr(row, name)) is None else at.isoformat() for name in moments},
    }


def tell(session: Session, row: Registration) -> None:
    """Note that a registration, and so its model, has changed."""
    changes.record(session, "model", row.model, root=row.root, notebook=row.notebook)


def _now() -> datetime:
    return datetime.now(timezone.utc)
