"""How far a run is, in words: on the command line's bar and on the card below a cell."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from rows import add_job, queue_run, run_now

from jupyter_mlops.config import Settings
from jupyter_mlops.jobs.views import run_as_dict
from jupyter_mlops.magics.run_card import run_card
from jupyter_mlops.runs.live.progress import CurrentCell, Progress
from jupyter_mlops.runs.live.resources import Usage
from jupyter_mlops.store.tables import Run

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
PROGRESS = Progress(
    cell=CurrentCell(2, "fit", "model.fit(X, y)", NOW - timedelta(seconds=12)),
    expected_end_at=NOW + timedelta(seconds=75),
    expected_from=3,
    usage=Usage(98.4, 210_000_000, 2),
    memory_peak_bytes=250_000_000,
    seen_at=NOW,
)
WORDS = "cell 3: model.fit(X, y) · for 12 s · about 1 min 15 s left · 98 % CPU, 210 MB"


def stored(store: Any, **columns: Any) -> Run:
    return run_now(store, queue_run(store, add_job(store), **columns))


def test_it_is_said_in_one_line_with_only_what_is_known() -> None:
    assert PROGRESS.describe() == WORDS
    assert Progress(seen_at=NOW).describe() == ""
    just_begun = Progress(cell=CurrentCell(0, None, "1", NOW), seen_at=NOW)
    assert just_begun.describe() == "cell 1: 1"
    late = Progress(expected_end_at=NOW - timedelta(seconds=9), seen_at=NOW)
    assert late.describe() == "about to end"


def test_a_row_keeps_it_whole_and_a_run_that_is_over_shows_none(store: Any, settings: Settings) -> None:
    running = stored(store, state="running", progress=PROGRESS.as_dict())
    assert Progress.of(running.progress) == PROGRESS
    assert run_as_dict(running)["progress"] == PROGRESS.as_dict()
    assert ("Now", WORDS) in run_card(running, settings, Path("/")).facts
    over = stored(store, state="succeeded", progress=PROGRESS.as_dict())
    assert run_as_dict(over)["progress"] is None
    assert ("Now", None) in run_card(over, settings, Path("/")).facts
    assert run_as_dict(stored(store, state="running"))["progress"] is None


def test_a_failed_run_says_until_when_it_can_be_resumed(store: Any) -> None:
    soon = (datetime.now(timezone.utc) + timedelta(minutes=5)).isoformat()
    past = (datetime.now(timezone.utc) - timedelta(minutes=5)).isoformat()

    def until(state: str, moment: str) -> Any:
        run = stored(store, state=state, progress={"resumable_until": moment})
        return run_as_dict(run)["resumable_until"]

    assert until("failed", soon) == soon
    assert until("failed", past) is None and until("succeeded", soon) is None
