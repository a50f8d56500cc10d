"""Registering a model from a notebook: `jupyter_mlops.register(model, "breast-cancer", alias="champion")`.

A model that is a variable is logged first, without asking MLflow what it would take seconds to find out:
what it requires (`model_requirements.py`) and what it takes and answers (`model_inputs.py`) is known here.
"""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_mlops.capture.ingester import Ingester
from jupyter_mlops.capture.recorder import active
from jupyter_mlops.capture.redaction import Redactor
from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError, MlopsError, NotFoundError, RegistrationError
from jupyter_mlops.experiments import runs
from jupyter_mlops.experiments.kernel import this_shell, user_names
from jupyter_mlops.experiments.model_inputs import Example, find_example, given_example
from jupyter_mlops.experiments.model_requirements import find_requirements
from jupyter_mlops.experiments.model_sources import LiveSource, LoggedSource, find_source, last_logged
from jupyter_mlops.experiments.registered_model import Made, RegisteredModel, RegistrationRefusedError
from jupyter_mlops.magics.place import this_notebook
from jupyter_mlops.models.carry_out import register_now
from jupyter_mlops.models.gates.registry import parse_plan
from jupyter_mlops.models.registration import NewRegistration
from jupyter_mlops.models.states import RegistrationState
from jupyter_mlops.notebooks.places import NotebookPlace
from jupyter_mlops.tracking import fluent
from jupyter_mlops.tracking.active import find_active_run
from jupyter_mlops.tracking.live_models.flavours import check_flavour
from jupyter_mlops.tracking.live_models.predicting import can_predict, is_fitted, predictor
from jupyter_mlops.tracking.live_models.saving import LiveModel, log_live_model
from jupyter_mlops.tracking.registry import check_model_name
from jupyter_mlops.workspace import Workspace

if TYPE_CHECKING:
    from jupyter_mlops.models.plan import RegistrationPlan

ATTEMPT_RUN_VARIABLE = "JUPYTER_MLOPS_MLFLOW_RUN_ID"
"""The environment of a job's kernel says here which MLflow run is its attempt's."""
_NOT_IN_A_NAME = re.compile(r"[/:.%\"'\s]+")


def register(
    model: Any = None,
    name: str | None = None,
    *,
    alias: str | None = None,
    gates: Sequence[str | Mapping[str, Any]] = (),
    example: Any = None,
    requirements: Sequence[str] | None = None,
) -> RegisteredModel:
    """Make a model a new version of a registered model, behind gates.

        jupyter_mlops.register(model, "breast-cancer", alias="champion", gates=["metric:accuracy>=0.9"])
        jupyter_mlops.register("breast-cancer")  # what this notebook logged to MLflow last

    A model that is an object of this notebook is logged first, to the active MLflow run, else to one that is
    made for it. Its signature and its example come from the data of this notebook that it was fitted on, its
    requirements from what it is made of, in the versions that this kernel has.

    Args:
        model: the object; or a text: an MLflow run's id, a job run's, a logged model's (`m-...`), or a
            version (`NAME/3`, `NAME@champion`); None for what this kernel logged last.
        name: of the registered model, made if there is none of that name.
        alias: what the version becomes once every gate has passed; None: no alias but `candidate` moves.
        gates: each as a text or a mapping, as in `jobs.yaml`.
        example: rows that it takes, of which five are kept, secrets in their texts left out; False: none, and
            then the version has no signature either.
        requirements: in place of those found, as pip takes them.

    Raises:
        BadInputError: it is no model, is not fitted, or an argument cannot be; nothing was logged.
        NotFoundError: nothing is called so.
        NoModelLoggedError: the run logged no model.
        RegistrationRefusedError: a gate refuses the model; no version was made.
        RegistrationError: it cannot be saved, or the registry refuses.
        TrackingUnavailableError: the tracking server does not answer.
    """
    if name is None and isinstance(model, str):
        model, name = None, model
    if not isinstance(name, str):
        raise BadInputError(
            "A registered model needs a name.",
            field="name",
            hint='Write jupyter_mlops.register(model, "breast-cancer").',
        )
    name = check_model_name(name)
    plan = parse_plan({"alias": alias, "gates": list(gates)})
    workspace, names = Workspace(), user_names()
    if model is None:
        source: LiveSource | LoggedSource = last_logged(name, names)
    elif isinstance(model, str):
        source = find_source(workspace, model, names)
    else:
        source = LiveSource(model, _variable_of(model, names))
    return register_source(workspace, source, name, plan, example=example, requirements=requirements)


