"""MLflow runs that end in this kernel, handed on once their cell has ended. Standard library only.

What is told of a run at its end (`experiments.completion`) takes a tenth of a second and needs the record of
the cell that ended it, so it is told after that cell, once for all runs that it ended. Runs inside others are
left out: what is true of the session is told of the outermost. The cell waits for it two seconds at most: a
store that is locked or a tracking server that hangs makes it go on beside the next cells.

An end that MLflow could not tell its server is handed on too, of inner runs as well: else they would stay
RUNNING there for ever.
"""

from __future__ import annotations

import atexit
import functools
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
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
    """An MLflow run, and the tracking server that knows it.

    Attributes:
        at_ms: when it ended, in milliseconds since the epoch.
        is_inner: inside another run.
        unheard_status: how it ended, where MLflow could not tell its server; None where it could.
    """

    run_id: str
    tracking_uri: str
    at_ms: int
    is_inner: bool = False
    unheard_status: str | None = None


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
        try:
            returned = end_run(*args, **kwargs)
        except Exception:  # for this process the run has ended, and its server is told when it is back
            if ending is not None:
                status = str(args[0] if args else kwargs.get("status", "FINISHED"))
                _note(replace(ending, at_ms=_now_ms(), unheard_status=status))
            raise
        if ending is not None and not ending.is_inner:
            _note(replace(ending, at_ms=_now_ms()))
        return returned

    return noting_end_run


def _note(ended: EndedRun) -> None:
    """Once for a run that ended, went on and ended again in one cell."""
    if _complete is not None:
        _ended[:] = [one for one in _ended if one.run_id != ended.run_id]
        _ended.append(ended)
        if _exiting:
            _hand_on()


def _ending(end_run: Function) -> EndedRun | None:
    """The run that the next `end_run` ends."""
    fluent = sys.modules[end_run.__module__]
    run = fluent.active_run()
    if run is None:
        return None
    uri = str(fluent.mlflow.get_tracking_uri())
    return EndedRun(str(run.info.run_id), uri, 0, is_inner=_PARENT_TAG in run.data.tags)


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


def _now_ms() -> int:
    return time.time_ns() // 10**6


def _is_inside_a_cell() -> bool:
    """Whether what ended was a part of a cell (a nested `run_cell`), or beside one (in a subshell)."""
    recorder = sys.modules.get("jupyter_mlops.capture.recorder")
    active = recorder.active() if recorder is not None else None
    return active is not None and active.current() is not None
