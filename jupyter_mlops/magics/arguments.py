"""What follows `%mlops`: subcommands, their options, and errors that teach. Standard library only."""

from __future__ import annotations

import argparse
import difflib
import shlex
from typing import Any, NoReturn

from jupyter_mlops.errors import BadInputError

SUBCOMMANDS = {
    "status": "what is recorded and where, the worker, and this notebook's last runs",
    "run": "run this notebook as a job: -p NAME VALUE, --name, --register, --kernel, --wait",
    "register": "register the model that this kernel logged to MLflow last",
    "runs": "list this notebook's runs",
    "history": "list what was executed in this notebook's cells",
    "on": "record cell executions",
    "off": "record no more",
    "help": "show this list",
}
PARAMETER_OPTIONS = ("-p", "--parameter")


class TeachingParser(argparse.ArgumentParser):
    """A parser that raises what it has against a line, with the usage, instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        """Refuse the line."""
        raise BadInputError(
            f"%{self.prog}: {message}.",
            field="line",
            hint=self.format_usage().strip().replace("usage: ", "%"),
        )


def parse_line(line: str) -> argparse.Namespace:
    """The subcommand of a line (attribute `subcommand`, `help` for an empty line) and its options.

    Raises:
        BadInputError: the line is not understood; the hint says how it would be.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise BadInputError(
            f"%mlops: the line cannot be split into words: {error}.",
            field="line",
            hint="Close the quotation marks.",
        ) from error
    name = words.pop(0) if words else "help"
    if name not in SUBCOMMANDS:
        raise _unknown(name)
    words, parameters = _take_parameters(words) if name == "run" else (words, {})
    return make_parser(name).parse_args(words, argparse.Namespace(subcommand=name, parameters=parameters))


def make_parser(name: str) -> TeachingParser:
    """The parser of one subcommand's options."""
    parser = TeachingParser(prog=f"mlops {name}", add_help=False, allow_abbrev=False)
    options: dict[str, dict[str, Any]] = {}
    if name == "run":
        parser.usage = (
            "%(prog)s [-p NAME VALUE]... [--name JOB] [--register MODEL] [--kernel KERNEL] [--wait]"
            " [--notebook PATH]"
        )
        options = {"--name": {}, "--register": {}, "--kernel": {}, "--wait": {"action": "store_true"}}
    elif name == "register":
        parser.add_argument("name")
        options = {"--run": {"metavar": "RUN"}}
    elif name in ("runs", "history"):
        options = {"--limit": {"type": int, "default": 10}}
    if name in ("run", "runs", "history", "status"):
        options["--notebook"] = {"metavar": "PATH"}
    for option, settings in options.items():
        parser.add_argument(option, **settings)
    return parser


def options_of(name: str) -> list[str]:
    """The options of a subcommand, as they are completed."""
    found = [option for action in make_parser(name)._actions for option in action.option_strings]
    return [*(PARAMETER_OPTIONS[:1] if name == "run" else ()), *found]


def _take_parameters(words: list[str]) -> tuple[list[str], dict[str, str]]:
    """Take the `-p NAME VALUE` out: argparse would take a value such as -1e-3 for an option."""
    rest: list[str] = []
    parameters: dict[str, str] = {}
    remaining = iter(words)
    for word in remaining:
        if word not in PARAMETER_OPTIONS:
            rest.append(word)
            continue
        name, value = next(remaining, None), next(remaining, None)
        if name is None or value is None:
            hint = "Write -p C 0.5"
            if name is not None and "=" in name:
                hint = f"Write -p {name.replace('=', ' ', 1)}"
            raise BadInputError(
                "%mlops run: -p takes a name and a value.", field=f"parameters.{name or ''}", hint=hint
            )
        parameters[name] = value
    return rest, parameters


def _unknown(name: str) -> BadInputError:
    close = difflib.get_close_matches(name, SUBCOMMANDS, 1)
    guess = f"Did you mean %mlops {close[0]}? " if close else ""
    return BadInputError(
        f"%mlops has no subcommand {name!r}.",
        field="subcommand",
        hint=f"{guess}There are {', '.join(SUBCOMMANDS)}.",
    )
