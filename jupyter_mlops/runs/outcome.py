"""What an execution's end means: from the exception and the executed notebook to a state and a reason."""

from __future__ import annotations

import errno
import re
import signal
from typing import TYPE_CHECKING, Any

from jupyter_mlops.errors import MlopsError
from jupyter_mlops.readable import with_full_stop
from jupyter_mlops.runs.memory_end import MemoryEnd
from jupyter_mlops.runs.queue import Outcome
from jupyter_mlops.runs.states import Reason, RunState

if TYPE_CHECKING:
    from jupyter_mlops.runs.kernel_ending import RunTimedOutError

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
SOURCE_LINES = 5
MESSAGE_CHARS = 2000
KILL = 9


def outcome_of(
    error: BaseException | None,
    notebook: Any,
    kernel_exit: int | None = None,
    memory: MemoryEnd | None = None,
) -> Outcome:
    """The outcome of an execution.

    Args:
        error: what the execution raised, None for success.
        notebook: the notebook as far as it was executed, or None when it never started.
        kernel_exit: the kernel's exit code, negative for a signal, None when it is not known.
        memory: of a kernel that died.
    """
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from jupyter_mlops.runs.kernel_ending import RunCancelledError, RunTimedOutError

    cell = failed_cell(notebook)
    if error is None:
        return Outcome(RunState.SUCCEEDED)
    if isinstance(error, RunCancelledError):
        return Outcome(RunState.CANCELLED, Reason.CANCELLED, "Cancelled on request.", cell)
    if isinstance(error, PapermillExecutionError):
        message = f"{_place(cell)} raised {error.ename}: {plain_text(error.evalue)}".rstrip(": ")
        return Outcome(RunState.FAILED, Reason.ERROR, with_full_stop(message), cell)
    if isinstance(error, RunTimedOutError):
        return Outcome(RunState.TIMED_OUT, Reason.TIMEOUT, _timed_out(error, cell), cell)
    if isinstance(error, DeadKernelError):
        return _kernel_death(cell, kernel_exit, memory)
    if isinstance(error, CellTimeoutError):
        return Outcome(RunState.TIMED_OUT, Reason.TIMEOUT, f"{_place(cell)} took too long.", cell)
    if isinstance(error, NoSuchKernel):
        return Outcome(RunState.FAILED, Reason.NO_SUCH_KERNEL, f"There is no kernel named {error.name!r}.")
    if isinstance(error, MlopsError):
        return Outcome(RunState.FAILED, error.reason_code, _with_hint(error), cell)
    if isinstance(error, RuntimeError) and "kernel" in str(error).lower():
        return Outcome(RunState.FAILED, Reason.KERNEL_NOT_STARTED, f"The kernel did not start: {error}", cell)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        message = f"What it has done could not be written: {error}."
        return Outcome(RunState.FAILED, Reason.DISK, message, cell)
    return Outcome(
        RunState.FAILED, Reason.INTERNAL_ERROR, f"{type(error).__name__}: {plain_text(str(error))}", cell
    )


def failed_cell(notebook: Any) -> dict[str, Any] | None:
    """The cell that failed: its place in the executed notebook, id, first lines and error."""
    for index, cell in enumerate(notebook.cells if notebook is not None else ()):
        if cell.metadata.get("papermill", {}).get("status") != "failed":
            continue
        errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
        return {
            "index": index,
            "cell_id": cell.get("id"),
            "source": "\n".join(cell.source.splitlines()[:SOURCE_LINES]),
            "execution_count": cell.get("execution_count"),
            "error_name": errors[-1].ename if errors else None,
            "error_message": plain_text(errors[-1].evalue) if errors else None,
        }
    return None


def plain_text(text: str) -> str:
    """Text without terminal colours, bounded."""
    return _ANSI.sub("", text)[:MESSAGE_CHARS]


def _place(cell: dict[str, Any] | None) -> str:
    """The cell as its reader finds it: by the count beside it, else by its place."""
    if cell is None:
        return "A cell"
    return f"Cell [{cell['execution_count']}]" if cell["execution_count"] else f"Cell {cell['index'] + 1}"


def _timed_out(error: RunTimedOutError, cell: dict[str, Any] | None) -> str:
    if not error.whole:
        return f"{_place(cell)} took longer than {error.limit_s:g} s."
    where = "" if cell is None else f"; it was in {_place(cell).lower()}"
    return f"The run took longer than {error.limit_s:g} s{where}."


def _kernel_death(cell: dict[str, Any] | None, kernel_exit: int | None, memory: MemoryEnd | None) -> Outcome:
    where = "" if cell is None else f" in {_place(cell).lower()}"
    held = "" if memory is None else f" {memory.describe()}".rstrip()

    def died(how: str, reason: str = Reason.KERNEL_DIED) -> Outcome:
        return Outcome(RunState.FAILED, reason, f"The kernel died{where}{how}.{held}", cell)

    if kernel_exit is None:
        return died("")
    if kernel_exit >= 0:
        return died(f": its process ended with exit code {kernel_exit}")
    if kernel_exit == -KILL and memory is not None and memory.is_out_of_memory:
        return died(": the system killed it for want of memory", Reason.OUT_OF_MEMORY)
    try:
        name = signal.Signals(-kernel_exit).name
    except ValueError:
        name = f"signal {-kernel_exit}"
    return died(f": killed by {name}")


def _with_hint(error: MlopsError) -> str:
    return f"{error.message} {error.hint}" if error.hint else error.message
