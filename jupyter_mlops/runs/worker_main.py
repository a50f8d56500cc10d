"""Being a worker: in the foreground (`jupyter mlops worker`), or detached (`ensure_worker` starts it so)."""

from __future__ import annotations

import logging
import signal
import sys
from types import FrameType

from jupyter_mlops.config import Settings
from jupyter_mlops.lean_imports import spare_the_grammar_of_iris
from jupyter_mlops.runs.workers import default_slots

EXIT_WHEN_IDLE_S = 900.0
log = logging.getLogger(__name__)


def run_worker(
    settings: Settings, slots: int, exit_when_idle_s: float | None, worker_id: str | None = None
) -> None:
    """Be a worker until told to stop: SIGTERM or SIGINT lets running attempts end, a second one does not."""
    spare_the_grammar_of_iris()
    from jupyter_mlops.runs.worker import WorkerLoop

    loop = WorkerLoop(settings.open_store(), settings, slots, exit_when_idle_s, worker_id)

    def stop(_number: int, _frame: FrameType | None) -> None:
        if loop.stopping:
            raise SystemExit(1)
        log.info("stopping: no new runs; ask again to end those under way")
        loop.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    loop.run()


def main() -> None:
    """Be the detached worker that `ensure_worker` has entered under the id on the command line."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    run_worker(Settings.load(), default_slots(), EXIT_WHEN_IDLE_S, sys.argv[1])


if __name__ == "__main__":
    main()
