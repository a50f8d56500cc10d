"""`jupyter mlops plan`, `apply`, `export`: jobs as a file in git."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jupyter_mlops.cli.options import json_option
from jupyter_mlops.cli.output import echo_json
from jupyter_mlops.cli.triggers import say_token

if TYPE_CHECKING:
    from jupyter_mlops.jobs.definitions.apply import Change
    from jupyter_mlops.jobs.definitions.service import DefinitionFile, DefinitionService

_MARKS = {"create": "+", "change": "~", "delete": "-"}
_file_option = click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path),
    default=Path("jobs.yaml"),
    show_default=True,
    help="The file of definitions.",
)
_root_option = click.option(
    "--root",
    metavar="DIR",
    help="The folder that the jobs belong to: the one that JupyterLab is started in.  [default: the file's]",
)
_adopt_option = click.option(
    "--adopt", is_flag=True, help="Take over jobs of the same names that the file did not define."
)


@click.command("plan")
@_file_option
@_root_option
@_adopt_option
@click.option("--check", is_flag=True, help="Exit with 1 when there is something to do.")
@click.option("--schema", is_flag=True, help="Write the file's JSON Schema, for editors; nothing else.")
@json_option
def plan_command(file: Path, root: str | None, adopt: bool, check: bool, schema: bool, as_json: bool) -> int:
    """Say what `apply` would create, change and delete; nothing is stored."""
    from jupyter_mlops.jobs.definitions import definition

    if schema:
        click.echo(json.dumps(definition.schema(), indent=2))
        return 0
    definitions, read = _read(file, root)
    made = definitions.plan(read, adopt=adopt)
    _tell(made, as_json, done=False)
    return 1 if check and made else 0


@click.command("apply")
@_file_option
@_root_option
@_adopt_option
@json_option
def apply_command(file: Path, root: str | None, adopt: bool, as_json: bool) -> None:
    """Make the jobs what the file says: all of it, or nothing when something in it cannot be used.

    Jobs that this file defined before and no longer does are deleted; those made by hand are left alone.
    Done twice, the second time there is nothing to do.
    """
    definitions, read = _read(file, root)
    _tell(definitions.apply(read, adopt=adopt), as_json, done=True)


@click.command("export")
@click.option(
    "--file", type=click.Path(path_type=Path), help="The file to write.  [default: standard output]"
)
@click.option("--job", "names", multiple=True, metavar="JOB", help="Only this job; may be repeated.")
@click.option("--root", metavar="DIR", help="The folder that the jobs belong to.  [default: the current one]")
@json_option
def export_command(file: Path | None, names: tuple[str, ...], root: str | None, as_json: bool) -> None:
    """Write the jobs that there are as a file of definitions, to start from."""
    from jupyter_mlops.jobs.definitions.export import as_yaml, write_definitions
    from jupyter_mlops.notebooks.places import check_root
    from jupyter_mlops.workspace import Workspace

    told = Workspace().definitions(check_root(root or ".")).export(names)
    if file is not None:
        write_definitions(told, file)
    if as_json:
        echo_json(told)
    elif file is not None:
        click.echo(
            f"{len(told['jobs'])} jobs are written to {file}; `jupyter mlops apply --adopt` takes them over."
        )
    else:
        click.echo(as_yaml(told), nl=False)


def _read(file: Path, root: str | None) -> tuple[DefinitionService, DefinitionFile]:
    from jupyter_mlops.jobs.definitions.service import DefinitionFile
    from jupyter_mlops.notebooks.places import check_root
    from jupyter_mlops.workspace import Workspace

    folder = check_root(root or file.resolve().parent)
    return Workspace().definitions(folder), DefinitionFile.read(file, folder)


def _tell(made: list[Change], as_json: bool, *, done: bool) -> None:
    if as_json:
        echo_json({"applied": done, "changes": [change.as_dict(done=done) for change in made]})
        return
    for change in made:
        click.echo(f"{_MARKS[change.action]} {change.action} {change.job}")
        for detail in change.details:
            click.echo(f"    {detail}")
        for new in change.tokens if done else ():
            say_token(new)
    counted = [f"{sum(one.action == action for one in made)} to {action}" for action in _MARKS]
    if not made:
        click.echo("Nothing to do: the jobs are as the file says.")
    else:
        click.echo("Done." if done else f"{', '.join(counted)}; `jupyter mlops apply` does it.")
