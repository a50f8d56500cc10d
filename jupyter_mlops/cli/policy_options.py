"""Options for the policies of a job or a run."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from jupyter_mlops.errors import BadInputError

_OPTIONS: dict[str, tuple[str, Any, str, str]] = {
    "retries": ("--retries", int, "COUNT", "Try a run that fails so often again.  [default: 0]"),
    "retry_delay_s": ("--retry-delay", float, "SECONDS", "Before the first of them.  [default: 30]"),
    "retry_backoff": (
        "--retry-backoff",
        float,
        "FACTOR",
        "By what each later delay is longer.  [default: 2]",
    ),
    "retry_max_delay_s": ("--retry-max-delay", float, "SECONDS", "The longest delay.  [default: 3600]"),
    "retry_on": (
        "--retry-on",
        str,
        "REASONS",
        "Only after these, as `error,kernel_died`.  [default: all that may pass]",
    ),
    "timeout_s": ("--timeout", float, "SECONDS", "End an attempt that takes longer."),
    "cell_timeout_s": ("--cell-timeout", float, "SECONDS", "End a run when one cell takes longer."),
    "overlap": (
        "--overlap",
        click.Choice(["skip", "queue", "cancel_previous", "allow"]),
        "",
        "What becomes of a fire while a run of the job is under way.  [default: skip]",
    ),
    "max_parallel": ("--max-parallel", int, "COUNT", "Of --overlap allow: how many runs at once."),
    "priority": ("--priority", int, "NUMBER", "The highest is taken first, from -100 to 100.  [default: 0]"),
    "executor": ("--executor", str, "NAME", "Where runs are executed.  [default: local]"),
    "preflight": (
        "--preflight",
        click.Choice(["off", "warn", "refuse"]),
        "",
        "What becomes of a run of which it is known beforehand that it fails.  [default: warn]",
    ),
    "tracking_wait_s": (
        "--tracking-wait",
        float,
        "SECONDS",
        "Wait so long for a tracking server that is away; 0: fail at once.  [default: 3600]",
    ),
    "keep_kernel_s": (
        "--keep-kernel",
        float,
        "SECONDS",
        "Keep the kernel of a failed run so long, for `resume-run`.",
    ),
    "output_url": (
        "--output-url",
        str,
        "URL",
        "Keep executed notebooks there, too: s3://bucket/prefix, file:///mnt/share, what fsspec knows.",
    ),
    "retention": (
        "--retention",
        str,
        "LIMITS",
        "What is kept of the job's runs: older_than=30d,keep=20,max_size=5GB, or off.  [default: by the "
        "setting]",
    ),
}
_NOTIFY = click.option(
    "--notify",
    type=(str, str),
    multiple=True,
    metavar="EVENT CHANNELS",
    help="Who is told of it, as `--notify failed=jupyterlab,team-mail`, or `--notify failed=` for nobody; "
    "may be given several times.  [default: failed=jupyterlab]",
)
_OPTION_OF = {"max_attempts": "--retries (one less)", "notify": "--notify"} | {
    name: option for name, (option, *_) in _OPTIONS.items()
}


def policy_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options; it gets those that were used as `policies`."""

    @functools.wraps(command)
    def with_policies(*arguments: Any, notify: tuple[tuple[str, str], ...], **options: Any) -> Any:
        said = {name: options.pop(name) for name in _OPTIONS}
        with naming_options():
            policies = _read({name: value for name, value in said.items() if value is not None})
            if notify:
                policies["notify"] = _read_rules(notify)
            return command(*arguments, policies=policies, **options)

    decorated: Callable[..., Any] = _NOTIFY(with_policies)
    for name, (option, kind, metavar, text) in reversed(_OPTIONS.items()):
        decorated = click.option(option, name, type=kind, metavar=metavar or None, help=text)(decorated)
    return decorated


@contextmanager
def naming_options() -> Iterator[None]:
    """Say of a policy that is refused meanwhile also by which option it was given."""
    try:
        yield
    except BadInputError as error:
        place, _, policy = (error.field or "").partition(".")
        option = _OPTION_OF.get(policy.split(".")[0]) if place == "policies" else None
        if option is not None and option not in (error.hint or ""):
            error.hint = " ".join(filter(None, (error.hint, f"It is given by {option}.")))
        raise


def _read(said: dict[str, Any]) -> dict[str, Any]:
    """The policies of what the options say."""
    if "retries" in said:
        said["max_attempts"] = said.pop("retries") + 1
    if "retry_on" in said:
        said["retry_on"] = _split(said["retry_on"])
    if "retention" in said:
        from jupyter_mlops.housekeeping.limits import read_limits

        said["retention"] = read_limits(said["retention"], "policies.retention")
    return said


def _read_rules(given: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    rules: dict[str, list[str]] = {}
    for event, channels in given:
        rules.setdefault(event, []).extend(_split(channels))
    return rules


def _split(words: str) -> list[str]:
    return [word.strip() for word in words.split(",") if word.strip()]
