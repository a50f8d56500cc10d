"""A trigger as people say it: `every="15m"`, `after="prepare"`; for the command line and Python."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from jupyter_mlops.errors import ScheduleError
from jupyter_mlops.jobs.triggers.request import TriggerRequest
from jupyter_mlops.moments import parse_moment

_EVERY = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([smhdw]?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


@dataclass(frozen=True)
class GivenTrigger:
    """Ways to say when a job runs, of which one is given, and what goes with any of them.

    Args:
        cron: five fields, six with seconds first, or an alias such as `@daily`.
        timezone: of `cron`; by default this machine's.
        every: seconds, or a length of time such as `15m`, `36h`, `7d`.
        at: a moment; without a zone it is this machine's time.
        on_file: a path or pattern under the root.
        after: another job's name or id.
        on: of `after`: `success`, `failure` or `any`; of `on_file`: `created`, `changed` or `any`.
        on_model: a registered model that gets a new version.
        alias: of `on_model`: fire when this alias moves instead.
        http: when its address is called.
        signed: of `http`: whether a call must be signed.
        passed: what of the other run, file or version is given to which parameter.
        starts: it does not fire before.
        ends: it does not fire after.
        missed: `skip`, `latest` or `all`.
        jitter: a run waits up to so many seconds.
        active: False makes it paused.
    """

    cron: str | None = None
    timezone: str | None = None
    every: str | float | None = None
    at: str | datetime | None = None
    on_file: str | None = None
    after: str | None = None
    on: str | None = None
    on_model: str | None = None
    alias: str | None = None
    http: bool = False
    signed: bool = False
    passed: Mapping[str, str] = field(default_factory=dict)
    starts: str | datetime | None = None
    ends: str | datetime | None = None
    missed: str | None = None
    jitter: float = 0.0
    active: bool = True

    def as_request(self) -> TriggerRequest:
        """The trigger that is meant.

        Raises:
            ScheduleError: none or several ways are given, or one that cannot be read.
        """
        kind, spec = self._way()
        if self.every is not None:
            spec["seconds"] = parse_every(self.every)
        if self.on is not None:
            spec["on"] = self.on
        if self.passed:
            spec["pass"] = dict(self.passed)
        return TriggerRequest.parse(
            {
                "kind": kind,
                "spec": spec,
                "active": self.active,
                "starts_at": _moment(self.starts, "starts"),
                "ends_at": _moment(self.ends, "ends"),
                "missed": self.missed,
                "jitter_s": self.jitter,
            }
        )

    def _way(self) -> tuple[str, dict[str, Any]]:
        ways: dict[str, tuple[object, str, dict[str, Any]]] = {
            "cron": (self.cron, "cron", {"cron": self.cron, "timezone": self.timezone or local_timezone()}),
            "every": (self.every is not None, "interval", {"seconds": self.every}),
            "at": (self.at, "once", {"at": _moment(self.at, "at")}),
            "on-file": (self.on_file, "file", {"path": self.on_file}),
            "after": (self.after, "after", {"job": self.after}),
            "on-model": (self.on_model, "registry", self._model()),
            "http": (self.http, "http", {"signed": self.signed}),
        }
        given = {name: (kind, spec) for name, (is_given, kind, spec) in ways.items() if is_given}
        if len(given) == 1:
            return next(iter(given.values()))
        raise ScheduleError(
            f"{' and '.join(given)} are given together." if given else "It is not said when to run.",
            field=list(given)[1] if given else "cron",
            hint=f"Give one of {', '.join(ways)}; a job may be given several triggers, one after the other.",
        )

    def _model(self) -> dict[str, Any]:
        return {"model": self.on_model, **({"on": "alias", "alias": self.alias} if self.alias else {})}


def parse_every(text: str | float) -> float:
    """Seconds from a number of them, or a length of time.

    Raises:
        ScheduleError: it is neither.
    """
    found = _EVERY.fullmatch(str(text).strip())
    if found is None:
        raise ScheduleError(
            f"{str(text)[:40]!r} is no length of time.",
            field="every",
            hint="Write seconds, or 90s, 15m, 36h, 7d.",
        )
    seconds = float(found[1]) * _UNITS[found[2]]
    return int(seconds) if seconds.is_integer() else seconds


def local_timezone() -> str:
    """This machine's zone by name: the variable TZ, else what /etc/localtime points to, else UTC."""
    _, _, linked = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")
    return os.environ.get("TZ", "").lstrip(":") or linked or "UTC"


def _moment(given: str | datetime | None, name: str) -> datetime | None:
    if given is None or isinstance(given, datetime):
        return given.astimezone() if given is not None else None
    return parse_moment(given, name)
