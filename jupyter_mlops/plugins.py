"""What other packages bring by entry points: kinds of triggers and gates, executors."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any, TypeVar

Thing = TypeVar("Thing")
log = logging.getLogger(__name__)


def with_plugins(
    group: str, ours: Mapping[str, Thing], classes: tuple[type[Any], ...], what: str, name: str = "name"
) -> dict[str, Thing]:
    """Ours, and those of a group of entry points, by their names. Never raises; what is left out is logged.

    Args:
        group: of entry points; each loads to a class or a function that makes the thing.
        ours: stay ours, whatever another package calls its own.
        classes: what the things are instances of.
        what: what one is called in the log.
        name: the attribute that says its name, which is the entry point's, too.
    """
    found = dict(ours)
    for point in entry_points(group=group):
        if point.name in found:
            continue
        try:
            thing = point.load()()
        except Exception:
            log.exception("the %s %r (%s) cannot be loaded", what, point.name, point.value)
            continue
        if isinstance(thing, classes) and getattr(thing, name, None) == point.name:
            found[point.name] = thing
        else:
            log.error("%s is no %s named %r", point.value, what, point.name)
    return found
