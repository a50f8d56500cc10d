"""How far a run is: what its row says of it while it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from jupyter_mlops.readable import show_seconds
from jupyter_mlops.runs.live.resources import Usage


@dataclass(frozen=True)
class CurrentCell:
    """The cell that runs now.

    Attributes:
        index: its place in the executed notebook, from 0.
        line: its first line that says something.
        started_at: since when.
    """

    index: int
    cell_id: str | None
    line: str
    started_at: datetime


@dataclass(frozen=True)
class Progress:
    """How far a run is, and what it uses.

    Attributes:
        cell: the one that runs now; None between cells, before the first and after the last.
        expected_end_at: by how long the job's last successful runs took; None when that is not known.
        expected_from: of how many runs that is the experience.
        usage: of the kernel and all that it started, by the last look.
        memory_peak_bytes: the most that any look saw.
        seen_at: when all this was so.
        problem: why no output is shown while the run goes on, as a full disk; None when there is none.
    """

    cell: CurrentCell | None = None
    expected_end_at: datetime | None = None
    expected_from: int = 0
    usage: Usage | None = None
    memory_peak_bytes: int | None = None
    seen_at: datetime | None = None
    problem: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """As `Progress` in the OpenAPI file has it, and as the row keeps it."""
        cell, usage = self.cell, self.usage
        return {
            "cell": None
            if cell is None
            else {
                "index": cell.index,
                "cell_id": cell.cell_id,
                "line": cell.line,
                "started_at": cell.started_at.isoformat(),
            },
            "expected_end_at": None if self.expected_end_at is None else self.expected_end_at.isoformat(),
            "expected_from": self.expected_from,
            "cpu_percent": None if usage is None else usage.cpu_percent,
            "memory_bytes": None if usage is None else usage.memory_bytes,
            "processes": None if usage is None else usage.processes,
            "memory_peak_bytes": self.memory_peak_bytes,
            "seen_at": None if self.seen_at is None else self.seen_at.isoformat(),
            "problem": self.problem,
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Progress | None:
        """What a row keeps; None when nothing was told yet."""
        if not kept.get("seen_at"):
            return None
        cell = kept.get("cell")
        memory = kept.get("memory_bytes")
        return cls(
            cell=None
            if cell is None
            else CurrentCell(
                cell["index"], cell["cell_id"], cell["line"], datetime.fromisoformat(cell["started_at"])
            ),
            expected_end_at=_moment(kept.get("expected_end_at")),
            expected_from=kept.get("expected_from", 0),
            usage=None
            if memory is None
            else Usage(kept.get("cpu_percent") or 0.0, memory, kept.get("processes") or 0),
            memory_peak_bytes=kept.get("memory_peak_bytes"),
            seen_at=_moment(kept["seen_at"]),
            problem=kept.get("problem"),
        )

    def rest_s(self, now: datetime | None = None) -> float | None:
        """Seconds that are left by the estimate, at least 0; None without one."""
        if self.expected_end_at is None:
            return None
        return max(0.0, (self.expected_end_at - (now or datetime.now(timezone.utc))).total_seconds())

    def describe(self) -> str:
        """In one line for a person: the cell, for how long, how long still, what it uses."""
        parts = []
        if self.cell is not None:
            parts.append(f"cell {self.cell.index + 1}: {self.cell.line}")
            if (
                self.seen_at is not None
                and (since := self.seen_at - self.cell.started_at).total_seconds() >= 1
            ):
                parts.append(f"for {show_seconds(round(since.total_seconds()))}")
        if self.expected_end_at is not None:
            rest_s = self.rest_s(self.seen_at) or 0.0
            parts.append(f"about {show_seconds(round(rest_s))} left" if rest_s >= 1 else "about to end")
        if self.usage is not None:
            parts.append(f"{self.usage.cpu_percent:.0f} % CPU, {self.usage.memory_bytes / 1e6:.0f} MB")
        if self.problem is not None:
            parts.append(self.problem)
        return " · ".join(parts)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
