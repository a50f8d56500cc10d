"""What was told, as every face shows it, and what of it somebody has seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from jupyter_mlops.notifications.outbox import SEEN, UNSEEN
from jupyter_mlops.store import changes
from jupyter_mlops.store.paging import Page, PageRequest, fetch_page
from jupyter_mlops.store.tables import Notification


def list_notifications(
    session: Session,
    request: PageRequest,
    *,
    root: str | None,
    unseen: bool = False,
    channel: str | None = None,
) -> Page[Notification]:
    """Notifications, newest first.

    Args:
        session: to read by.
        request: the page.
        root: of runs under this root; None: of all.
        unseen: only those for JupyterLab that nobody has seen.
        channel: only those of this channel.

    Raises:
        BadInputError: the page's cursor is not one of ours.
    """
    query = select(Notification)
    if root is not None:
        query = query.where(Notification.root == root)
    if unseen:
        query = query.where(Notification.state == UNSEEN)
    if channel is not None:
        query = query.where(Notification.channel == channel)
    return fetch_page(session, query, Notification.created_at, Notification.id, request)


def count_unseen(session: Session, root: str | None) -> int:
    """How many nobody has seen."""
    query = select(func.count()).select_from(Notification).where(Notification.state == UNSEEN)
    if root is not None:
        query = query.where(Notification.root == root)
    return session.scalar(query) or 0


def mark_seen(session: Session, root: str | None, ids: Sequence[str] | None = None) -> int:
    """Mark as seen; answers with how many were not yet.

    Args:
        session: a transaction.
        root: of runs under this root; None: of all.
        ids: only these; None: every one.
    """
    statement = update(Notification).where(Notification.state == UNSEEN)
    if root is not None:
        statement = statement.where(Notification.root == root)
    if ids is not None:
        statement = statement.where(Notification.id.in_(ids))
    marked = session.scalars(statement.values(state=SEEN).returning(Notification.id)).all()
    if marked:  # one word for all: a view fetches its list anew
        changes.record(session, "notification", marked[0], state=SEEN, root=root)
    return len(marked)


def notification_as_dict(row: Notification) -> dict[str, Any]:
    """A notification as `Notification` in the OpenAPI file."""
    return {
        "id": row.id,
        "event": row.event,
        "channel": row.channel,
        "state": row.state,
        "title": row.title,
        "body": row.body,
        "run_id": row.run_id,
        "job_id": row.job_id,
        "tries": row.tries,
        "problem": row.problem,
        "created_at": row.created_at.isoformat(),
        "next_try_at": _moment(row.next_try_at),
        "sent_at": _moment(row.sent_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
