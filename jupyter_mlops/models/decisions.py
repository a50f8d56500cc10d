"""Approving and rejecting versions that wait for it: the first decision holds."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.errors import ConflictError
from jupyter_mlops.models.moves import AliasHistory, NewMove
from jupyter_mlops.models.plan import RegistrationPlan
from jupyter_mlops.models.registration import find_registration, tell
from jupyter_mlops.models.states import RegistrationState
from jupyter_mlops.store.tables import Registration

APPROVED, REJECTED = "approved", "rejected"


def decide(
    session: Session, registration_id: str, *, approve: bool, actor: str | None, comment: str | None
) -> Registration:
    """Store a person's decision. An approved one is promoted by whoever carries it out next.

    Raises:
        NotFoundError: there is no such registration.
        ConflictError: it does not wait for approval, or another was faster.
    """
    found = find_registration(session, registration_id)
    row = session.scalars(
        select(Registration)
        .where(Registration.id == found.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if row.state != RegistrationState.AWAITING_APPROVAL.value:
        decided = f" It was {row.decision} by {row.decided_by}." if row.decision else ""
        raise ConflictError(
            f"The registration {row.id} does not wait for approval: it is {row.state.replace('_', ' ')}."
            f"{decided}",
            field="registration",
        )
    now = datetime.now(timezone.utc)
    row.decision, row.decided_by, row.decided_at = APPROVED if approve else REJECTED, actor, now
    row.comment = (comment or "").strip() or None
    row.updated_at, row.holder, row.held_until = now, None, None
    row.gates = [with_decision(gate, row) for gate in row.gates]
    if approve:
        row.state = RegistrationState.PROMOTING.value
        row.message = f"Approved by {actor or 'somebody'}; its alias moves next."
    else:
        _reject(session, row, now)
    tell(session, row)
    return row


def with_decision(gate: dict[str, Any], row: Registration) -> dict[str, Any]:
    """A gate's result, as it is once a person has decided what it waited for."""
    if gate["verdict"] != "waiting" or row.decision is None:
        return gate
    said = f": {row.comment}" if row.comment else "."
    return {
        **gate,
        "verdict": "passed" if row.decision == APPROVED else "refused",
        "message": f"{row.decision.capitalize()} by {row.decided_by or 'somebody'}{said}",
        "would_pass": None,
        "seen": {**gate["seen"], "decided_by": row.decided_by, "comment": row.comment},
    }


def _reject(session: Session, row: Registration, now: datetime) -> None:
    plan = RegistrationPlan.of(row.plan)
    said = f": {row.comment}" if row.comment else "."
    row.state, row.ended_at = RegistrationState.REJECTED.value, now
    row.message = f"Version {row.version} was rejected by {row.decided_by or 'somebody'}{said}"
    if plan.candidate is not None and row.version is not None:
        away = NewMove(
            plan.candidate, row.version, None, "remove", row.decided_by, row.comment, registration_id=row.id
        )
        AliasHistory(row.tracking_uri, row.model).intend(session, away)
