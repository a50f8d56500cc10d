"""The copy of an executed notebook as a fact of its run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from jupyter_mlops.runs.remote.writing import LIMIT_S
from jupyter_mlops.store.tables import Run

REMOTE_OUTPUT = "remote_output"
"""Where a row's `progress` keeps what became of the copy."""
NOTED_WITHIN_S = 60.0


@dataclass(frozen=True)
class RemoteOutput:
    """What became of a copy; with neither moment nor problem it is being made.

    Attributes:
        address: where it is, or was to be.
        written_at: when it was there, whole.
        problem: why it is not.
    """

    address: str
    written_at: datetime | None = None
    problem: str | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether it is being made."""
        return self.written_at is None and self.problem is None

    def as_dict(self) -> dict[str, Any]:
        """As `RemoteOutput` in the OpenAPI file has it, and as the row keeps it."""
        written_at = None if self.written_at is None else self.written_at.isoformat()
        return {"address": self.address, "written_at": written_at, "problem": self.problem}

    @classmethod
    def of(cls, run: Run) -> RemoteOutput | None:
        """What a run's row says; None when no copy was asked for, or there is nothing to copy yet."""
        kept = (run.progress or {}).get(REMOTE_OUTPUT)
        if not isinstance(kept, Mapping):
            return None
        moment = kept.get("written_at")
        found = cls(kept["address"], moment and datetime.fromisoformat(moment), kept.get("problem"))
        last = run.ended_at and run.ended_at + timedelta(seconds=LIMIT_S + NOTED_WITHIN_S)
        if found.is_under_way and last is not None and datetime.now(timezone.utc) > last:
            return cls(found.address, problem="Whoever copied it was ended meanwhile.")
        return found
