"""The outbox: every writer says what it changed, and the servers tell their views."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from jupyter_mlops.store.tables import Change
from jupyter_mlops.store.turns import take_turns

KEEP = timedelta(hours=1)
_NOTED = "mlops_changes"


def record(
    session: Session,
    kind: str,
    id: str,  # noqa: A002 - the word of the event's schema
    *,
    state: str | None = None,
    root: str | None = None,
    notebook: str | None = None,
) -> None:
    """Note a change in the transaction that makes it: both become visible together, or neither does."""
    change = Change(
        kind=kind, entity_id=id, state=state, root=root, notebook=notebook, at=datetime.now(timezone.utc)
    )
    session.info.setdefault(_NOTED, {})[kind, id, state, notebook] = change  # told twice, it is told once


def write_noted(session: Session) -> None:
    """Write the changes noted in a transaction, as its last act before the commit.

    A watch reads on from the last number it saw, so a smaller one must never become visible later.
    The numbers are given on insert, before the commit: writers take turns from here to their commit, and as
    this comes last, none of them waits for another lock meanwhile.
    """
    noted = session.info.pop(_NOTED, {}).values()
    if not noted:
        return
    session.flush()
    take_turns(session, "changes")
    session.add_all(noted)


def last_seq(session: Session) -> int:
    """The newest change's number, 0 when there is none."""
    return session.scalar(select(func.max(Change.seq))) or 0


def changes_after(session: Session, seq: int, limit: int = 500) -> list[Change]:
    """Changes newer than `seq`, oldest first."""
    return list(session.scalars(select(Change).where(Change.seq > seq).order_by(Change.seq).limit(limit)))


def forget_old_changes(session: Session, now: datetime) -> None:
    """Drop what every live view has long seen; a view that reconnects fetches anew."""
    session.execute(delete(Change).where(Change.at < now - KEEP))
