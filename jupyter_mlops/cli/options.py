"""Options that several commands take."""

from __future__ import annotations

import click

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
parameters_option = click.option(
    "-p",
    "--parameter",
    "parameters",
    type=(str, str),
    multiple=True,
    metavar="NAME VALUE",
    help="A parameter's value; may be given several times.",
)
name_option = click.option("--name", help="The job's name.  [default: the notebook's path without .ipynb]")
kernel_option = click.option("--kernel", metavar="NAME", help="The kernel.  [default: the notebook's own]")
output_option = click.option(
    "--output", is_flag=True, help="Show what the cells put out, as it comes, on standard error."
)
