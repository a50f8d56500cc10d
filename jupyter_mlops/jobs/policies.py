"""The policies of a job: how it is retried, limited, kept apart from its other runs, and told about.

A run carries the policies that its job had when it was queued. They are kept as JSON; what is left out has
its default, so that a policy added later means the same to older rows.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.housekeeping.limits import check_limits
from jupyter_mlops.notifications.rules import default_rules, parse_rules
from jupyter_mlops.runs.executors import LOCAL, check_executor
from jupyter_mlops.runs.remote.address import check_address, check_form
from jupyter_mlops.runs.states import Reason

Overlap = Literal["skip", "queue", "cancel_previous", "allow"]
Missed = Literal["skip", "latest", "all"]
Preflight = Literal["off", "warn", "refuse"]

MAX_ATTEMPTS = 20
MAX_PRIORITY = 100
MAX_PARALLEL = 100
MAX_EXECUTOR_CHARS = 40
MAX_SECONDS = 31 * 24 * 3600
RETRIABLE = (
    Reason.ERROR,
    Reason.KERNEL_DIED,
    Reason.OUT_OF_MEMORY,
    Reason.KERNEL_NOT_STARTED,
    Reason.TIMEOUT,
    Reason.WORKER_LOST,
    Reason.INTERNAL_ERROR,
)


@dataclass(frozen=True)
class Policies:
    """How a job's runs are treated.

    Args:
        max_attempts: how often a run is tried in all. A notebook may have side effects, so it is 1 unless
            somebody says that trying again is safe.
        retry_delay_s: seconds before the second attempt.
        retry_backoff: by what each later delay is longer than the one before.
        retry_max_delay_s: the longest delay.
        retry_on: the reasons for which another attempt is made.
        cell_timeout_s: how long one cell may take; None: as long as it likes.
        timeout_s: how long one attempt may take.
        overlap: what becomes of a fire while a run of the same job is under way: it is skipped, waits, ends
            that run and takes its place, or runs beside it.
        max_parallel: how many runs of the job at once; more than 1 only where `overlap` is `allow`, and there
            100 unless it is said.
        priority: which of the queued runs is taken first, from -100 to 100; the highest.
        executor: where its attempts are executed, by the name of one that is installed (`runs/executors.py`).
        preflight: what becomes of a run of which is known beforehand that it will fail.
        keep_kernel_s: how long the kernel of a failed run is kept, so that it can be resumed at that cell.
        tracking_wait_s: how long a run waits for a tracking server that is away when it would start; 0: it
            fails at once.
        output_url: where each attempt's executed notebook is kept besides `mlops-runs/`, in fsspec's terms.
        notify: for each event, the channels by which it is told (`notifications/rules.py`).
        retention: how many of its runs are kept, and how long (`housekeeping/limits.py`); {}: by the setting.
    """

    max_attempts: int = 1
    retry_delay_s: float = 30.0
    retry_backoff: float = 2.0
    retry_max_delay_s: float = 3600.0
    retry_on: tuple[str, ...] = RETRIABLE
    cell_timeout_s: float | None = None
    timeout_s: float | None = None
    overlap: Overlap = "skip"
    max_parallel: int = 1
    priority: int = 0
    executor: str = LOCAL
    preflight: Preflight = "warn"
    keep_kernel_s: float = 0.0
    tracking_wait_s: float = 3600.0
    output_url: str | None = None
    notify: dict[str, list[str]] = field(default_factory=default_rules)
    retention: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, given: Mapping[str, Any] | None) -> Policies:
        """Check policies as a user writes them.

        Raises:
            BadInputError: the field at fault is `policies.NAME`; nothing is guessed.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        values: dict[str, Any] = {}
        for name, value in (given or {}).items():
            if name not in known:
                raise _refuse(name, "is no policy", f"There are {', '.join(sorted(known))}.")
            values[name] = _CHECKS[name](name, value)
        if "executor" in values:
            check_executor(values["executor"], "policies.executor")
        if values.get("output_url") is not None:
            check_address(values["output_url"], "policies.output_url")
        if values.get("overlap") == "allow":
            values.setdefault("max_parallel", MAX_PARALLEL)
        policies = cls(**values)
        if policies.max_parallel > 1 and policies.overlap != "allow":
            raise _refuse(
                "max_parallel", "is more than 1, but overlap is not 'allow'", "Set overlap to allow."
            )
        return policies

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Policies:
        """Policies as they were stored; what a newer version added, or a hand has spoilt, has its default."""
        values: dict[str, Any] = {}
        for name, check in _CHECKS.items():
            with contextlib.suppress(BadInputError, KeyError, TypeError):
                values[name] = check(name, stored[name])
        return cls(**values)

    def as_dict(self) -> dict[str, Any]:
        """All of them, as JSON has them."""
        return {**vars(self), "retry_on": list(self.retry_on)}

    def changed(self) -> dict[str, Any]:
        """Those that differ from the defaults: what is stored and written to files."""
        default = Policies().as_dict()
        return {name: value for name, value in self.as_dict().items() if value != default[name]}

    def retry_delay(self, attempts: int) -> float:
        """Seconds to wait after so many attempts."""
        try:
            delay = self.retry_delay_s * self.retry_backoff ** (attempts - 1)
        except OverflowError:
            delay = math.inf
        return min(delay, self.retry_max_delay_s)

    def retries(self, reason: str | None, attempts: int) -> bool:
        """Whether a run that ended for a reason is tried again after so many attempts."""
        return attempts < self.max_attempts and reason in self.retry_on


