"""What a terminal is told of a run while it is followed."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from jupyter_mlops.cli.progress import PlainProgress
from jupyter_mlops.store.tables import Run

WHY = "Waits for its tracking server, 1 h 0 min at most."


@pytest.mark.parametrize(
    ("waits_until", "told"), [(None, "run1 queued\n"), (datetime.now(timezone.utc), f"run1 queued: {WHY}\n")]
)
def test_a_queued_run_that_is_put_off_says_why(
    capsys: pytest.CaptureFixture[str], waits_until: datetime | None, told: str
) -> None:
    run = Run(id="run1", state="queued", message=WHY, not_before=waits_until, cells_done=0, progress={})
    progress = PlainProgress()
    progress.show(run)
    progress.show(run)
    assert capsys.readouterr().err == told
