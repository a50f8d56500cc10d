"""The environment that a job gives its kernels: plain values, and references to secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jupyter_mlops.capture.redaction import Redactor, is_secret_name
from jupyter_mlops.errors import BadInputError, ParameterError

SCHEME = "secret://"
MAX_VARIABLES = 50
MAX_CHARS = 8_000  # of a value

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
# What an attempt sets itself, for its kernel to record and to be tracked.
_OURS = re.compile(
    r"(?:JUPYTER_MLOPS_|JPY_)\w*|_?MLFLOW_(?:TRACKING_URI|RUN_ID|EXPERIMENT_ID|SERVER_ARTIFACT_ROOT)",
    re.IGNORECASE,
)


def check_environment(given: Mapping[str, Any]) -> dict[str, str]:
    """An environment as rows keep it. No message of ours repeats a value.

    Raises:
        BadInputError: a name or a value cannot be used; the field is `environment.NAME`.
    """
    if len(given) > MAX_VARIABLES:
        raise BadInputError(f"An environment has at most {MAX_VARIABLES} variables.", field="environment")
    for name, text in given.items():
        _check_name(name)
        _check_text(name, text)
    return dict(given)


def check_secret_name(name: str, field: str = "name") -> str:
    """The name of a secret.

    Raises:
        BadInputError: it cannot be one.
    """
    if not _NAME.fullmatch(name):
        raise BadInputError(
            f"{name[:40]!r} cannot be a secret's name.",
            field=field,
            hint="Give 1 to 100 letters, digits, dots, dashes and underscores, the first a letter or digit.",
        )
    return name


def references(environment: Mapping[str, str]) -> dict[str, str]:
    """The names of the secrets that an environment refers to, by the variable that each is for."""
    return {name: text[len(SCHEME) :] for name, text in environment.items() if text.startswith(SCHEME)}


def refuse_references(parameters: Mapping[str, Any]) -> None:
    """Hold secrets out of parameters: these are written into the executed notebook.

    Raises:
        ParameterError: a value refers to a secret.
    """
    for name, value in parameters.items():
        if isinstance(value, str) and value.lstrip().lower().startswith(SCHEME):
            raise ParameterError(
                f"The parameter {name} refers to a secret, but parameters are written into the notebook.",
                field=f"parameters.{name}",
                hint=f"Give it as a variable instead, environment: {{{name.upper()}: {SCHEME}NAME}}, "
                "and read that in the notebook from os.environ.",
            )


def _check_name(name: str) -> None:
    if not _VARIABLE.fullmatch(name):
        raise _refusal(name, "cannot be a variable's name", "Give letters, digits and underscores.")
    if _OURS.fullmatch(name):
        raise _refusal(name, "is set by the run itself", "Choose another name.")


def _check_text(name: str, text: object) -> None:
    if not isinstance(text, str):
        raise _refusal(name, "has a value that is no text", "Put it in quotes.")
    if len(text) > MAX_CHARS or "\0" in text or not _is_unicode(text):
        raise _refusal(name, "has a value that no process can be given", f"Up to {MAX_CHARS} characters.")
    if text.lower().startswith(SCHEME):
        if not text.startswith(SCHEME) or not _NAME.fullmatch(text[len(SCHEME) :]):
            raise _refusal(
                name,
                "refers to a secret by what cannot be its name",
                f"Give {SCHEME} and 1 to 100 letters, digits, dots, dashes and underscores.",
            )
    elif (text and is_secret_name(name)) or Redactor({}).text(text) != text:
        raise _refusal(
            name,
            "seems to be a secret, and would be stored and shown",
            f"Keep it with `jupyter mlops secrets set NAME`, and give {SCHEME}NAME here.",
        )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def _refusal(name: str, what: str, hint: str) -> BadInputError:
    shown = name[:100] if name.isprintable() else repr(name[:40])
    return BadInputError(f"{shown or 'A variable'} {what}.", field=f"environment.{shown}", hint=hint)
