"""In the kernel: from the run that failed in it to the one that goes on in it. Standard library only."""

from __future__ import annotations

import os

from jupyter_mlops.capture import recorder

RUN_VARIABLE = "JUPYTER_MLOPS_RUN_ID"
ATTEMPT_VARIABLE = "JUPYTER_MLOPS_ATTEMPT_ID"
NAME = "hand_over"


def hand_over(run_id: str, attempt_id: str) -> None:
    """Have the cells from now on recorded for another run, in a session and journal of its own.

    What the kernel captures stays as it was told. The attempt's variable does too: by it what the notebook
    starts is found when the kernel is let go.
    """
    os.environ[RUN_VARIABLE] = run_id
    before = recorder.active()
    if before is None or before.journal is None:
        return
    attempt = os.environ.get(ATTEMPT_VARIABLE)
    os.environ[ATTEMPT_VARIABLE] = attempt_id
    try:
        before.problem = f"The run {run_id} goes on in this kernel."
        recorder.load(before.ip, os.path.dirname(before.journal)).use(before.options)  # noqa: PTH120
    finally:
        if attempt is None:
            del os.environ[ATTEMPT_VARIABLE]
        else:
            os.environ[ATTEMPT_VARIABLE] = attempt


def code_for(run_id: str, attempt_id: str) -> str:
    """What has a kernel do it, in one expression that leaves no name behind."""
    return f"__import__({__name__!r}, fromlist=[{NAME!r}]).{NAME}({run_id!r}, {attempt_id!r})"
