"""What stands still among the registrations, in words for those who wonder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Literal

from sqlalchemy import func, select

from jupyter_mlops.models.holder import is_gone, pid_here
from jupyter_mlops.models.moves import INTENDED
from jupyter_mlops.models.states import NEXT_STEP, UNDER_WAY, RegistrationState
from jupyter_mlops.readable import show_seconds
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import AliasMove, Registration

SHOWN = 5


def report(store: Store) -> tuple[Literal["ok", "warning"], str, str | None]:
    """Whether something stands still, what, and what to do."""
    left = list(unfinished(store))
    if left:
        more = f" And {len(left) - SHOWN} more." if len(left) > SHOWN else ""
        mend = "`jupyter mlops worker` goes on with it, and so does JupyterLab; nothing is made twice."
        return "warning", f"{' '.join(left[:SHOWN])}{more}", mend
    waiting = awaiting_approval(store)
    return "ok", f"None stands still; {waiting} wait for approval." if waiting else "None stands still.", None


def unfinished(store: Store) -> Iterator[str]:
    """A sentence for each registration that nobody is at work with, and each alias that did not arrive."""
    now = datetime.now(timezone.utc)
    with store.reading() as session:
        rows = session.scalars(
            select(Registration)
            .where(Registration.state.in_([state.value for state in UNDER_WAY]))
            .order_by(Registration.created_at)
        ).all()
        moves = session.scalars(
            select(AliasMove).where(AliasMove.state == INTENDED).order_by(AliasMove.created_at)
        ).all()
    held = {row.id for row in rows if not _is_left(row, now)}
    for row in rows:
        if row.id not in held:
            yield _explain(row, now)
    for move in moves:
        if move.registration_id not in held:
            where = f"from version {move.from_version} " if move.from_version else ""
            to = f"to version {move.to_version}" if move.to_version else "away"
            yield f"The alias {move.alias} of {move.model} was about to move {where}{to} ({move.action})."


def awaiting_approval(store: Store) -> int:
    """How many versions wait for a person."""
    state = RegistrationState.AWAITING_APPROVAL.value
    with store.reading() as session:
        count = select(func.count()).select_from(Registration).where(Registration.state == state)
        return session.scalar(count) or 0


def _is_left(row: Registration, now: datetime) -> bool:
    return row.held_until is None or row.held_until < now or is_gone(row.holder)


def _explain(row: Registration, now: datetime) -> str:
    state = RegistrationState(row.state)
    version = f", version {row.version}" if row.version else ""
    since = show_seconds((now - row.updated_at).total_seconds())
    said = f"The registration {row.id} of {row.model}{version} stands at {state.value} since {since}"
    if is_gone(row.holder):
        said += f": the process {pid_here(row.holder)} that was at it is gone"
    return f"{said}. Next: {NEXT_STEP[state]}.{f' {row.message}' if row.message else ''}"
