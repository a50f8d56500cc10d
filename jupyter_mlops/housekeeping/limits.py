"""How many runs are kept: limits by age, count and size, as people write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.moments import parse_age

MAX_KEEP = 1_000_000
_SIZE = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*([kmgt]?i?b)", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


@dataclass(frozen=True)
class Limits:
    """What is kept of a job's runs; a run goes when any of the limits says so.

    Args:
        older_than: a run that ended longer ago goes.
        keep: of the runs that ended, all but the newest so many go.
        max_bytes: while the outputs of the job's runs take more, the oldest goes.
    """

    older_than: timedelta | None = None
    keep: int | None = None
    max_bytes: int | None = None

    def __bool__(self) -> bool:
        """Whether there is any limit."""
        return (self.older_than, self.keep, self.max_bytes) != (None, None, None)

    @classmethod
    def parse(cls, given: Any, field: str = "policies.retention") -> Limits:
        """Check limits as a user writes them: `{"older_than": "30d", "keep": 20, "max_size": "5GB"}`.

        Args:
            given: the limits.
            field: where they were written, for a refusal; "": at the top of a body.

        Raises:
            BadInputError: the field at fault is named.
        """
        if not isinstance(given, Mapping) or set(given) - {"older_than", "keep", "max_size"}:
            raise BadInputError(
                f"{str(given)[:80]!r} are no limits.",
                field=field,
                hint='Write any of {"older_than": "30d", "keep": 20, "max_size": "5GB"}.',
            )
        place = f"{field}." if field else ""
        older_than, keep, max_size = (given.get(name) for name in ("older_than", "keep", "max_size"))
        return cls(
            None if older_than is None else parse_age(str(older_than), f"{place}older_than"),
            None if keep is None else _count(keep, f"{place}keep"),
            None if max_size is None else parse_size(str(max_size), f"{place}max_size"),
        )

    @classmethod
    def parse_text(cls, text: str, field: str) -> Limits:
        """Limits as a setting writes them: `older_than=30d,keep=20,max_size=5GB`; "" and "off" are none.

        Raises:
            BadInputError: it is none of that.
        """
        return cls.parse(read_limits(text, field), field)


def read_limits(text: str, field: str) -> dict[str, Any]:
    """Limits as a setting or an option writes them, as a job's policies have them; not yet checked.

    Raises:
        BadInputError: one has no `=`; `field` is named.
    """
    if text.strip().lower() in ("", "off"):
        return {}
    given: dict[str, Any] = {}
    for part in text.split(","):
        name, is_given, value = (word.strip() for word in part.partition("="))
        if not is_given:
            raise BadInputError(
                f"{part.strip()[:40]!r} is no limit.",
                field=field,
                hint="Write any of older_than=30d,keep=20,max_size=5GB, or off.",
            )
        given[name] = int(value) if name == "keep" and value.isdecimal() else value
    return given


def parse_size(text: str, field: str) -> int:
    """Bytes from `500MB`, `5GB`, `1.5GiB`: kB is 1000 bytes, KiB is 1024.

    Raises:
        BadInputError: it is no size; `field` is named.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise BadInputError(f"{text[:40]!r} is no size.", field=field, hint="Write 500MB, 5GB or 1.5GiB.")
    unit = found[2].lower()
    base = 1024 if "i" in unit else 1000
    factor: int = base ** _POWERS[unit.rstrip("b").rstrip("i")]
    return round(float(found[1]) * factor)


def check_limits(given: Any, field: str = "policies.retention") -> dict[str, Any]:
    """Limits as they were written, if they are good: what a job's policies keep.

    Raises:
        BadInputError: as `Limits.parse`.
    """
    Limits.parse(given, field)
    return {name: value for name, value in given.items() if value is not None}


def _count(keep: Any, field: str) -> int:
    if isinstance(keep, bool) or not isinstance(keep, int) or not 0 <= keep <= MAX_KEEP:
        raise BadInputError(
            f"{str(keep)[:40]!r} is no count.", field=field, hint=f"A whole number from 0 to {MAX_KEEP:,}."
        )
    return keep
