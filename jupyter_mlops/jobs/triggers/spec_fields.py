"""Reading the fields of a trigger's spec; what is wrong is refused with the field's name."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from datetime import datetime, timezone
from typing import Any

from jupyter_mlops.errors import ScheduleError
from jupyter_mlops.jobs.triggers.kind import Place

MAX_TEXT_CHARS = 500
MAX_PASSED = 50


def check_names(given: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse a field that is not known."""
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(str(name), known, 1)
            raise ScheduleError(
                f"There is no field {str(name)[:40]!r}.",
                field=str(name)[:40],
                hint=f"Did you mean {close[0]}?" if close else f"There are {', '.join(known)}.",
            )


def read_text(given: Mapping[str, Any], name: str, hint: str) -> str:
    """A text that must be there."""
    value = given.get(name)
    if value is None:
        raise ScheduleError(f"{name} is missing.", field=name, hint=hint)
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT_CHARS or "\0" in value:
        raise ScheduleError(f"{name} is {str(value)[:60]!r}.", field=name, hint=hint)
    return value.strip()


def read_choice(given: Mapping[str, Any], name: str, choices: Collection[str], default: str) -> str:
    """One of several words."""
    value = given.get(name, default)
    if value not in choices:
        raise ScheduleError(
            f"{name} is {str(value)[:60]!r}.", field=name, hint=f"Give one of {', '.join(choices)}."
        )
    return str(value)


def read_number(
    given: Mapping[str, Any], name: str, least: float, most: float, default: float | None = None
) -> float:
    """A number within bounds; a whole one stays whole."""
    value = given.get(name, default)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not least <= value <= most:  # NaN is in no range
        what = "missing" if value is None else repr(value)[:60]
        raise ScheduleError(
            f"{name} is {what}.", field=name, hint=f"Give a number from {least:g} to {most:g}."
        )
    whole: float = int(value) if float(value).is_integer() else value
    return whole


def read_flag(given: Mapping[str, Any], name: str, default: bool) -> bool:
    """True or false."""
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise ScheduleError(f"{name} is {str(value)[:60]!r}.", field=name, hint="Give true or false.")
    return value


def read_moment(value: object, name: str) -> datetime:
    """A moment with its zone, in UTC: ISO 8601 text, or what YAML has made of it."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(_iso(str(value)))
    except ValueError:
        raise _no_moment(value, name) from None
    if moment.tzinfo is None:
        raise ScheduleError(
            f"{name} names no time zone.", field=name, hint=f"Write {moment.isoformat()}Z for UTC, or +01:00."
        )
    try:
        return moment.astimezone(timezone.utc)
    except OverflowError:
        raise _no_moment(value, name) from None


def read_passed(given: Mapping[str, Any], place: Place, sources: Collection[str]) -> dict[str, str]:
    """The field `pass`: which parameter is given which output, `{"accuracy": "metrics.accuracy"}`.

    A source that ends in `.` takes any name after it.
    """
    passed = given.get("pass") or {}
    if not isinstance(passed, Mapping) or len(passed) > MAX_PASSED:
        raise ScheduleError(
            "pass is no mapping from parameters to what they are given.",
            field="pass",
            hint="Write pass: {path: file}, say.",
        )
    for name, source in passed.items():
        known = any(
            str(source).startswith(one) and source != one if one.endswith(".") else source == one
            for one in sources
        )
        if not isinstance(source, str) or not known or len(source) > MAX_TEXT_CHARS:
            listed = ", ".join(one + "NAME" if one.endswith(".") else one for one in sources)
            raise ScheduleError(
                f"{str(source)[:60]!r} is nothing that can be passed.",
                field=f"pass.{str(name)[:40]}",
                hint=f"Give one of {listed}.",
            )
    check_declared(passed, place, "pass")
    return {str(name): source for name, source in sorted(passed.items())}


def check_declared(names: Collection[Any], place: Place, field: str) -> None:
    """Refuse names that are no parameters of the job's notebook, where those are known."""
    if place.parameters is None or not place.parameters.names_known:
        return
    declared = [parameter.name for parameter in place.parameters]
    for name in names:
        if name not in declared:
            raise ScheduleError(
                f"The notebook has no parameter {str(name)[:60]}.",
                field=f"{field}.{str(name)[:40]}",
                hint=f"Its parameters are {', '.join(declared)}." if declared else "It has none.",
            )


def _iso(text: str) -> str:
    text = text.strip()
    return f"{text[:-1]}+00:00" if text[-1:] in ("z", "Z") else text  # Python 3.10 does not read the letter


def _no_moment(value: object, name: str) -> ScheduleError:
    return ScheduleError(
        f"{name} is {str(value)[:60]!r}, which is no moment.",
        field=name,
        hint="Write 2026-12-01T06:00:00+01:00.",
    )
