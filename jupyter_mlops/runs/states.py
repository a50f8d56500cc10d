"""The states of a job run, and what may follow what."""

from __future__ import annotations

from enum import Enum
from typing import Final


class RunState(str, Enum):
    """Where a job run stands. The value is what the store, REST and the CLI show."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    LOST = "lost"
    SKIPPED = "skipped"

    @property
    def is_final(self) -> bool:
        """Whether nothing can follow."""
        return self not in (RunState.QUEUED, RunState.RUNNING)


class Reason:
    """Why a job run ended as it did: the codes beside a final state other than `succeeded`.

    An error of `jupyter_mlops.errors` that ended a run gives its own code.
    """

    ERROR: Final = "error"
    KERNEL_DIED: Final = "kernel_died"
    OUT_OF_MEMORY: Final = "out_of_memory"
    KERNEL_NOT_STARTED: Final = "kernel_not_started"
    NO_SUCH_KERNEL: Final = "no_such_kernel"
    CANCELLED: Final = "cancelled"
    TIMEOUT: Final = "timeout"
    WORKER_LOST: Final = "worker_lost"
    OVERLAP: Final = "overlap"
    DISK: Final = "disk"
    REFUSED_BY_GATE: Final = "refused_by_gate"
    BROKEN_ROW: Final = "broken_row"
    INTERNAL_ERROR: Final = "internal_error"
