"""Transactions that must come one after the other."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

_POSTGRESQL_LOCKS = {"changes": 7355609, "claim": 7355610, "job names": 7355611}


def take_turns(session: Session, what: Literal["changes", "claim", "job names"]) -> None:
    """Let in, from here to its commit, one transaction at a time for each thing.

    SQLite does so by itself: a `Store.session` holds its write lock from the start.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_POSTGRESQL_LOCKS[what])))
