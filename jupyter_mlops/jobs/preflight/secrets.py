"""The secrets that an environment refers to, and which of them are not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jupyter_mlops.jobs.preflight.findings import Finding
from jupyter_mlops.secrets.environment import references
from jupyter_mlops.secrets.keeping import Secrets


def missing_secrets(environment: Mapping[str, str], secrets: Secrets) -> Iterator[Finding]:
    """What is told of them. It is never sure: the worker may have what this process has not."""
    for variable, name in references(environment).items():
        if secrets.find(name) is None:
            yield Finding(
                "secret",
                f"The secret {name!r}, for the variable {variable}, is not on this machine.",
                False,
                subject=name,
                hint=f"`jupyter mlops secrets set {name}` keeps it here.",
            )
