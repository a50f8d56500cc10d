"""Commands called from a cell, by `%mlops`: they know the kernel's notebook, and their errors are ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jupyter_mlops.cli import cli
from jupyter_mlops.cli.named_values import NamedValueCommand
from jupyter_mlops.cli.run_options import AskedRun, run_options
from jupyter_mlops.errors import BadInputError, NotFoundError

if TYPE_CHECKING:
    from jupyter_mlops.notebooks.places import NotebookPlace

PROGRAM = "%mlops"


@dataclass(frozen=True)
class RunInCell:
    """What `%mlops run` says.

    Args:
        asked: what to run, and how.
        wait: whether the cell waits for its end.
        notebook: another notebook than the kernel's own.
    """

    asked: AskedRun
    wait: bool
    notebook: str | None


def call(words: Sequence[str], locate: Callable[[str | None], NotebookPlace]) -> None:
    """Carry out a command; what it writes goes to standard output.

    Args:
        words: its name, and what follows as in a shell. The notebook that it is about need not be named, nor
            the root: they are the kernel's own, or those of `--notebook PATH`.
        locate: the notebook that is named, or the kernel's own.

    Raises:
        BadInputError: the command does not take these words.
        MlopsError: what the command refuses.
    """
    _main(cli, [words[0], *_completed(words, locate)], PROGRAM)


def parse_run(words: Sequence[str]) -> RunInCell | None:
    """What follows `%mlops run`: the options of `jupyter mlops run`; None where its help was asked for.

    Raises:
        BadInputError: it is not understood.
    """
    said = _main(run_in_cell, words, f"{PROGRAM} run")
    return said if isinstance(said, RunInCell) else None


@click.command("run", cls=NamedValueCommand, context_settings={"help_option_names": ["-h", "--help"]})
@run_options
@click.option("--wait", is_flag=True, help="Wait for its end; an interrupt ends the waiting, not the run.")
@click.option("--notebook", metavar="PATH", help="Another notebook than this one.")
def run_in_cell(asked: AskedRun, wait: bool, notebook: str | None) -> RunInCell:
    """Run this notebook, as it is saved, as a job: in a worker process, recorded, tracked in MLflow."""
    return RunInCell(asked, wait, notebook)


def _main(command: click.Command, words: Sequence[str], name: str) -> Any:
    try:
        return command.main(list(words), prog_name=name, standalone_mode=False)
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        usage = f"{context.get_usage()} (--help explains them)" if context else None
        raise BadInputError(error.format_message(), field="line", hint=usage) from None
    except click.Abort:
        raise KeyboardInterrupt from None


def options_of(name: str) -> list[str]:
    """The options of a command, as they are completed."""
    parameters = run_in_cell.params if name == "run" else _parameters(name).values()
    return [
        option
        for parameter in parameters
        if isinstance(parameter, click.Option)
        for option in parameter.opts + parameter.secondary_opts
    ]


def _completed(words: Sequence[str], locate: Callable[[str | None], NotebookPlace]) -> list[str]:
    """What follows the name, with the notebook and the root where they are not said."""
    rest = list(words[1:])
    known = _parameters(words[0])
    notebook = known.get("notebook")
    if isinstance(notebook, click.Argument):
        place = locate(_take_notebook(rest))
        rest = [str(place.root / place.notebook), *rest]
        root: Path | None = place.root
    else:
        root = _root(locate)
    if "root" in known and root is not None and not {"--root", "--all-roots"} & set(rest):
        rest = ["--root", str(root), *rest]
    return rest


def _parameters(name: str) -> dict[str | None, click.Parameter]:
    command = cli.get_command(click.Context(cli), name)
    return {} if command is None else {parameter.name: parameter for parameter in command.params}


def _take_notebook(words: list[str]) -> str | None:
    if "--notebook" not in words[:-1]:
        return None
    at = words.index("--notebook")
    named = words[at + 1]
    del words[at : at + 2]
    return named


def _root(locate: Callable[[str | None], NotebookPlace]) -> Path | None:
    try:
        return locate(None).root
    except NotFoundError:
        return None
