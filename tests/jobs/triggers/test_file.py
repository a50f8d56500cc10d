"""A file trigger: one fire for what has changed and settled, whatever the way it was written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from trigger_bench import TriggerBench

from jupyter_mlops.errors import ScheduleError
from jupyter_mlops.jobs.triggers import file


@pytest.fixture
def data(bench: TriggerBench) -> Path:
    folder = bench.root / "data"
    folder.mkdir()
    return folder


def watched(bench: TriggerBench, path: str = "data/*.csv", **given: object):
    """A trigger that has looked once."""
    trigger = bench.made("file", path=path, **given)
    assert bench.look(trigger) == 0
    return trigger


def paths(bench: TriggerBench) -> list[list[str]]:
    return [[f"{one['event']} {one['path']}" for one in run.cause["files"]] for run in bench.runs()]


def test_what_is_there_before_does_not_fire_and_what_is_made_or_changed_does(
    bench: TriggerBench, data: Path
) -> None:
    (data / "old.csv").write_text("1")
    trigger = watched(bench)
    (data / "new.csv").write_text("1")
    (data / "new.txt").write_text("1")
    assert bench.look(trigger, seconds=2) == 0, "not settled yet"
    assert bench.look(trigger, seconds=2) == 1
    bench.end(bench.runs()[0])
    assert bench.look(trigger, seconds=60) == 0
    (data / "old.csv").write_text("22")
    bench.look(trigger, seconds=2)
    assert bench.look(trigger, seconds=2) == 1
    assert paths(bench) == [["created data/new.csv"], ["changed data/old.csv"]]


@pytest.mark.parametrize("content", [False, True])
def test_what_changes_before_the_first_look_fires(bench: TriggerBench, data: Path, content: bool) -> None:
    (data / "old.csv").write_text("1")
    (data / "same.csv").write_text("1")
    trigger = bench.made("file", path="data/*.csv", settle_s=0, content=content)
    (data / "old.csv").write_text("22")
    (data / "new.csv").write_text("1")
    assert bench.look(trigger) == 1
    assert paths(bench) == [["created data/new.csv", "changed data/old.csv"]]
    os.utime(data / "same.csv", ns=(1, 1))
    assert bench.look(trigger, seconds=2) == (0 if content else 1), "where contents count it was read"


def test_what_changes_during_a_pause_does_not_fire(bench: TriggerBench, data: Path) -> None:
    trigger = watched(bench, settle_s=0)
    bench.triggers.change(trigger.id, {"active": False})
    (data / "a.csv").write_text("1")
    bench.triggers.change(trigger.id, {"active": True})
    assert bench.look(trigger, seconds=2) == 0
    (data / "b.csv").write_text("1")
    assert bench.look(trigger, seconds=2) == 1


def test_more_files_than_can_be_watched_are_refused_when_the_trigger_is_made(
    bench: TriggerBench, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "MAX_FILES", 2)
    for number in range(3):
        (data / f"{number}.csv").write_text("1")
    with pytest.raises(ScheduleError) as refused:
        bench.made("file", path="data/*.csv")
    assert refused.value.field == "path"
    assert bench.all_triggers() == []


def test_a_folder_that_is_being_filled_fires_once_when_it_is_quiet(bench: TriggerBench, data: Path) -> None:
    trigger = watched(bench, "data", settle_s=5)
    for number in range(5):
        (data / f"{number}.csv").write_text("x")
        assert bench.look(trigger, seconds=4) == 0
    assert bench.look(trigger, seconds=5) == 1
    assert bench.runs()[0].cause["count"] == 5


def test_a_file_that_is_gone_and_comes_again_is_made_anew(bench: TriggerBench, data: Path) -> None:
    (data / "a.csv").write_text("1")
    trigger = watched(bench, settle_s=0, on="created")
    (data / "a.csv").write_text("22")
    assert bench.look(trigger, seconds=2) == 0, "only what is made counts"
    (data / "a.csv").unlink()
    assert bench.look(trigger, seconds=2) == 0
    (data / "a.csv").write_text("1")
    assert bench.look(trigger, seconds=2) == 1


def test_with_content_a_file_that_is_only_touched_is_the_same(bench: TriggerBench, data: Path) -> None:
    (data / "a.csv").write_text("1")
    trigger = watched(bench, settle_s=0, content=True)
    os.utime(data / "a.csv", ns=(1, 1))
    assert bench.look(trigger, seconds=2) == 0
    (data / "a.csv").write_text("2")
    assert bench.look(trigger, seconds=2) == 1


def test_two_workers_that_look_make_one_run(bench: TriggerBench, data: Path, monkeypatch) -> None:
    trigger = watched(bench, settle_s=0)
    (data / "a.csv").write_text("1")
    inner = file.FileKind.look

    def look_while_another_does(self: file.FileKind, watch):
        monkeypatch.setattr(file.FileKind, "look", inner)
        sight = inner(self, watch)
        assert bench.look(trigger) == 1
        return sight

    monkeypatch.setattr(file.FileKind, "look", look_while_another_does)
    assert bench.look(trigger, seconds=2) == 0
    assert len(bench.runs()) == 1


def test_what_has_changed_while_no_worker_was_there_fires_one_run(bench: TriggerBench, data: Path) -> None:
    trigger = watched(bench, settle_s=0)
    for number in range(3):
        (data / f"{number}.csv").write_text("x")
    assert bench.look(trigger, hours=30) == 1
    assert bench.runs()[0].cause["count"] == 3


def test_the_path_is_passed_as_a_parameter(bench: TriggerBench, data: Path) -> None:
    trigger = watched(bench, settle_s=0, **{"pass": {"day": "path"}})
    (data / "a.csv").write_text("x")
    bench.look(trigger, seconds=2)
    assert bench.runs()[0].parameters == {"day": str(data / "a.csv")}


def test_nothing_is_written_to_the_store_while_nothing_changes(bench: TriggerBench, data: Path) -> None:
    trigger = watched(bench)
    before = bench.again(trigger)
    bench.look(trigger, seconds=60)
    after = bench.again(trigger)
    assert (after.next_fire_at, after.seen) == (before.next_fire_at, before.seen)


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("data/a.csv", {"data/a.csv"}),
        ("data", {"data/a.csv", "data/b.parquet"}),
        ("data/*.csv", {"data/a.csv"}),
        ("data/?.*", {"data/a.csv", "data/b.parquet"}),
        ("data/[ab].csv", {"data/a.csv"}),
        ("data/**", {"data/a.csv", "data/b.parquet", "data/2026/11/c.csv"}),
        ("**/*.csv", {"data/a.csv", "data/2026/11/c.csv"}),
        ("data/*/*/c.csv", {"data/2026/11/c.csv"}),
        ("data/*/c.csv", set()),
    ],
)
def test_which_files_a_pattern_means(bench: TriggerBench, data: Path, pattern: str, wanted: set[str]) -> None:
    (data / "2026" / "11").mkdir(parents=True)
    for name in ("a.csv", "b.parquet", "2026/11/c.csv", ".hidden.csv"):
        (data / name).write_text("x")
    (bench.root / "mlops-runs").mkdir()
    (bench.root / "mlops-runs" / "ours.csv").write_text("x")
    (bench.root.parent / "secret.csv").write_text("x")
    (data / "link.csv").symlink_to(bench.root.parent / "secret.csv")
    assert set(bench.again(watched(bench, pattern)).seen["files"]) == wanted


@pytest.mark.parametrize(
    "path", ["../other/*.csv", "/etc/passwd", "~/x.csv", "data/../../x", ".", "", "a\0b", "out/*.csv"]
)
def test_a_path_out_of_the_root_is_refused(bench: TriggerBench, data: Path, path: str) -> None:
    (bench.root / "out").symlink_to("/")
    with pytest.raises(ScheduleError) as refused:
        bench.made("file", path=path)
    assert refused.value.field == "path"
    assert bench.all_triggers() == []


def test_a_pattern_of_too_many_files_pauses_its_trigger_and_says_so(
    bench: TriggerBench, data: Path, monkeypatch
) -> None:
    trigger = watched(bench)
    monkeypatch.setattr(file, "MAX_FILES", 3)
    for number in range(5):
        (data / f"{number}.csv").write_text("x")
    assert bench.look(trigger, seconds=2) == 0
    assert not bench.again(trigger).active
    assert "More than 3 files match" in bench.again(trigger).problem


def test_a_resumed_trigger_does_not_fire_for_the_pause(bench: TriggerBench, data: Path) -> None:
    trigger = watched(bench, settle_s=0)
    bench.triggers.change(trigger.id, {"active": False})
    (data / "a.csv").write_text("x")
    assert bench.look(trigger, seconds=2) == 0
    bench.triggers.change(trigger.id, {"active": True})
    assert bench.look(trigger, seconds=2) == 0
    (data / "b.csv").write_text("x")
    assert bench.look(trigger, seconds=2) == 1
