"""Models tried out in child processes: the implementation of `ModelTrial`."""

from __future__ import annotations

import json
import os
import sys
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jupyter_mlops import tracking
from jupyter_mlops.config import Settings
from jupyter_mlops.models.environments import ensure_environment
from jupyter_mlops.models.facts import EvaluationData, ModelFacts
from jupyter_mlops.models.trial import TrialError
from jupyter_mlops.models.trial_child import TrialChild, TrialLimits
from jupyter_mlops.tracking.version_evidence import CHECKSUMS_TAG

# The standing folder must hide no module of the library's; `call` adds it when a user's function is asked.
_PROGRAM = """
import sys
sys.path[:] = [folder for folder in sys.path if folder]
from jupyter_mlops.tracking.model_process import main
main()
"""
_FILE = Path(tracking.__file__).with_name("model_process.py")


class TrialProcesses:
    """Loads models in a child process, which is started at the first question and kept for the next ones.

    Each question is limited in time and memory; what breaks a limit is ended with all that it started, and
    the next question gets a new process. Use it as a context manager, or `close` it.

    Args:
        settings: whose tracking server holds the models.
        root: where files and modules of the user's are found; by default the current folder.
        limits: by default those of the environment.
        tell: is told what takes long, as the making of an environment.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        root: Path | None = None,
        limits: TrialLimits | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self._settings = settings
        self._root = root
        self._limits = limits or TrialLimits.load()
        self._tell = tell or (lambda _said: None)
        self._children: dict[str, TrialChild] = {}
        self._folders: dict[str, str] = {}
        weakref.finalize(self, _end_all, self._children)

    def __enter__(self) -> TrialProcesses:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes; another question would start new ones."""
        _end_all(self._children)

    def predict_example(self, model: ModelFacts, *, fresh: bool) -> dict[str, Any]:
        """Predict for the model's own input example: `{rows, sample, load_s, predict_s, python}`.

        Raises:
            TrialError: its environment could not be made, it could not be loaded, or could not predict.
        """
        if not fresh:
            answer: dict[str, Any] = self._ask("predict_example", model=_loadable(model))
            return answer
        folder = self._ask("fetch", model=_loadable(model))
        python = ensure_environment(
            self._settings.data_dir, model.requirements, model.python, self._limits.seconds * 3, self._tell
        )
        child = self._child(str(python), [str(python), "-I", str(_FILE)])
        alone: dict[str, Any] = child.ask("predict_example", {"model": {"folder": folder}})
        return alone

    def latency(self, model: ModelFacts, *, rows: int, repeats: int) -> dict[str, float]:
        """Seconds of `repeats` predictions of `rows` rows of the example: `{p50_s, p95_s, load_s}`."""
        answer: dict[str, float] = self._ask("latency", model=_loadable(model), rows=rows, repeats=repeats)
        return answer

    def score(
        self,
        model: ModelFacts,
        data: EvaluationData,
        data_of: ModelFacts,
        metrics: Sequence[str],
        slices: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Score a model on the evaluation data of `data_of`, as the protocol says."""
        answer: dict[str, Any] = self._ask(
            "score",
            model=_loadable(model),
            data=_readable(data, data_of),
            metrics=list(metrics),
            slices=list(slices),
        )
        return answer

    def inspect_data(
        self, data: EvaluationData, data_of: ModelFacts, *, schema: str | None = None
    ) -> dict[str, Any]:
        """What evaluation data are like: `{rows, columns: {name: {dtype, missing}}, schema_problems}`."""
        answer: dict[str, Any] = self._ask(
            "inspect_data", data=_readable(data, data_of), schema=schema, root=self._root_text()
        )
        return answer

    def call(self, function: str, argument: Mapping[str, Any]) -> Any:
        """What a function of the user's answers, as JSON: `module:function` or `file.py:function`."""
        return self._ask("call", function=function, argument=dict(argument), root=self._root_text())

    def _ask(self, question: str, **arguments: Any) -> Any:
        return self._child("", [sys.executable, "-c", _PROGRAM]).ask(question, arguments)

    def _child(self, name: str, command: Sequence[str]) -> TrialChild:
        child = self._children.get(name)
        if child is None or not child.is_alive:
            if child is not None:
                child.end()
            environment = {**os.environ, **self._settings.process_environment()}
            child = TrialChild(command, environment, self._root, self._limits)
            self._children[name] = child
        return child

    def _root_text(self) -> str:
        return str(self._root or Path.cwd())


def _loadable(model: ModelFacts) -> dict[str, Any]:
    """Where it is, and the checksums of its files: those that were kept with a version, else today's."""
    kept = json.loads(model.tags.get(CHECKSUMS_TAG) or "{}")
    return {"uri": model.uri, "checksums": kept or dict(model.checksums)}


def _readable(data: EvaluationData, data_of: ModelFacts) -> dict[str, Any]:
    if data_of.mlflow_run_id is None:
        raise TrialError("The model has no MLflow run, so its evaluation data cannot be had.")
    return {"run_id": data_of.mlflow_run_id, "artifact": data.artifact, "sha": data.sha}


def _end_all(children: dict[str, TrialChild]) -> None:
    while children:
        _, child = children.popitem()
        child.end()
