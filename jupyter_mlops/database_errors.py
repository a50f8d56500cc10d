"""Telling a database's failure from a mistake of ours, without importing SQLAlchemy."""

from __future__ import annotations

from jupyter_mlops.errors import StoreError


def as_store_error(error: BaseException) -> StoreError | None:
    """What SQLAlchemy raised (a locked or full or older store) as an error for people; None for others."""
    if not any(kind.__module__ == "sqlalchemy.exc" for kind in type(error).__mro__):
        return None
    cause = str(getattr(error, "orig", None) or error).strip().splitlines()
    return StoreError(
        f"The store failed: {cause[0] if cause else type(error).__name__}.",
        field="store",
        hint="`jupyter mlops doctor` checks it.",
    )
