"""The folder that a kernel's journal is made in."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from jupyter_mlops.capture.kernel.journal_writer import JournalWriter


def test_folders_made_for_a_journal_are_the_users_alone_and_others_stay(
    tmp_path: Path,
) -> None:
    before = os.umask(0o022)
    try:
        tmp_path.chmod(0o755)
        journal = JournalWriter(str(tmp_path / "data" / "mlops" / "journals"), "kernel")
        journal.close()
    finally:
        os.umask(before)
    made = ["data", "data/mlops", "data/mlops/journals"]
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in made] == [0o700] * 3
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert stat.S_IMODE(Path(journal.path).stat().st_mode) == 0o600
    JournalWriter(str(tmp_path / "data" / "mlops" / "journals"), "another").close()
