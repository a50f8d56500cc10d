"""JSON and moments as they are in rows: what a damaged row holds in their place harms no other row.

A file that lost a page, a hand that edited, an older bug: whatever it was, a list shows its other rows, and
the damaged one says which of its columns cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, TypeDecorator

BROKEN_MOMENT = datetime(1, 1, 1, tzinfo=timezone.utc)


class BrokenJson(dict[str, Any]):
    """In place of a text that is no JSON: empty, and known by its type."""


class StoredJson(TypeDecorator[Any]):
    """JSON, of which a text that cannot be read gives a `BrokenJson`."""

    impl = JSON
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """What reads it."""
        read = super().result_processor(dialect, coltype)
        if read is None:
            return None

        def guarded(value: Any) -> Any:
            try:
                return read(value)
            except (ValueError, TypeError, RecursionError):
                return BrokenJson()

        return guarded


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in Python, stored without a zone in UTC on every database."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse a naive datetime (ValueError) rather than guess its zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored: its time zone is not known")
        return value.astimezone(timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the zone back."""
        return None if value is None else value.replace(tzinfo=timezone.utc)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """What reads it; a text that is no moment gives `BROKEN_MOMENT`."""
        read = super().result_processor(dialect, coltype)
        if read is None:
            return None

        def guarded(value: Any) -> datetime | None:
            try:
                moment: datetime | None = read(value)
            except (ValueError, TypeError):
                return BROKEN_MOMENT
            return moment

        return guarded


def broken_columns(row: Any) -> list[str]:
    """The columns of a row, as far as it is loaded, that cannot be read."""
    loaded = vars(row).items()
    return [name for name, value in loaded if type(value) is BrokenJson or value is BROKEN_MOMENT]
