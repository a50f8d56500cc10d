"""Scoring in a child process, for faces in which no model may be loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import MlopsError
from jupyter_mlops.models.scoring.rows import ScoringError


class _SaidError(MlopsError):
    """What the child process raised, as it said it."""

    exit_code = 2


def score_apart(
    model: str, data: os.PathLike[str], output: os.PathLike[str], **options: str | None
) -> dict[str, Any]:
    """`score` in a child process; its report as plain JSON.

    Raises:
        MlopsError: as `score` does, by its message, field and code.
    """
    asked = {"model": model, "data": os.fspath(data), "output": os.fspath(output), **options}
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        env={**os.environ, **Settings.load().process_environment()},
        check=False,
    )
    try:
        said = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise ScoringError(
            f"The process that scores ended with {done.returncode}.", hint=done.stderr[-2000:] or None
        ) from error
    if "problem" in said:
        problem = said["problem"]
        raise _SaidError(
            problem["message"], field=problem["field"], hint=problem["hint"], code=problem["code"]
        )
    report: dict[str, Any] = said["report"]
    return report


def main() -> None:
    """Read what to score from standard input, and answer on standard output."""
    from jupyter_mlops.models.scoring.score import score

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a model prints is no answer
    asked = json.load(sys.stdin)
    try:
        said: dict[str, Any] = {"report": score(**asked).as_dict()}
    except MlopsError as error:
        said = {"problem": error.as_problem()}
    print(json.dumps(said), file=answers, flush=True)


if __name__ == "__main__":
    main()