def check_policies(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """All that a user writes under `policies`, as rows keep it: what was said, be it a default or not.

    Beside `Policies` there are `notify` (who is told of what) and `retention` (what is kept).

    Raises:
        BadInputError: the field at fault is `policies.NAME`.
    """
    from jupyter_mlops.housekeeping.limits import check_limits
    from jupyter_mlops.notifications.rules import parse_rules

    own = dict(given or {})
    others: dict[str, Callable[[Any], dict[str, Any]]] = {"notify": parse_rules, "retention": check_limits}
    kept = {name: check(own.pop(name)) for name, check in others.items() if own.get(name) is not None}
    own = {name: value for name, value in own.items() if name not in others}
    policies = Policies.parse(own)
    said = {name: value for name, value in policies.as_dict().items() if name in own}
    return {**policies.changed(), **said, **kept}


def shown_policies(stored: Mapping[str, Any]) -> dict[str, Any]:
    """A row's policies with all defaults written out."""
    return {**stored, **Policies.of(stored).as_dict()}


def _whole(least: int, most: int) -> Callable[[str, Any], int]:
    def check(name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise _refuse(name, f"is {value!r}", f"Give a whole number from {least} to {most}.")
        return value

    return check


def _seconds(least: float, *, none: bool = False) -> Callable[[str, Any], Any]:
    def check(name: str, value: Any) -> float | None:
        if value is None and none:
            return None
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not least <= value <= MAX_SECONDS:  # NaN is in no range
            raise _refuse(name, f"is {value!r}", f"Give seconds, from {least:g} to {MAX_SECONDS} (31 days).")
        return float(value)

    return check


def _one_of(choices: tuple[str, ...]) -> Callable[[str, Any], str]:
    def check(name: str, value: Any) -> str:
        if value not in choices:
            raise _refuse(name, f"is {value!r}", f"Give one of {', '.join(choices)}.")
        return str(value)

    return check


def _executor(name: str, value: Any) -> str:
    """A name; which are installed is asked when it is given, not when a row of another machine is read."""
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_EXECUTOR_CHARS:
        raise _refuse(name, f"is {value!r}", "Give the name of an executor, such as local.")
    return value


def _address(name: str, value: Any) -> str | None:
    """An address, or none; whether this machine can write there is asked when it is given, as above."""
    return None if value is None else check_form(value, f"policies.{name}")


def _backoff(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 1 <= value <= 100:
        raise _refuse(name, f"is {value!r}", "Give a number from 1 (always the same delay) to 100.")
    return float(value)


def _reasons(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(reason in RETRIABLE for reason in value):
        raise _refuse(name, f"is {value!r}", f"Give a list of {', '.join(RETRIABLE)}.")
    return tuple(value)


def _refuse(name: str, problem: str, hint: str) -> BadInputError:
    return BadInputError(f"The policy {name[:40]!r} {problem}.", field=f"policies.{name[:40]}", hint=hint)


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "max_attempts": _whole(1, MAX_ATTEMPTS),
    "retry_delay_s": _seconds(0),
    "retry_backoff": _backoff,
    "retry_max_delay_s": _seconds(0),
    "retry_on": _reasons,
    "cell_timeout_s": _seconds(0.1, none=True),
    "timeout_s": _seconds(0.1, none=True),
    "overlap": _one_of(get_args(Overlap)),
    "max_parallel": _whole(1, MAX_PARALLEL),
    "priority": _whole(-MAX_PRIORITY, MAX_PRIORITY),
    "executor": _executor,
    "preflight": _one_of(get_args(Preflight)),
    "keep_kernel_s": _seconds(0),
    "tracking_wait_s": _seconds(0),
    "output_url": _address,
    "notify": lambda name, value: parse_rules(value, f"policies.{name}"),
    "retention": lambda name, value: check_limits(value, f"policies.{name}"),
}
