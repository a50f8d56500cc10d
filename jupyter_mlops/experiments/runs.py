"""Starting and ending an MLflow run by hand.

jupyter_mlops.start("first try")
model.fit(X, y)
jupyter_mlops.log(accuracy=0.93)
jupyter_mlops.stop()
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import PurePath
from typing import Any

from jupyter_mlops.capture import facts
from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError, ConflictError
from jupyter_mlops.experiments.kernel import user_names
from jupyter_mlops.magics.arguments import RUN_STATUSES
from jupyter_mlops.magics.card import Card, Link, State
from jupyter_mlops.tracking import fluent
from jupyter_mlops.tracking.active import find_active_run


@dataclass(frozen=True)
class ExperimentRun:
    """An MLflow run of this kernel as it stood when it was started or stopped.

    Attributes:
        experiment: the experiment's name.
        status: `RUNNING`, `FINISHED`, `FAILED` or `KILLED`.
        url: its page in MLflow's UI; None when the tracking server has none of its own.
    """

    run_id: str
    name: str
    experiment: str
    status: str
    url: str | None

    @property
    def hint(self) -> str:
        """How to look at it."""
        return self.url or "jupyter mlops ui opens MLflow"

    def card(self) -> Card:
        """What is shown of it below a cell."""
        running = self.status == "RUNNING"
        return Card(
            f"{'Tracking' if running else 'Tracked'} in MLflow: {self.name}",
            [
                ("Status", State(self.status)),
                ("Experiment", self.experiment),
                ("MLflow run", Link(self.run_id, self.url) if self.url else f"{self.run_id} ({self.hint})"),
            ],
            notes=["%mlops log accuracy=0.9 logs to it; %mlops stop ends it."] if running else [],
        )

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, Any]:
        return self.card().as_mimebundle()

    def _repr_html_(self) -> str:
        return self.card().html()


def start(
    name: str | None = None, *, experiment: str | None = None, tags: Mapping[str, Any] | None = None
) -> ExperimentRun:
    """Start an MLflow run in this kernel; plain `mlflow` calls and autologging go there, too.

    Args:
        name: the run's name; by default one that MLflow makes.
        experiment: the experiment's name; by default the one chosen by `mlflow.set_experiment`, else the
            notebook's path without its ending, which is where its jobs log, too.
        tags: for MLflow's tags; where the notebook comes from is told besides.

    Raises:
        ConflictError: a run is active already.
        TrackingUnavailableError: the tracking server does not answer; nothing was started.
    """
    running = find_active_run()
    if running is not None:
        raise ConflictError(
            f"The MLflow run '{running.info.run_name}' is active already.",
            field="name",
            hint="End it by %mlops stop, or by jupyter_mlops.stop().",
        )
    return begin(name, experiment, tags)


def begin(
    name: str | None, experiment: str | None, tags: Mapping[str, Any] | None, *, nested: bool = False
) -> ExperimentRun:
    """Start a run, inside the active one if `nested`.

    Raises:
        TrackingUnavailableError: the tracking server does not answer; nothing was started.
    """
    uri = fluent.use_tracking(Settings.load())
    texts = {str(key): str(value) for key, value in (tags or {}).items()}
    experiment = experiment or (None if fluent.has_chosen_experiment() else notebook_name())
    started = fluent.start(uri, experiment, name, texts, nested=nested)
    return ExperimentRun(**asdict(started), status="RUNNING")


def stop(status: str = "FINISHED") -> ExperimentRun:
    """End the active MLflow run of this kernel, whoever started it.

    Args:
        status: `FINISHED`, `FAILED` or `KILLED`.

    Raises:
        BadInputError: the status is none of these.
        ConflictError: no run is active.
        TrackingUnavailableError: the tracking server does not answer.
    """
    word = str(status).upper()
    if word not in RUN_STATUSES:
        raise BadInputError(
            f"An MLflow run cannot end as {str(status)[:40]!r}.",
            field="status",
            hint=f"It ends as {', '.join(RUN_STATUSES)}.",
        )
    run = require_active()
    told = fluent.describe(run)
    fluent.end(word)
    return ExperimentRun(**asdict(told), status=word)


def end(run: ExperimentRun, status: str) -> ExperimentRun:
    """End a run that `begin` started, if the notebook has not done so itself; `status` as in `stop`.

    Raises:
        TrackingUnavailableError: the tracking server does not answer.
    """
    running = find_active_run()
    if running is not None and str(running.info.run_id) == run.run_id:
        fluent.end(status)
        return replace(run, status=status)
    return replace(run, status=fluent.status_of(run.run_id))


def require_active() -> Any:
    """MLflow's active run.

    Raises:
        ConflictError: there is none; the hint says how to start one.
    """
    run = find_active_run()
    if run is None:
        raise ConflictError(
            "No MLflow run is active in this kernel.",
            field="run",
            hint="Start one by %mlops start NAME, by jupyter_mlops.start('NAME'), or for one cell by "
            "%%mlops track NAME as its first line.",
        )
    return run


def notebook_name() -> str | None:
    """The notebook's path below the server root, without its ending; None when nobody told the kernel."""
    path = facts.relative_to_root(
        os.environ.get("JUPYTER_MLOPS_ROOT"), facts.notebook_path(user_names(), os.environ)
    )
    if not path:
        return None
    whole = PurePath(path)
    return whole.stem if whole.is_absolute() else whole.with_suffix("").as_posix()
