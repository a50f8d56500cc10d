"""Logging by hand: `jupyter_mlops.log(accuracy=0.93, model="ridge", curve=figure)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError
from jupyter_mlops.experiments.runs import notebook_name, require_active
from jupyter_mlops.experiments.values import Sorted, sort_values
from jupyter_mlops.tracking import fluent


def log(values: Mapping[str, Any] | None = None, /, *, step: int | None = None, **more: Any) -> None:
    """Log values to the active MLflow run, each as what it is.

    - A number (also numpy's) is a **metric**; logged again, it is the metric's next value.
    - A string, a boolean or None is a **param**, which cannot change in its run. A string of more than 6000
      characters is the artifact `NAME.txt`.
    - A figure (matplotlib, plotly), its axes, or a PIL image is the **artifact** `NAME.png` (`.html`).
    - A data frame or series (pandas, polars) is the **table** `NAME.json`, which MLflow's UI compares.
    - A list or a dict is the artifact `NAME.json`; a `pathlib.Path` is the file or folder there.

    Args:
        values: by their names; names that are no Python names can only be given so.
        step: of the metrics, as an epoch's number.
        **more: by their names.

    Raises:
        ConflictError: no run is active; or MLflow refuses, as a param has another value already.
        BadInputError: a value cannot be logged; then nothing is.
        NotFoundError: a path leads nowhere; then nothing is logged.
        TrackingUnavailableError: the tracking server does not answer.
    """
    log_values({**(values or {}), **more}, step)


def log_values(values: Mapping[str, Any], step: int | None = None) -> tuple[str, Sorted]:
    """Log values as `log` does; returns the run's name, and what became of them."""
    run = require_active()
    if not values:
        raise BadInputError("There is nothing to log.", field="values", hint="Write log(accuracy=0.9).")
    if step is not None and (isinstance(step, bool) or not isinstance(step, int)):
        raise BadInputError(f"A step is a whole number, not {step!r}.", field="step")
    found = sort_values(values)
    fluent.log(str(run.info.run_id), found, step or 0)
    return str(run.info.run_name), found


def set_tag(name: str, value: str) -> str:
    """Set a tag of the active MLflow run, in place of one of that name; returns the run's name.

    Raises:
        ConflictError: no run is active, or MLflow refuses.
        BadInputError: it has no name.
        TrackingUnavailableError: the tracking server does not answer.
    """
    run = require_active()
    if not name.strip():
        raise BadInputError("A tag needs a name.", field="name")
    fluent.set_tag(str(run.info.run_id), name, value)
    return str(run.info.run_name)


def autolog(*, disable: bool = False, **options: Any) -> None:
    """Have MLflow log by itself what the libraries that it knows fit and train, from now on.

    Outside a run, each fit makes one, in the experiment that `start` would use.

    Args:
        disable: log no more by itself.
        **options: for `mlflow.autolog`.

    Raises:
        TrackingUnavailableError: the tracking server does not answer.
    """
    uri = fluent.use_tracking(Settings.load())
    experiment = None if disable or fluent.has_chosen_experiment() else notebook_name()
    fluent.autolog(uri, experiment, disable=disable, **options)
