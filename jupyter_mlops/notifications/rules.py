"""Which events of a job's runs are told by which channels: the policy `notify`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from jupyter_mlops.errors import BadInputError

JUPYTERLAB = "jupyterlab"
MAX_CHANNELS = 10
_CHANNEL_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class Event(str, Enum):
    """What can be told about a run and its model. The value is what the store, policies and REST show."""

    STARTED = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RECOVERED = "recovered"
    LONGER_THAN_USUAL = "longer_than_usual"
    AWAITING_APPROVAL = "awaiting_approval"
    PROMOTED = "promoted"
    KEPT = "kept"


Rules = Mapping[str, list[str]]
"""For each event, by its value, the channels that tell it."""


def default_rules() -> dict[str, list[str]]:
    """What is told where nobody has said anything: failures, in JupyterLab."""
    return {Event.FAILED.value: [JUPYTERLAB]}


def parse_rules(given: Any, field: str = "policies.notify") -> dict[str, list[str]]:
    """Check rules as a user writes them: `{"failed": ["jupyterlab", "team-mail"]}`.

    An event that is not named keeps its default; `[]` silences it.

    Raises:
        BadInputError: an event or a channel's name that cannot be; its place is named.
    """
    if not isinstance(given, Mapping):
        raise BadInputError(
            "notify is no mapping of events to channels.",
            field=field,
            hint='Write, for example, {"failed": ["jupyterlab", "team-mail"]}.',
        )
    known = [event.value for event in Event]
    rules = default_rules()
    for event, channels in given.items():
        if event not in known:
            raise BadInputError(
                f"There is no event {str(event)[:40]!r}.", field=field, hint=f"There are {', '.join(known)}."
            )
        if not isinstance(channels, (list, tuple)) or len(channels) > MAX_CHANNELS:
            raise BadInputError(
                f"The channels of {event!r} are no list of at most {MAX_CHANNELS} names.",
                field=f"{field}.{event}",
            )
        rules[event] = list(dict.fromkeys(check_channel_name(name, f"{field}.{event}") for name in channels))
    return rules


def rules_of(policies: Any) -> Rules:
    """The rules among a run's stored policies. Never raises: a row that cannot be read has the default."""
    try:
        return parse_rules((policies or {}).get("notify") or {})
    except (BadInputError, AttributeError):
        return default_rules()


def check_channel_name(name: Any, field: str) -> str:
    """A channel's name.

    Raises:
        BadInputError: it is none; `field` is named.
    """
    if not isinstance(name, str) or not _CHANNEL_NAME.fullmatch(name):
        raise BadInputError(
            f"{str(name)[:40]!r} cannot be a channel's name.",
            field=field,
            hint="Lower-case letters, digits, - and _, at most 40: as in team-mail.",
        )
    return name
