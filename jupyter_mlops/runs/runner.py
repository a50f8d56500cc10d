"""A runner: a process that keeps papermill and MLflow loaded, and executes attempts one after the other.

It is told what to do on standard input, a JSON object a line: `{"execute": ATTEMPT}` or
`{"cancel": ATTEMPT}`, and says `{"done": ATTEMPT}` on standard output, and every two seconds that it is well.
Only ids travel; all else is in the store. When its standard input closes, its worker is gone: it ends its
kernel and itself, since nobody renews its lease any more.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import IO

from jupyter_mlops.config import Settings
from jupyter_mlops.lean_imports import spare_the_grammar_of_iris
from jupyter_mlops.runs.resume.keeper import KEEPER
from jupyter_mlops.runs.runner_process import ATTEMPT_VARIABLE, kill_processes_of
from jupyter_mlops.store import Store

log = logging.getLogger(__name__)
GIVE_UP_S = 4.0
SAY_EVERY_S = 2.0


class Runner:
    """The runner's side of the conversation.

    Args:
        settings: where the store and all else is.
        say: writes one answer line to the worker.
    """

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._say = say
        self._store: Store | None = None
        self._work: SimpleQueue[str | None] = SimpleQueue()
        self._cancels: dict[str, threading.Event] = {}

    def serve(self) -> None:
        """Execute what arrives until standard input closes."""
        threading.Thread(target=self._listen, name="listen", daemon=True).start()
        _load_libraries()
        threading.Thread(target=self._say_well, name="say-well", daemon=True).start()
        while (attempt_id := self._work.get()) is not None:
            self._execute(attempt_id)
            self._say(json.dumps({"done": attempt_id}))

    def _listen(self) -> None:
        for line in sys.stdin:
            message = json.loads(line)
            if "execute" in message:
                self._cancels[message["execute"]] = threading.Event()
                self._work.put(message["execute"])
            elif event := self._cancels.get(message.get("cancel", "")):
                event.set()
        self._work.put(None)
        for event in self._cancels.values():
            event.set()
        # The kernel is interrupted, then killed; whatever still hangs after that goes with this process.
        threading.Timer(GIVE_UP_S, os._exit, [1]).start()

    def _say_well(self) -> None:
        while True:
            self._say(json.dumps({"well": os.getpid()}))
            time.sleep(SAY_EVERY_S)

    def _execute(self, attempt_id: str) -> None:
        from jupyter_mlops.runs.attempt import AttemptExecution, LeaseLostError

        if self._store is None:
            self._store = self._settings.open_store()
        try:
            AttemptExecution(self._store, self._settings, attempt_id, self._cancels[attempt_id]).execute()
        except LeaseLostError:
            log.warning("attempt %s was taken over; nothing more is written for it", attempt_id)
        except Exception:
            # The store failed: the lease runs out and the run ends as lost, but the runner goes on.
            log.exception("the end of attempt %s could not be written", attempt_id)
        finally:
            if not KEEPER.holds(attempt_id):
                kill_processes_of(ATTEMPT_VARIABLE, attempt_id)  # what the notebook started and let go of
            del self._cancels[attempt_id]


class _Speaker:
    """Writes one line at a time, whichever thread speaks; to nobody when the worker is gone."""

    def __init__(self, answers: IO[str]) -> None:
        self._answers = answers
        self._lock = threading.Lock()

    def __call__(self, line: str) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._answers.write(line + "\n")
            self._answers.flush()


def _load_libraries() -> None:
    """Import what every attempt needs, before the first one waits for it."""
    spare_the_grammar_of_iris()
    for module in ("mlflow", "papermill", "jupyter_mlops.runs.engine", "jupyter_mlops.runs.attempt"):
        importlib.import_module(module)


def main() -> None:
    """Run a runner on this process's standard input and output."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("papermill").setLevel(logging.WARNING)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints goes to the log, never into the conversation
    Runner(Settings.load(), _Speaker(answers)).serve()
    KEEPER.let_all_go()
    logging.shutdown()
    os._exit(0)  # MLflow's and zmq's exit handlers would hold the process for seconds


if __name__ == "__main__":
    main()
