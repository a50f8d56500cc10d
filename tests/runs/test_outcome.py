"""What the end of an execution means."""

from __future__ import annotations

from typing import Any

import pytest
from jupyter_client.kernelspec import NoSuchKernel
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook, new_output
from papermill.exceptions import PapermillExecutionError

from jupyter_mlops.errors import KernelError, TrackingUnavailableError
from jupyter_mlops.runs.kernel_ending import RunCancelledError, RunTimedOutError
from jupyter_mlops.runs.memory_end import MemoryEnd
from jupyter_mlops.runs.outcome import failed_cell, outcome_of, plain_text
from jupyter_mlops.runs.states import RunState

RAISED = PapermillExecutionError(1, 2, "1/0", "ZeroDivisionError", "\x1b[31mdivision\x1b[0m by zero", [])
SENTENCE = PapermillExecutionError(1, 2, "x", "BadInputError", "It lacks `sex`.", [])


def notebook(*statuses: str) -> Any:
    cells = [
        new_code_cell(
            f"line 1 of {index}\n" + "more\n" * 10,
            id=f"cell-{index}",
            metadata={"papermill": {"status": status}},
        )
        for index, status in enumerate(statuses)
    ]
    for cell in cells:
        if cell.metadata.papermill.status == "failed":
            cell.outputs = [new_output("error", ename="E", evalue="\x1b[1mwhy\x1b[0m", traceback=[])]
    return new_notebook(cells=cells)


@pytest.mark.parametrize(
    ("error", "kernel_exit", "state", "reason", "said"),
    [
        (None, None, "succeeded", None, None),
        (RunCancelledError(), None, "cancelled", "cancelled", "Cancelled"),
        (RAISED, None, "failed", "error", "ZeroDivisionError: division by zero."),
        (SENTENCE, None, "failed", "error", "Cell 2 raised BadInputError: It lacks `sex`."),
        (DeadKernelError("Kernel died"), -9, "failed", "kernel_died", "killed by SIGKILL."),
        (DeadKernelError("Kernel died"), -11, "failed", "kernel_died", "SIGSEGV"),
        (DeadKernelError("Kernel died"), -99, "failed", "kernel_died", "signal 99"),
        (DeadKernelError("Kernel died"), 3, "failed", "kernel_died", "exit code 3"),
        (DeadKernelError("Kernel died"), None, "failed", "kernel_died", "died in cell 2."),
        (RunTimedOutError(2, whole=False), None, "timed_out", "timeout", "Cell 2 took longer than 2 s."),
        (RunTimedOutError(9, whole=True), None, "timed_out", "timeout", "9 s; it was in cell 2."),
        (OSError(28, "No space left"), None, "failed", "disk", "could not be written"),
        (CellTimeoutError("slow"), None, "timed_out", "timeout", "took too long"),
        (NoSuchKernel("cobol"), None, "failed", "no_such_kernel", "cobol"),
        (KernelError("No.", hint="Install it."), None, "failed", "no_such_kernel", "No. Install it."),
        (TrackingUnavailableError("Down."), None, "failed", "tracking_unavailable", "Down."),
        (RuntimeError("Kernel died before replying"), None, "failed", "kernel_not_started", "did not start"),
        (OSError("disk full"), None, "failed", "internal_error", "OSError: disk full"),
    ],
)
def test_each_end_has_its_state_its_reason_and_a_sentence(
    error: Exception | None, kernel_exit: int | None, state: str, reason: str | None, said: str | None
) -> None:
    outcome = outcome_of(error, notebook("completed", "failed" if error else "completed"), kernel_exit)
    assert (outcome.state.value, outcome.reason) == (state, reason)
    assert (outcome.message is None) if said is None else (said in str(outcome.message))
    assert "\x1b" not in str(outcome.message) and ".." not in str(outcome.message)


def test_every_final_state_but_success_has_a_reason() -> None:
    for error in (RunCancelledError(), RAISED, DeadKernelError(""), CellTimeoutError(""), Exception("odd")):
        outcome = outcome_of(error, None, None)
        assert outcome.state.is_final and outcome.state is not RunState.SUCCEEDED
        assert outcome.reason and outcome.message


def test_the_failed_cell_is_found_with_its_place_its_start_and_its_error() -> None:
    found = failed_cell(notebook("completed", "failed", "pending"))
    assert found is not None
    assert (found["index"], found["cell_id"]) == (1, "cell-1")
    assert found["source"].splitlines() == ["line 1 of 1", "more", "more", "more", "more"]
    assert (found["error_name"], found["error_message"]) == ("E", "why")


@pytest.mark.parametrize("executed", [None, notebook(), notebook("completed", "pending")])
def test_where_none_failed_none_is_found(executed: Any) -> None:
    assert failed_cell(executed) is None


def test_text_is_plain_and_bounded() -> None:
    assert plain_text("\x1b[1;31mred\x1b[0m \x1b]8;;x") != "" and len(plain_text("x" * 10**6)) == 2000


@pytest.mark.parametrize(
    ("memory", "reason", "said"),
    [
        (MemoryEnd(3_000_000_000, 4_000_000_000, True), "out_of_memory", "It held up to 3.0 GB of 4.0 GB."),
        (MemoryEnd(3_900_000_000, 4_000_000_000, False), "out_of_memory", "want of memory"),
        (MemoryEnd(90_000_000, 4_000_000_000, False), "kernel_died", "SIGKILL. It held up to 90 MB"),
        (MemoryEnd(None, 4_000_000_000, True), "out_of_memory", "want of memory."),
    ],
)
def test_a_kill_is_for_want_of_memory_when_the_system_says_so_or_little_was_left(
    memory: MemoryEnd, reason: str, said: str
) -> None:
    outcome = outcome_of(DeadKernelError("died"), notebook("failed"), -9, memory)
    assert outcome.reason == reason and outcome.message is not None and said in outcome.message


def test_another_death_is_not_for_want_of_memory() -> None:
    memory = MemoryEnd(3_900_000_000, 4_000_000_000, True)
    assert outcome_of(DeadKernelError("died"), notebook("failed"), -11, memory).reason == "kernel_died"
