"""Drill: kernels killed at random moments. Expected: no cell that was answered is missing in a journal."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

from journal_kills import kill_many


def test_no_answered_cell_is_lost_when_kernels_are_killed() -> None:
    total = kill_many(10, seed=7)
    assert total["lost"] == 0
    assert total["acknowledged"] > 10
