"""How a notebook's first MLflow run continues its attempt's. Standard library only.

A job's kernel starts with `MLFLOW_RUN_ID` set to the attempt's MLflow run, so that the notebook's first
`mlflow.start_run()`, or the first thing it logs, goes there. MLflow refuses to continue a run when another
experiment was chosen, or when another tracking server does not know it; a notebook that does so by hand must
work in a job too. Then the variable is dropped, and the notebook gets a run of its own where it asked for it;
the tags of `tracking.context` still say which job run made it.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

Function = Callable[..., Any]

RUN_VARIABLE = "MLFLOW_RUN_ID"
ATTEMPT_VARIABLE = "JUPYTER_MLOPS_MLFLOW_RUN_ID"
EXPERIMENT_VARIABLES = ("MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME")


def wrap_start_run(start_run: Function) -> Function:
    """`mlflow.start_run`, first letting go of the attempt's run where MLflow would refuse to continue it."""
    given = {name: os.environ.get(name) for name in EXPERIMENT_VARIABLES}

    @functools.wraps(start_run)
    def continuing_start_run(*args: Any, **kwargs: Any) -> Any:
        run_id = os.environ.get(RUN_VARIABLE)
        if run_id and run_id == os.environ.get(ATTEMPT_VARIABLE):
            with suppress(Exception):  # MLflow will say itself what is wrong
                _let_go_if_elsewhere(start_run, run_id, given, args, kwargs)
        return start_run(*args, **kwargs)

    return continuing_start_run


def _let_go_if_elsewhere(
    start_run: Function,
    run_id: str,
    given: dict[str, str | None],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    arguments = inspect.signature(start_run).bind(*args, **kwargs).arguments
    if arguments.get("run_id"):
        return
    fluent = sys.modules[start_run.__module__]
    active = getattr(fluent, "_active_experiment_id", None)
    chosen = arguments.get("experiment_id") or active
    found_in = _experiment_of(fluent, run_id)
    if found_in is None:
        del os.environ[RUN_VARIABLE]
        if active is None:  # the attempt's experiment is no more on this server than its run
            for name in EXPERIMENT_VARIABLES:
                if given[name] is not None and os.environ.get(name) == given[name]:
                    del os.environ[name]
    elif chosen is not None and str(chosen) != found_in:
        del os.environ[RUN_VARIABLE]


def _experiment_of(fluent: Any, run_id: str) -> str | None:
    """The experiment that the run is in; None when the tracking server does not know the run."""
    try:
        return str(fluent.MlflowClient().get_run(run_id).info.experiment_id)
    except Exception as error:
        if getattr(error, "error_code", None) == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise
