"""Where attempts are executed: by this machine's own processes, or by what another package brings.

An executor is found by its name under the entry-point group `jupyter_mlops.executors`. It opens runners, each
of which takes one attempt after the other; the worker that claimed the run renews its lease, passes a cancel
on and buries a runner that died, whatever it runs on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.plugins import with_plugins
from jupyter_mlops.runs.runner_process import RunnerProcess

ENTRY_POINTS = "jupyter_mlops.executors"
LOCAL = "local"


class Executor(ABC):
    """Opens the runners of one kind. Its objects hold no run: those are in the store."""

    name: ClassVar[str]

    @abstractmethod
    def open_runner(
        self, environment: dict[str, str], log_path: Path, on_done: Callable[[str], None]
    ) -> RunnerProcess:
        """A runner without an attempt.

        Args:
            environment: the runner's.
            log_path: where its standard error goes.
            on_done: called, from a thread, with the id of each attempt that it has ended.

        Raises:
            OSError: there is none to be had now; its run is given back to the queue.
        """


class LocalExecutor(Executor):
    """A process of this machine."""

    name = LOCAL

    def open_runner(
        self, environment: dict[str, str], log_path: Path, on_done: Callable[[str], None]
    ) -> RunnerProcess:
        """A process of this machine, below the worker's own."""
        return RunnerProcess(environment, log_path, on_done)


@lru_cache
def installed_executors() -> Mapping[str, Executor]:
    """Every installed executor by its name. One that cannot be loaded is left out; ours stays ours."""
    return with_plugins(ENTRY_POINTS, {LOCAL: LocalExecutor()}, (Executor,), "executor")


def check_executor(name: object, field: str = "executor") -> str:
    """The name of an executor that is installed.

    Raises:
        BadInputError: there is none of that name here.
    """
    known = installed_executors()
    if not isinstance(name, str) or name not in known:
        raise BadInputError(
            f"There is no executor {str(name)[:40]!r}.",
            field=field,
            hint=f"Installed here: {', '.join(known)}. Another package may bring one.",
        )
    return name
