"""Keyset paging: a page is as fast at the end of a list as at its start, and stable while rows arrive."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from jupyter_mlops.errors import BadInputError

Row = TypeVar("Row")
DEFAULT_LIMIT = 25
MAX_LIMIT = 200


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows and where the next page starts (None at the end)."""

    items: Sequence[Row]
    next_cursor: str | None

    def as_dict(self, item_as_dict: Callable[[Row], dict[str, Any]]) -> dict[str, Any]:
        """The page as every list of the REST interface."""
        return {"items": [item_as_dict(item) for item in self.items], "next_cursor": self.next_cursor}


@dataclass(frozen=True)
class PageRequest:
    """How many rows (1 to 200), from where.

    Raises:
        BadInputError: for a limit out of bounds.
    """

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_LIMIT:
            raise BadInputError(f"limit must be from 1 to {MAX_LIMIT}, not {self.limit}.", field="limit")


def fetch_page(
    session: Session,
    query: Select[Any],
    moment: InstrumentedAttribute[datetime],
    key: InstrumentedAttribute[str],
    request: PageRequest,
) -> Page[Row]:
    """The newest rows of a query by (moment, key), after the request's cursor.

    Raises:
        BadInputError: the cursor is not one of ours.
    """
    if request.cursor is not None:
        last_moment, last_key = _decode(request.cursor)
        query = query.where(
            tuple_(moment, key) < tuple_(literal(last_moment, moment.type), literal(last_key))
        )
    rows: list[Row] = list(
        session.scalars(query.order_by(moment.desc(), key.desc()).limit(request.limit + 1)).unique()
    )
    more = len(rows) > request.limit
    rows = rows[: request.limit]
    return Page(rows, _encode(getattr(rows[-1], moment.key), getattr(rows[-1], key.key)) if more else None)


def _encode(moment: datetime, key: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([moment.isoformat(), key]).encode()).decode()


def _decode(cursor: str) -> tuple[datetime, str]:
    try:
        moment, key = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if not key.isalnum():
            raise ValueError(key)
        written = datetime.fromisoformat(moment)
        if written.tzinfo is None:
            raise ValueError(moment)
        return written.astimezone(timezone.utc), key
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise BadInputError(
            "The cursor is not one that a page before gave.",
            field="cursor",
            hint="Start from the first page.",
        ) from error
