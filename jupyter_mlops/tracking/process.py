"""The tracking process: loads MLflow so that the Jupyter server need not, and answers one question a line.

A question is `{"id": N, "ask": NAME, "arguments": {...}}`, an answer `{"id": N, "answer": ...}` or
`{"id": N, "problem": TEXT}`, with the error of ours as `refused` beside it. Before all answers it says
`{"ready": true}`. It ends when its standard input closes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import MlopsError, NotFoundError
from jupyter_mlops.tracking.client import Tracking
from jupyter_mlops.tracking.data_uses import versions_using
from jupyter_mlops.tracking.model_pages import describe_model, describe_version
from jupyter_mlops.tracking.probe import check_tracking, is_server
from jupyter_mlops.tracking.registry import list_model_versions, list_models

Answers: TypeAlias = Callable[[Tracking], Mapping[str, Callable[..., Any]]]


def answers_of(tracking: Tracking) -> dict[str, Callable[..., Any]]:
    """What can be asked of a tracking server: a function for each question's name."""
    return {
        "models": lambda: list_models(tracking.client),
        "model_versions": lambda name: list_model_versions(tracking.client, name),
        "model": lambda name: _found(describe_model, tracking.client, name),
        "version": lambda name, version: _found(describe_version, tracking.client, name, version),
        "data_uses": lambda data, run_ids: versions_using(tracking.client, data, run_ids.split()),
    }


def _found(describe: Callable[..., Any], *asked: Any) -> dict[str, Any]:
    """What there is, as `found`, or the problem that there is no such thing, as `missing`."""
    try:
        return {"found": describe(*asked)}
    except NotFoundError as error:
        return {"missing": error.as_problem()}


def serve(settings: Settings, answers_of: Answers) -> None:
    """Answer on standard output what is asked on standard input.

    Args:
        settings: which tracking server.
        answers_of: what can be asked of it.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # a library's print must not end up among the answers
    # A database that MLflow has yet to make must not be cut short by an asker that waits no longer; of a
    # server, on the other hand, it is first asked whether it is there.
    tracking = None if is_server(settings.tracking_uri) else Tracking(settings.tracking_uri)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        try:
            check_tracking(settings.tracking_uri)
            tracking = tracking or Tracking(settings.tracking_uri)
            answer = answers_of(tracking)[question["ask"]]
            said: dict[str, Any] = {"answer": answer(**question.get("arguments", {}))}
        except MlopsError as error:
            refused = {**error.as_problem(), "status": error.status}
            said = {"problem": f"{error.message} {error.hint or ''}".strip(), "refused": refused}
        except Exception as error:  # noqa: BLE001 - whatever MLflow raises is the asker's answer
            said = {"problem": f"{type(error).__name__}: {error}"}
        print(json.dumps({"id": question["id"], **said}), file=answers, flush=True)
    os._exit(0)


if __name__ == "__main__":
    serve(Settings.load(), answers_of)
