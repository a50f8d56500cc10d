"""MLflow runs that end in this kernel, handed on once their cell has ended. Standard library only.

What is told of a run at its end (`experiments.completion`) takes a tenth of a second and needs the record of
the cell that ended it, so it is told after that cell, once for all runs that it ended. Runs inside others are
left out: what is true of the session is told of the outermost. The cell waits for it two seconds at most: a
store that is locked or a tracking server that hangs makes it go on beside the next cells.
"""

from __future__ import annotations

import atexit
import functools
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

Function = Callable[..., Any]

THREAD_NAME = "mlops-run-ends"
CELL_WAITS_S = 2.0
EXIT_WAITS_S = 3.0  # Jupyter kills a kernel that has not ended in five
_PARENT_TAG = "mlflow.parentRunId"


@dataclass(frozen=True)
class EndedRun:
    """An MLflow run, and the tracking server that knows it."""

    run_id: str
    tracking_uri: str


Complete = Callable[[Sequence[EndedRun]], None]
"""What is done with runs that have ended; it must not raise."""

_complete: Complete | None = None
_ended: list[EndedRun] = []
_exiting = False
_at_work: threading.Thread | None = None


def install(ip: InteractiveShell, complete: Complete) -> None:
    """Hand the runs that end from now on to `complete`, after the recorder's hooks have written the cell."""
    global _complete  # noqa: PLW0603 - like MLflow's own stack of runs, one for the process
    uninstall(ip)
    _complete = complete
    ip.events.register("post_run_cell", _after_cell)
    atexit.register(_at_exit)


def uninstall(ip: InteractiveShell) -> None:
    """Hand on no more."""
    global _complete  # noqa: PLW0603
    _complete = None
    _ended.clear()
    atexit.unregister(_at_exit)
    if _after_cell in ip.events.callbacks["post_run_cell"]:
        ip.events.unregister("post_run_cell", _after_cell)


def wrap_end_run(end_run: Function) -> Function:
    """`mlflow.end_run`, remembering the run that it has ended."""

    @functools.wraps(end_run)
    def noting_end_run(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        ending = None
        with suppress(Exception):
            ending = _ending(end_run)
        returned = end_run(*args, **kwargs)  # a run whose end MLflow was not told has not ended
        if ending is not None and _complete is not None and ending not in _ended:
            _ended.append(ending)
            if _exiting:
                _hand_on()
        return returned

    return noting_end_run


def _ending(end_run: Function) -> EndedRun | None:
    """The run that the next `end_run` ends, unless it is inside another."""
    fluent = sys.modules[end_run.__module__]
    run = fluent.active_run()
    if run is None or _PARENT_TAG in run.data.tags:
        return None
    return EndedRun(str(run.info.run_id), str(fluent.mlflow.get_tracking_uri()))


def _after_cell(_result: object) -> None:
    if _ended and not _is_inside_a_cell():
        _hand_on()


def _at_exit() -> None:
    """A run that is still active now is ended by MLflow, before us or after."""
    global _exiting  # noqa: PLW0603
    _exiting = True
    if _at_work is not None:
        _at_work.join(EXIT_WAITS_S)
    if _ended:
        _hand_on()


def _hand_on() -> None:
    global _at_work  # noqa: PLW0603
    ended = _ended.copy()
    _ended.clear()
    if _exiting:  # Python starts no threads any more
        _run_complete(ended, None)
        return
    before = _at_work
    _at_work = threading.Thread(target=_run_complete, args=(ended, before), name=THREAD_NAME, daemon=True)
    _at_work.start()
    with suppress(KeyboardInterrupt):  # then it goes on by itself
        _at_work.join(CELL_WAITS_S)


def _run_complete(ended: Sequence[EndedRun], before: threading.Thread | None) -> None:
    if before is not None:
        before.join()
    complete = _complete
    if complete is not None:
        complete(ended)


def _is_inside_a_cell() -> bool:
    """Whether what ended was a part of a cell (a nested `run_cell`), or beside one (in a subshell)."""
    recorder = sys.modules.get("jupyter_mlops.capture.recorder")
    active = recorder.active() if recorder is not None else None
    return active is not None and active.current() is not None
