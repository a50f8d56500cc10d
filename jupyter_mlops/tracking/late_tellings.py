"""Telling late what tracking servers have missed, in a process of its own: it may load MLflow.

Whoever takes up journals (a Jupyter server, a worker, a command) sees to it that the process is started
every half minute while something waits. While a server is away, it only asks whether it is back.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from jupyter_mlops.config import DATA_DIR, Settings
from jupyter_mlops.tracking.tellings import FOLDER, Tellings, waiting

EVERY_S = 30.0
_STAMP = ".tried"

log = logging.getLogger(__name__)
_process: subprocess.Popen[bytes] | None = None


def tell_late(journals: Path) -> bool:
    """Start the process if it is due; whether it was started. Never raises, and waits for nothing.

    Args:
        journals: the folder of the journals, in the user's data folder.
    """
    global _process  # noqa: PLW0603 - one at a time is enough
    folder = journals / FOLDER
    try:
        if (_process is not None and _process.poll() is None) or not waiting(folder) or not _is_due(folder):
            return False
        _process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            env={**os.environ, DATA_DIR: str(journals.parent)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        log.warning("What MLflow missed is not told: %s", error)
        return False
    return True


def report(settings: Settings) -> Iterator[tuple[Literal["ok", "warning"], str, str | None]]:
    """Tell what waits, for `doctor`: how that stands then, and what to do; nothing if nothing waits."""
    folder = settings.journals / FOLDER
    if not waiting(folder):
        return
    heard = Tellings(settings).tell_what_waits()
    if left := len(waiting(folder)):
        message = f"MLflow missed ends of runs ({left} tellings wait): a tracking server does not answer."
        yield "warning", message, "It is told by itself once the server answers; after a month, no more."
    else:
        yield "ok", f"MLflow was told now what it had missed ({heard}).", None


def _is_due(folder: Path) -> bool:
    """Whether nobody has tried lately; who is told so has to try."""
    stamp = folder / _STAMP
    try:
        age = time.time() - stamp.stat().st_mtime
    except FileNotFoundError:
        age = EVERY_S
    if 0 <= age < EVERY_S:
        return False
    stamp.touch(mode=0o600)
    return True


def main() -> None:
    """The process: tell what waits, and end."""
    settings = Settings.load()
    settings.make_folders()
    logging.basicConfig(
        filename=settings.logs / "tellings.log", format="%(asctime)s %(name)s %(levelname)s %(message)s"
    )
    Tellings(settings).tell_what_waits()


if __name__ == "__main__":
    main()
