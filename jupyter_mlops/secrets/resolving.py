"""From an environment with references to the variables of a kernel: done once, just before it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jupyter_mlops.capture.redaction import REDACT, Redactor, redacted_variables
from jupyter_mlops.secrets.environment import references
from jupyter_mlops.secrets.keeping import VARIABLE_PREFIX, Secrets


@dataclass(frozen=True)
class KernelVariables:
    """What a job gives its kernel, with the values of its secrets: never stored, never shown.

    Attributes:
        plain: variables with their values.
        secret: the same of those that are secrets.
    """

    plain: Mapping[str, str]
    secret: Mapping[str, str]

    def over(self, environ: Mapping[str, str]) -> dict[str, str]:
        """An environment with these variables, which tells whose values are not to be recorded.

        The worker's own variables of secrets are left out: a kernel gets those that its job names.
        """
        inherited = {name: text for name, text in environ.items() if not name.startswith(VARIABLE_PREFIX)}
        told = sorted({*redacted_variables(environ), *self.secret})
        declared = {REDACT: ",".join(told)} if told else {}
        return {**inherited, **self.plain, **self.secret, **declared}

    def redactor(self) -> Redactor | None:
        """What takes these secrets out of a text; None when there are none."""
        return Redactor({**self.secret, REDACT: ",".join(self.secret)}) if self.secret else None


def resolve(environment: Mapping[str, str], secrets: Secrets) -> KernelVariables:
    """Look up all secrets that an environment refers to.

    Raises:
        SecretMissingError: this machine does not have one of them.
    """
    named = references(environment)
    plain = {name: text for name, text in environment.items() if name not in named}
    return KernelVariables(plain, {name: secrets.value(secret) for name, secret in named.items()})
