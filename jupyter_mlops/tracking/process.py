"""The tracking process: loads MLflow so that the Jupyter server need not, and answers one question a line.

A question is `{"id": N, "ask": NAME, "arguments": {...}}`, an answer `{"id": N, "answer": ...}` or
`{"id": N, "problem": TEXT}`. Before all answers it says `{"ready": true}`. It ends when its standard input
closes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import MlopsError, NotFoundError
from jupyter_mlops.tracking.client import Tracking
from jupyter_mlops.tracking.data_uses import versions_using
from jupyter_mlops.tracking.model_pages import describe_model, describe_version
from jupyter_mlops.tracking.probe import check_tracking, is_server
from jupyter_mlops.tracking.registry import list_model_versions, list_models


def answer(tracking: Tracking, question: dict[str, Any]) -> Any:
    """Answer one question.

    Raises:
        KeyError: nobody knows how to answer it.
    """
    answers: dict[str, Callable[..., Any]] = {
        "models": lambda: list_models(tracking.client),
        "model_versions": lambda name: list_model_versions(tracking.client, name),
        "model": lambda name: _found(describe_model, tracking.client, name),
        "version": lambda name, version: _found(describe_version, tracking.client, name, version),
        "data_uses": lambda data, run_ids: versions_using(tracking.client, data, run_ids.split()),
    }
    return answers[question["ask"]](**question.get("arguments", {}))


def _found(describe: Callable[..., Any], *asked: Any) -> dict[str, Any]:
    """What there is, as `found`, or the problem that there is no such thing, as `missing`."""
    try:
        return {"found": describe(*asked)}
    except NotFoundError as error:
        return {"missing": error.as_problem()}


def main() -> None:
    """Answer on standard output what is asked on standard input."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # a library's print must not end up among the answers
    settings = Settings.load()
    # A database that MLflow has yet to make must not be cut short by an asker that waits no longer; of a
    # server, on the other hand, it is first asked whether it is there.
    tracking = None if is_server(settings.tracking_uri) else Tracking(settings.tracking_uri)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        try:
            check_tracking(settings.tracking_uri)
            tracking = tracking or Tracking(settings.tracking_uri)
            said = {"answer": answer(tracking, question)}
        except MlopsError as error:
            said = {"problem": f"{error.message} {error.hint or ''}".strip()}
        except Exception as error:  # noqa: BLE001 - whatever MLflow raises is the asker's answer
            said = {"problem": f"{type(error).__name__}: {error}"}
        print(json.dumps({"id": question["id"], **said}), file=answers, flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
