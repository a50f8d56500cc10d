"""The live file: nothing is lost to who reads on, and it never grows past its bound."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from jupyter_mlops.runs.live.journal import KEPT_BYTES, MAX_BYTES, LiveJournal, LiveTail, live_path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "live.jsonl"


def numbers(tail: LiveTail) -> list[int]:
    return [line["n"] for line in tail.read()]


def test_a_reader_sees_each_line_once_and_may_come_before_the_file(path: Path) -> None:
    tail = LiveTail(path)
    assert tail.read() == []
    journal = LiveJournal(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for n in (1, 2):
        journal.append("output", n=n)
    assert numbers(tail) == [1, 2]
    journal.append("output", n=3)
    assert numbers(tail) == [3]
    assert numbers(tail) == []


def test_it_stays_within_its_bound_and_a_reader_that_keeps_up_loses_nothing(path: Path) -> None:
    journal, tail, text = LiveJournal(path), LiveTail(path), "x" * 2_000
    seen: list[int] = []
    for n in range(1_500):
        journal.append("output", n=n, text=text)
        assert path.stat().st_size <= MAX_BYTES
        if n % 40 == 0:
            while found := numbers(tail):
                seen += found
    while found := numbers(tail):
        seen += found
    assert seen == list(range(1_500))


def test_who_comes_late_sees_what_was_written_last(path: Path) -> None:
    journal = LiveJournal(path)
    for n in range(3_000):
        journal.append("output", n=n, text="x" * 1_000)
    tail, seen = LiveTail(path), list[int]()
    while found := numbers(tail):
        seen += found
    assert seen == list(range(seen[0], 3_000)) and len(seen) * 1_000 >= KEPT_BYTES * 0.9


def test_a_reader_goes_on_after_the_line_that_it_names(path: Path) -> None:
    journal = LiveJournal(path)
    for n in range(1, 6):
        journal.append("output", n=n)
    assert numbers(LiveTail(path, after=3)) == [4, 5]


def test_a_line_that_is_not_whole_waits_and_a_damaged_one_is_passed_over(path: Path) -> None:
    journal, tail = LiveJournal(path), LiveTail(path)
    with path.open("ab") as file:
        file.write(b'\xff not json\n[1]\n{"no": 1}\n{"seq": 7, ')
        file.flush()
        assert tail.read() == []
        file.write(b'"kind": "output", "n": 7}\n')
    assert numbers(tail) == [7]
    journal.close()


def test_what_was_written_before_the_end_is_read_after_it(path: Path) -> None:
    journal, tail = LiveJournal(path), LiveTail(path)
    tail.read()
    journal.append("output", n=1)
    journal.close()
    assert not path.exists()
    assert numbers(tail) == [1]


def test_another_attempt_begins_a_file_of_its_own(path: Path) -> None:
    LiveJournal(path).append("output", n=1)  # its runner was killed: it never closed it
    again = LiveJournal(path)
    again.append("output", n=2)
    assert numbers(LiveTail(path)) == [2]
    again.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write anywhere")
def test_a_folder_that_cannot_be_written_is_an_error_of_the_disk(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OSError):
        LiveJournal(tmp_path / "live.jsonl")
    tmp_path.chmod(0o700)


def test_only_a_local_executed_notebook_has_a_live_file_beside_it() -> None:
    assert live_path("/w/mlops-runs/a/b/nb.ipynb") == Path("/w/mlops-runs/a/b/live.jsonl")
    assert live_path("s3://bucket/nb.ipynb") is None
    assert live_path(None) is None
