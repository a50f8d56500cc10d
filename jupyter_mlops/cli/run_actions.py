"""`jupyter mlops cancel`, `rerun`, `delete-runs`: what can be done with runs that there are, one or many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jupyter_mlops.cli.options import json_option
from jupyter_mlops.cli.output import echo_json, print_table

if TYPE_CHECKING:
    from jupyter_mlops.jobs.run_actions import Action, ActionResult
    from jupyter_mlops.workspace import Workspace

_runs_argument = click.argument("runs", metavar="RUN...", nargs=-1, required=True)


@click.command("cancel")
@_runs_argument
@json_option
def cancel_command(runs: tuple[str, ...], as_json: bool) -> int:
    """End each RUN (an id, or the start of one); what it has done so far is kept."""
    return _act("cancel", runs, as_json)


@click.command("rerun")
@_runs_argument
@json_option
def rerun_command(runs: tuple[str, ...], as_json: bool) -> int:
    """Run the notebook of each RUN (an id, or its start) again, as it was then, with its parameters."""
    return _act("rerun", runs, as_json)


@click.command("delete-runs")
@_runs_argument
@json_option
def delete_runs_command(runs: tuple[str, ...], as_json: bool) -> int:
    """Delete each RUN (an id, or the start of one) that has ended, with its executed notebook.

    What its cells recorded stays, and so do MLflow's runs. `jupyter mlops clean` goes by age, count and size.
    """
    return _act("delete", runs, as_json)


def _act(action: Action, runs: tuple[str, ...], as_json: bool) -> int:
    """One run answers as itself, or with its own error; of many each is told, and 2 says one was refused."""
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    results = [_result(workspace, action, run) for run in dict.fromkeys(runs)]
    if len(results) == 1:
        _tell_one(workspace, action, results[0], as_json)
        return 0
    if as_json:
        from jupyter_mlops.jobs.views import action_as_dict

        echo_json({"items": [action_as_dict(result) for result in results]})
    else:
        print_table(("Run", "Now", "Refused because"), map(_row, results), "")
    return 2 if any(result.problem for result in results) else 0


def _result(workspace: Workspace, action: Action, run: str) -> ActionResult:
    from jupyter_mlops.errors import MlopsError
    from jupyter_mlops.jobs.run_actions import ActionResult, RunActions

    try:
        found = workspace.find_run(run)
    except MlopsError as error:
        return ActionResult(run, problem=error)
    return RunActions(workspace.jobs_of(found)).apply(action, [found.id])[0]


def _tell_one(workspace: Workspace, action: Action, result: ActionResult, as_json: bool) -> None:
    from jupyter_mlops.cli.run_report import print_run, run_listed

    run = result.run
    if result.problem is not None:
        raise result.problem
    if as_json:
        echo_json({"id": result.id, "deleted": True} if run is None else run_listed(run))
    elif run is None:
        click.echo(f"{result.id} is deleted, with its executed notebook.")
    elif action == "rerun":
        print_run(run, workspace)
    elif run.state == "running":
        click.echo(f"{run.id} is being ended; `jupyter mlops show {run.id}` tells when it is.")
    else:
        click.echo(f"{run.id} is {run.state}.")


def _row(result: ActionResult) -> tuple[object, ...]:
    if result.problem is not None:
        return (result.id, None, result.problem.message)
    run = result.run
    if run is None:
        return (result.id, "deleted", None)
    return (result.id, run.state if run.id == result.id else f"{run.state} as {run.id}", None)
