"""`jupyter mlops plan`, `apply`, `export`: jobs as a file in git."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jupyter_mlops.cli.options import json_option
from jupyter_mlops.cli.output import echo_json
from jupyter_mlops.cli.triggers import say_token

if TYPE_CHECKING:
    from jupyter_mlops.jobs.definitions.apply import Change

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
    from jupyter_mlops.jobs.definitions.apply import plan

    made = _work(plan, file, root, adopt)
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
    from jupyter_mlops.jobs.definitions.apply import apply
    from jupyter_mlops.runs.workers import ensure_worker
    from jupyter_mlops.workspace import Workspace

    made = _work(apply, file, root, adopt)
    if made:
        workspace = Workspace()
        ensure_worker(workspace.store, workspace.settings)
    _tell(made, as_json, done=True)


@click.command("export")
@click.option(
    "--file", type=click.Path(path_type=Path), help="The file to write.  [default: standard output]"
)
@click.option("--job", "names", multiple=True, metavar="JOB", help="Only this job; may be repeated.")
@click.option("--root", metavar="DIR", help="The folder that the jobs belong to.  [default: the current one]")
@json_option
def export_command(file: Path | None, names: tuple[str, ...], root: str | None, as_json: bool) -> None:
    """Write the jobs that there are as a file of definitions, to start from."""
    from jupyter_mlops.errors import ConflictError
    from jupyter_mlops.jobs.definitions.export import as_yaml, export_definitions
    from jupyter_mlops.store.paging import PageRequest
    from jupyter_mlops.workspace import Workspace, check_root

    workspace, folder = Workspace(), check_root(root or ".")
    jobs = [workspace.find_job(name, folder) for name in names] or list(
        workspace.jobs(folder).list_jobs(PageRequest(200)).items
    )
    with workspace.store.reading() as session:
        told = export_definitions(session, sorted(jobs, key=lambda job: job.name))
    if file is not None:
        if file.exists():
            raise ConflictError(f"{file} is there already.", field="file", hint="Name another file.")
        file.write_text(as_yaml(told), encoding="utf-8")
    if as_json:
        echo_json(told)
    elif file is not None:
        click.echo(f"{len(jobs)} jobs are written to {file}; `jupyter mlops apply --adopt` takes them over.")
    else:
        click.echo(as_yaml(told), nl=False)


def _work(what: Callable[..., list[Change]], file: Path, root: str | None, adopt: bool) -> list[Change]:
    from jupyter_mlops.errors import NotFoundError
    from jupyter_mlops.jobs.definitions.definition import read_definitions
    from jupyter_mlops.workspace import Workspace, check_root

    try:
        text = file.read_bytes()
    except OSError as error:
        raise NotFoundError(
            f"{file} cannot be read: {error.strerror or error}.",
            field="file",
            hint="`jupyter mlops export --file jobs.yaml` writes one of the jobs there are.",
        ) from error
    folder = check_root(root or file.resolve().parent)
    real = file.resolve()
    source = real.relative_to(folder).as_posix() if real.is_relative_to(folder) else str(real)
    workspace = Workspace()
    definitions = read_definitions(text, file.name)
    return what(workspace.store, workspace.settings, folder, definitions, source, adopt=adopt)


def _tell(made: list[Change], as_json: bool, *, done: bool) -> None:
    if as_json:
        echo_json({"applied": done, "changes": [_as_dict(change, done) for change in made]})
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


def _as_dict(change: Change, done: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"action": change.action, "job": change.job, "details": change.details}
    if done:
        told["tokens"] = [{"trigger_id": new.trigger.id, "token": new.token} for new in change.tokens]
    return told
