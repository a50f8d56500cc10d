"""Options for the policies of a job or a run."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

_OPTIONS: dict[str, tuple[str, Any, str, str]] = {
    "retries": ("--retries", int, "COUNT", "Try a run that fails so often again.  [default: 0]"),
    "retry_delay_s": ("--retry-delay", float, "SECONDS", "Before the first; each later one doubles."),
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
}


def policy_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options; it gets those that were used as `policies`."""

    @functools.wraps(command)
    def with_policies(*arguments: Any, **options: Any) -> Any:
        said = {name: options.pop(name) for name in _OPTIONS}
        policies = {name: value for name, value in said.items() if value is not None}
        if "retries" in policies:
            policies["max_attempts"] = policies.pop("retries") + 1
        return command(*arguments, policies=policies, **options)

    decorated: Callable[..., Any] = with_policies
    for name, (option, kind, metavar, text) in reversed(_OPTIONS.items()):
        decorated = click.option(option, name, type=kind, metavar=metavar or None, help=text)(decorated)
    return decorated
