"""Options that several commands take."""

from __future__ import annotations

from collections.abc import Iterable

import click

from jupyter_mlops.errors import BadInputError

json_option = click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
root_option = click.option(
    "--root",
    metavar="DIR",
    help="The folder that the jobs belong to.  [default: the notebook's, as for `run`, else the current one]",
)
all_roots_option = click.option("--all-roots", is_flag=True, help="List those of every root.")
limit_option = click.option(
    "--limit", type=click.IntRange(1, 200), default=25, show_default=True, help="How many at most."
)
cursor_option = click.option("--cursor", help="Go on where a page ended: its `next_cursor`.")
parameters_option = click.option(
    "-p",
    "--parameter",
    "parameters",
    type=(str, str),
    multiple=True,
    metavar="NAME VALUE",
    help="A parameter's value, also as NAME=VALUE; may be given several times.",
)
environment_option = click.option(
    "--env",
    "environment",
    callback=lambda _context, _option, given: parse_environment(given),
    multiple=True,
    metavar="NAME=VALUE",
    help="A variable of the kernel; may be given several times. A secret is named: NAME=secret://SECRET.",
)
name_option = click.option("--name", help="The job's name.  [default: the notebook's path without .ipynb]")
kernel_option = click.option("--kernel", metavar="NAME", help="The kernel.  [default: the notebook's own]")
output_option = click.option(
    "--output", is_flag=True, help="Show what the cells put out, as it comes, on standard error."
)


def parse_environment(given: Iterable[str]) -> dict[str, str]:
    """The variables of `NAME=VALUE`, each.

    Raises:
        BadInputError: one has no `=`.
    """
    environment = {}
    for one in given:
        name, is_given, text = one.partition("=")
        if not is_given:
            raise BadInputError("--env has no '='.", field="environment", hint="Give --env NAME=VALUE.")
        environment[name] = text
    return environment
