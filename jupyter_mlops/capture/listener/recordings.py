"""Which notebooks the server is asked to record."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from jupyter_mlops.store.tables import Recording


def notebooks_on(session: Session, root: str) -> dict[str, datetime]:
    """The notebooks of a root whose recording is on, each with since when."""
    query = select(Recording.notebook, Recording.updated_at).where(Recording.root == root, Recording.on)
    return dict(session.execute(query).tuples().all())


def switch(session: Session, root: str, notebook: str, on: bool, now: datetime) -> None:
    """Turn a notebook's recording on or off; again is the same as once."""
    row = session.get(Recording, (root, notebook))
    if row is None:
        session.add(Recording(root=root, notebook=notebook, on=on, updated_at=now))
    elif row.on != on:
        row.on, row.updated_at = on, now


def move(session: Session, root: str, old: str, new: str) -> None:
    """A notebook was renamed: the choice goes with it, unless one was made for the new name."""
    row = session.get(Recording, (root, old))
    if row is not None and session.get(Recording, (root, new)) is None:
        row.notebook = new
