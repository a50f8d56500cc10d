"""Processes that carry registrations out all at the same moment: `python race.py ID...`, one process each.

They are forked from one that has MLflow loaded, and has spoken to nobody yet.
"""

from __future__ import annotations

import multiprocessing
import sys
from multiprocessing.synchronize import Barrier

import mlflow  # noqa: F401 - loaded before the processes part

from jupyter_mlops.config import Settings
from jupyter_mlops.models.carry_out import carry_out

START_WITHIN_S = 120


def run(registration_id: str, start: Barrier) -> None:
    settings = Settings.load()
    store = settings.open_store()
    start.wait(START_WITHIN_S)
    carry_out(store, settings, registration_id)


if __name__ == "__main__":
    ids = sys.argv[1:]
    forked = multiprocessing.get_context("fork")
    together = forked.Barrier(len(ids))
    runners = [forked.Process(target=run, args=(one, together)) for one in ids]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    sys.exit(any(runner.exitcode for runner in runners))
