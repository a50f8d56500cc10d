"""The trial process: loads models where they can do no harm, and answers one question a line.

A question is `{"id": N, "ask": NAME, "arguments": {...}}`, an answer `{"id": N, "answer": ...}` or
`{"id": N, "problem": {"message": ..., "hint": ...}}`. It ends as soon as its standard input closes, so that
it never outlives who asked.

It is also run as a bare file in an environment made of a model's requirements alone, where this package is
not installed: what this file imports at its top is the standard library.
"""

from __future__ import annotations

import json
import os
import queue
import statistics
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

SAMPLE_ROWS = 3
WARM_UP = 2


@dataclass(frozen=True)
class Loaded:
    """A model in this process.

    Args:
        folder: its files.
        pyfunc: MLflow's `PyFuncModel`.
        load_s: seconds that its loading took.
    """

    folder: str
    pyfunc: Any
    load_s: float


_loaded: dict[str, Loaded] = {}


class CannotError(Exception):
    """A question that has no answer, in words for a person.

    Args:
        message: what could not be done, and why.
        hint: how to mend it.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def main() -> None:
    """Answer on standard output what is asked on standard input."""
    answers = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)  # a model's print must not end up among the answers
    questions: queue.Queue[str] = queue.Queue()
    asked = os.fdopen(os.dup(0), "r", encoding="utf-8")
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a descriptor is needed
        os.dup2(nothing.fileno(), 0)  # nor must its input() eat a question
    threading.Thread(target=_listen, args=(asked, questions), daemon=True).start()
    while True:
        question = json.loads(questions.get())
        print(json.dumps({"id": question["id"], **_said(question)}, default=str), file=answers, flush=True)


def _listen(asked: IO[str], questions: queue.Queue[str]) -> None:
    for line in asked:
        questions.put(line)
    os._exit(0)  # who asked is gone, whatever the model is doing


def _said(question: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"answer": _answer(question["ask"])(**question["arguments"])}
    except CannotError as error:
        return {"problem": {"message": error.message, "hint": error.hint}}
    except MemoryError:
        return {"problem": {"message": "There was not enough memory for it.", "hint": None}}
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a model raises is the answer
        message = getattr(error, "message", None) or in_words(error)
        return {"problem": {"message": str(message), "hint": getattr(error, "hint", None)}}


def _answer(name: str) -> Callable[..., Any]:
    own: dict[str, Callable[..., Any]] = {
        "predict_example": predict_example,
        "latency": latency,
        "fetch": fetch,
    }
    if name in own:
        return own[name]
    from jupyter_mlops.tracking import model_questions

    return model_questions.QUESTIONS[name]


def predict_example(model: dict[str, Any]) -> dict[str, Any]:
    """Predict for the model's own input example: `{rows, sample, load_s, predict_s}`."""
    loaded = load(model)
    example, params = example_of(loaded)
    began = time.perf_counter()
    predicted = predict(loaded, example, params)
    predict_s = time.perf_counter() - began
    return {
        "rows": row_count(example),
        "sample": _sample(predicted),
        "load_s": loaded.load_s,
        "predict_s": predict_s,
        "python": ".".join(map(str, sys.version_info[:3])),
    }


def latency(model: dict[str, Any], rows: int, repeats: int) -> dict[str, float]:
    """Seconds of `repeats` predictions of `rows` rows of the example, after two that are not counted."""
    loaded = load(model)
    example, params = example_of(loaded)
    example = repeat_rows(example, rows)
    times = []
    for number in range(repeats + WARM_UP):
        began = time.perf_counter()
        predict(loaded, example, params)
        if number >= WARM_UP:
            times.append(time.perf_counter() - began)
    times.sort()
    slow = times[min(len(times) - 1, round(0.95 * (len(times) - 1)))]
    return {"p50_s": statistics.median(times), "p95_s": slow, "load_s": loaded.load_s}


def fetch(model: dict[str, Any]) -> str:
    """The folder of a model on this machine, each file as it was registered."""
    from mlflow.artifacts import download_artifacts

    try:
        folder = str(download_artifacts(artifact_uri=model["uri"]))
    except Exception as error:
        raise CannotError(f"The model's files cannot be had: {in_words(error)}") from error
    if model.get("checksums"):
        from jupyter_mlops.tracking.model_questions import verify_checksums

        verify_checksums(folder, model["checksums"])
    return folder


def load(model: dict[str, Any]) -> Loaded:
    """The model, by MLflow's pyfunc flavour; loaded once.

    Args:
        model: `uri` and `checksums`; or `folder`, where they are found good already.
    """
    folder = model.get("folder") or fetch(model)
    if folder in _loaded:
        return _loaded[folder]
    began = time.perf_counter()
    try:
        from mlflow import pyfunc

        loaded = pyfunc.load_model(str(folder))
    except (Exception, SystemExit) as error:
        hint = "Is what it needs among its requirements?" if isinstance(error, ImportError) else None
        raise CannotError(f"The model could not be loaded: {in_words(error)}", hint) from error
    _loaded[folder] = Loaded(folder, loaded, time.perf_counter() - began)
    return _loaded[folder]


def example_of(loaded: Loaded) -> tuple[Any, Any]:
    """The input example that the model was saved with, and its params."""
    description = loaded.pyfunc.metadata
    try:
        example = description.load_input_example(loaded.folder)
        params = description.load_input_example_params(loaded.folder) if example is not None else None
    except Exception as error:
        raise CannotError(f"The model's input example cannot be read: {in_words(error)}") from error
    if example is None:
        raise CannotError(
            "The model has no input example to predict for.",
            "Log it with one: log_model(model, name='model', input_example=X.head()).",
        )
    return example, params


def predict(loaded: Loaded, rows: Any, params: Any = None) -> Any:
    """What the model predicts."""
    try:
        return loaded.pyfunc.predict(rows, params=params)
    except (Exception, SystemExit) as error:
        raise CannotError(f"The model could not predict: {in_words(error)}") from error


def row_count(rows: Any) -> int:
    """How many rows an example has."""
    if isinstance(rows, dict):
        return max((row_count(column) for column in rows.values()), default=0)
    shape = getattr(rows, "shape", None)
    if shape is not None:
        return int(shape[0]) if shape else 1
    return len(rows) if isinstance(rows, (list, tuple)) else 1


def repeat_rows(example: Any, rows: int) -> Any:
    """As many rows, the example's own over and over."""
    have = row_count(example)
    at = [number % have for number in range(rows)] if have else []
    if hasattr(example, "iloc"):
        return example.iloc[at].reset_index(drop=True)
    if hasattr(example, "shape") and example.shape:
        return example[at]
    if isinstance(example, list):
        return [example[number] for number in at]
    return example  # a text or a mapping is one row, whatever is asked


def in_words(error: BaseException) -> str:
    """An exception in one line of at most 400 characters."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {' '.join(lines)[:400]}" if lines else f"{type(error).__name__}."


def _sample(predicted: Any) -> Any:
    """The first rows of what was predicted, as JSON."""
    if hasattr(predicted, "to_json"):
        orient = "records" if getattr(predicted, "ndim", 1) > 1 else "values"
        return json.loads(predicted.iloc[:SAMPLE_ROWS].to_json(orient=orient))
    if hasattr(predicted, "tolist"):
        predicted = predicted.tolist()
    return predicted[:SAMPLE_ROWS] if isinstance(predicted, (list, tuple)) else predicted


if __name__ == "__main__":
    main()
