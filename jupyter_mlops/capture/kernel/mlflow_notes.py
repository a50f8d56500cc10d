"""What a cell logs to MLflow: runs, models, and the names and values of params, metrics and artifacts.

Seen at MLflow's own client to the tracking server, which the fluent functions, `MlflowClient` and autologging
all come down to.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_mlops.capture.kernel import run_ends

if TYPE_CHECKING:
    from jupyter_mlops.capture.kernel.frame import Frame

Function = Callable[..., Any]

MAX_NAMES = 100  # of each kind
MAX_VALUE = 200  # characters of a param
_WITH_VALUES = {"params", "metrics"}


class MlflowNotes:
    """`mlflow`: `run_ids`, `model_ids`, `params`, `metrics` (the last value of each) and `artifacts`."""

    idle_at = -1

    def __init__(self) -> None:
        self._kinds: dict[str, dict[str, Any]] = {
            kind: {} for kind in ("run_ids", "model_ids", "params", "metrics", "artifacts")
        }
        self._dropped = 0

    def add(self, kind: str, name: Any, value: Any = None) -> None:
        """Note one name; the last value given to it stays."""
        notes, name = self._kinds[kind], str(name)[:MAX_VALUE]
        if name in notes or len(notes) < MAX_NAMES:
            notes[name] = value
        else:
            self._dropped += 1

    def end(self, frame: Frame, result: object) -> dict[str, Any] | None:  # noqa: ARG002
        """What the cell logged."""
        frame.drop("mlflow", self._dropped)
        facts: dict[str, Any] = {}
        for kind, noted in self._kinds.items():
            if noted:
                facts[kind] = noted if kind in _WITH_VALUES else list(noted)
        return {"mlflow": facts} if facts else None


def wrap_method(name: str, method: Function) -> Function:
    """A method of MLflow's `TrackingServiceClient`, noted after it has succeeded."""
    note = NOTED[name]

    @functools.wraps(method)
    def noted(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        returned = method(*args, **kwargs)
        with suppress(Exception):  # MLflow's signature has changed: then it is not noted
            notes = _notes()
            if notes is not None:
                note(notes, returned, *args[1:], **kwargs)
        return returned

    return noted


def _notes() -> MlflowNotes | None:
    if threading.current_thread().name == run_ends.THREAD_NAME:  # what is logged there is no cell's
        return None
    recorder = sys.modules.get("jupyter_mlops.capture.recorder")
    active = recorder.active() if recorder is not None else None
    if active is None or not active.options.mlflow:
        return None
    frame: Frame | None = active.current()
    return None if frame is None else frame.noted(MlflowNotes)


def _note_run(notes: MlflowNotes, run: Any, *_args: Any, **_kwargs: Any) -> None:
    notes.add("run_ids", run.info.run_id)


def _note_param(
    notes: MlflowNotes, _: Any, run_id: str, key: str, value: Any, *_args: Any, **_kwargs: Any
) -> None:
    notes.add("run_ids", run_id)
    notes.add("params", key, str(value)[:MAX_VALUE])


def _note_metric(
    notes: MlflowNotes, _: Any, run_id: str, key: str, value: Any, *_args: Any, **_kwargs: Any
) -> None:
    notes.add("run_ids", run_id)
    notes.add("metrics", key, _number(value))


def _note_batch(
    notes: MlflowNotes, _: Any, run_id: str, metrics: Any = (), params: Any = (), *_args: Any, **_kwargs: Any
) -> None:
    notes.add("run_ids", run_id)
    for param in params:
        notes.add("params", param.key, str(param.value)[:MAX_VALUE])
    for metric in metrics:
        notes.add("metrics", metric.key, _number(metric.value))


def _note_artifact(
    notes: MlflowNotes, _: Any, run_id: str, local_path: Any, artifact_path: str | None = None, **_kwargs: Any
) -> None:
    notes.add("run_ids", run_id)
    name = os.path.basename(os.path.normpath(os.fspath(local_path)))  # noqa: PTH119
    notes.add("artifacts", f"{artifact_path}/{name}" if artifact_path else name)


def _note_artifacts(
    notes: MlflowNotes, _: Any, run_id: str, local_dir: Any, artifact_path: str | None = None, **_kwargs: Any
) -> None:
    notes.add("run_ids", run_id)
    with os.scandir(local_dir) as entries:
        for entry in entries:
            notes.add("artifacts", f"{artifact_path}/{entry.name}" if artifact_path else entry.name)


def _note_model(notes: MlflowNotes, model: Any, *_args: Any, **_kwargs: Any) -> None:
    notes.add("model_ids", model.model_id)
    if model.source_run_id:
        notes.add("run_ids", model.source_run_id)


def _number(value: Any) -> float | str:
    number = float(value)
    return number if abs(number) < float("inf") else str(number)  # JSON has neither NaN nor infinity


NOTED: dict[str, Callable[..., None]] = {
    "create_run": _note_run,
    "log_param": _note_param,
    "log_metric": _note_metric,
    "log_batch": _note_batch,
    "log_artifact": _note_artifact,
    "log_artifacts": _note_artifacts,
    "create_logged_model": _note_model,
}
"""By the method's name, what is noted of a call: what it returned, then its arguments."""
