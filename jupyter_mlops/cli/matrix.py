"""`jupyter mlops run --matrix`: one run for each combination of some parameters' values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from jupyter_mlops.cli.output import echo_json, print_table
from jupyter_mlops.cli.progress import open_progress
from jupyter_mlops.readable import show_seconds, show_values

if TYPE_CHECKING:
    from jupyter_mlops.jobs.service import JobService
    from jupyter_mlops.notebooks.places import NotebookPlace
    from jupyter_mlops.store.tables import Run
    from jupyter_mlops.workspace import Workspace

matrix_option = click.option(
    "--matrix",
    type=(str, str),
    multiple=True,
    metavar="NAME VALUES",
    help="Run once for each value, as `--matrix C 0.1,1,10`; with several, for each of at most 100 "
    "combinations.",
)


def parse_matrix(place: NotebookPlace, given: Iterable[tuple[str, str]]) -> dict[str, list[Any]]:
    """The values of each name, in the types of the notebook's parameters; a name may come again.

    Raises:
        ParameterError: a text is no value of its parameter.
    """
    matrix: dict[str, list[Any]] = {}
    for name, texts in given:
        values = [place.parse_parameters({name: text})[name] for text in texts.split(",")]
        matrix.setdefault(name, []).extend(values)
    return matrix


def tell_matrix(
    workspace: Workspace,
    jobs: JobService,
    runs: Sequence[Run],
    names: Sequence[str],
    *,
    wait: bool,
    as_json: bool,
) -> int:
    """Follow the runs of a matrix if asked to, and tell how they ended; answers with the exit code.

    Args:
        workspace: whose they are.
        jobs: the root's.
        runs: all of them.
        names: the parameters that vary.
        wait: whether to follow them.
        as_json: whether to tell it as one object.
    """
    from jupyter_mlops.cli.follow import follow
    from jupyter_mlops.cli.run_report import run_outcome
    from jupyter_mlops.runs.states import RunState

    if wait:
        ended = []
        for run in runs:
            with open_progress(quiet=as_json) as progress:
                ended.append(follow(jobs, run, progress, output=False, cancels=True))
        runs = ended
    if as_json:
        items = [{**run_outcome(run, workspace), "parameters": run.parameters} for run in runs]
        echo_json({"batch_id": runs[0].batch_id, "items": items})
    else:
        print_table(
            ("Run", "State", *names, "Time", "Metrics"),
            [_row(run, names) for run in runs],
            "There are no runs.",
        )
    failed = [run for run in runs if run.state != RunState.SUCCEEDED.value]
    return 1 if wait and failed else 0


def _row(run: Run, names: Sequence[str]) -> tuple[object, ...]:
    from jupyter_mlops.jobs.views import duration_s

    values = (run.parameters.get(name) for name in names)
    state = f"{run.state} ({run.reason})" if run.reason and run.reason != run.state else run.state
    return (run.id, state, *values, show_seconds(duration_s(run)), show_values(run.metrics))