def register_source(
    workspace: Workspace,
    source: LiveSource | LoggedSource,
    name: str,
    plan: RegistrationPlan,
    *,
    example: Any = None,
    requirements: Sequence[str] | None = None,
) -> RegisteredModel:
    """Register what was found; as `register` says."""
    place = _this_place(workspace)
    if isinstance(source, LiveSource):
        live, of = _examine(source, example, requirements)
        uri = fluent.use_tracking(Settings.load())
        with _run_for_it(place) as run_id:
            saved = log_live_model(live, _NOT_IN_A_NAME.sub("-", source.variable or name), run_id)
            logged = LoggedSource(uri, run_id, saved.model_id)
            made = Made(saved, of, can_predict(live.model, live.flavour))
            return _register(workspace, logged, name, plan, place, made)
    if source.name is not None:
        plan = replace(plan, logged_model=source.name)
    return _register(workspace, source, name, plan, place)


def _register(
    workspace: Workspace,
    source: LoggedSource,
    name: str,
    plan: RegistrationPlan,
    place: NotebookPlace | None,
    made_of: Made | None = None,
) -> RegisteredModel:
    _take_up_this_session(workspace)
    new = NewRegistration(
        model=name,
        plan=plan,
        root=None if place is None else str(place.root),
        notebook=None if place is None else place.notebook,
        run_id=source.run_id or os.environ.get("JUPYTER_MLOPS_RUN_ID") or None,
        mlflow_run_id=source.mlflow_run_id,
        model_id=source.model_id,
        requested_by=_user(),
    )
    settings = workspace.settings.tracking_at(source.tracking_uri)
    row = register_now(workspace.store, settings, new)
    made = RegisteredModel.of(row, source.tracking_uri, made_of)
    if made.state == RegistrationState.REFUSED.value:
        raise RegistrationRefusedError(made)
    if made.state == RegistrationState.FAILED.value:
        raise RegistrationError(made.message or f"{name!r} was not registered.", field="name")
    return made


def _examine(
    source: LiveSource, example: Any, requirements: Sequence[str] | None
) -> tuple[LiveModel, str | None]:
    """What is known of a live model, and the variable that its example is of."""
    model, called = source.model, source.variable or "What was given"
    flavour = check_flavour(model, called)
    if not is_fitted(model, flavour):
        raise BadInputError(
            f"{called} is a {type(model).__name__} that was not fitted.",
            field="from",
            hint=f"Fit it first: {source.variable or 'model'}.fit(X, y).",
        )
    shown = _example(model, predictor(model, flavour), example)
    rows = None if shown is None else shown.rows
    needed = find_requirements(model, flavour.libraries, rows)
    live = LiveModel(
        model=model,
        flavour=flavour,
        requirements=needed.packages if requirements is None else tuple(requirements),
        code=needed.code,
        example=rows,
        prediction=None if shown is None else shown.prediction,
    )
    return live, None if shown is None else shown.of


def _example(model: Any, predict: Any, given: Any) -> Example | None:
    if given is False:
        return None
    redact = Redactor(os.environ).text
    if given is not None and given is not True:
        return given_example(given, predict, redact)
    return find_example(model, predict, user_names(), redact)


@contextmanager
def _run_for_it(place: NotebookPlace | None) -> Iterator[str]:
    """The MLflow run that a live model is logged to: the active one, the job's, or one made for it."""
    running = find_active_run()
    attempt = os.environ.get(ATTEMPT_RUN_VARIABLE)
    if running is not None or attempt:
        yield attempt if running is None else str(running.info.run_id)  # type: ignore[misc]
        return
    run = runs.begin(None if place is None else Path(place.notebook).stem, None, None)
    try:
        yield run.run_id
    except BaseException:
        runs.end(run, "FAILED")
        raise
    runs.end(run, "FINISHED")


def _variable_of(model: Any, names: Mapping[str, Any]) -> str | None:
    return next((name for name, value in names.items() if value is model and name[:1] != "_"), None)


def _this_place(workspace: Workspace) -> NotebookPlace | None:
    shell = this_shell()
    if shell is None:
        return None
    with suppress(NotFoundError):
        return this_notebook(shell, workspace, None)
    return None


def _take_up_this_session(workspace: Workspace) -> None:
    """Have the store know the cells until now: the version's evidence names the one that made the model."""
    recorder = active()
    if recorder is not None and recorder.journal is not None:
        with suppress(MlopsError, OSError):
            Ingester(workspace.store).ingest_file(Path(recorder.journal))


def _user() -> str | None:
    with suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return None
