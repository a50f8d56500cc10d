"""The lookout: looks are made beside its caller, each trigger once at a time; one bad holds up no other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest
from mlflow_registry import register_version
from notebook_files import WriteNotebook
from trigger_bench import TriggerBench
from waiting import wait_until

from jupyter_mlops.jobs.triggers import file
from jupyter_mlops.jobs.triggers.kind import Sight, Watch
from jupyter_mlops.jobs.triggers.lookout import Lookout


@pytest.fixture
def lookout(bench: TriggerBench) -> Iterator[Lookout]:
    lookout = Lookout(bench.store, bench.settings)
    yield lookout
    lookout.close()


def now() -> datetime:
    return datetime.now(timezone.utc)


def ticked(lookout: Lookout, made: list[int]) -> list[int]:
    made.append(lookout.tick(now()))
    return made


def test_a_look_that_hangs_holds_up_neither_the_tick_nor_another_trigger(
    bench: TriggerBench, lookout: Lookout, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = bench.made("file", path="slow/*.csv", settle_s=0)
    fast = bench.made("file", path="fast/*.csv", settle_s=0)
    let_go, looks = threading.Event(), []
    inner = file.FileKind.look

    def look(self: file.FileKind, watch: Watch) -> Sight:
        if watch.trigger_id == slow.id:
            looks.append(watch.now)
            assert let_go.wait(60)
        return inner(self, watch)

    monkeypatch.setattr(file.FileKind, "look", look)
    (bench.root / "fast").mkdir()
    wait_until(
        lambda: lookout.tick(now()) or "files" in bench.again(fast).seen, 30, "the fast one has looked"
    )
    (bench.root / "fast" / "a.csv").write_text("x")
    wait_until(lambda: sum(ticked(lookout, [])) or bench.runs(fast), 30, "the fast one has fired")
    assert len(looks) == 1, "it is not looked at twice at once"
    let_go.set()
    wait_until(
        lambda: lookout.tick(now()) or "files" in bench.again(slow).seen, 30, "the slow one has looked"
    )


def test_a_row_that_cannot_be_read_is_paused_and_the_others_go_on(
    bench: TriggerBench, lookout: Lookout
) -> None:
    bad, good = bench.made("file", path="a"), bench.made("file", path="b")
    with bench.store.session() as session:
        session.merge(bad).spec = {"nonsense": 1}
    wait_until(lambda: lookout.tick(now()) or not bench.again(bad).active, 30, "the bad one is paused")
    wait_until(lambda: lookout.tick(now()) or "files" in bench.again(good).seen, 30, "the good one looks")
    assert "Paused" in str(bench.again(bad).problem)


def test_a_deleted_job_and_a_paused_trigger_are_not_looked_at(bench: TriggerBench, lookout: Lookout) -> None:
    deleted, paused = bench.made("file", path="a"), bench.made("file", path="b")
    seen = bench.again(deleted).seen
    bench.jobs.delete_job(deleted.job_id)
    bench.triggers.change(paused.id, {"active": False})
    assert lookout._list_watched(now()) == []
    with bench.store.reading() as session:
        assert session.merge(deleted, load=False).seen == seen


@pytest.mark.slow
def test_a_new_version_in_a_real_registry_fires(
    bench: TriggerBench, lookout: Lookout, write_notebook: WriteNotebook
) -> None:
    """MLflow's own database, asked by the process that holds MLflow; this one never imports it."""
    trigger = bench.made("registry", model="churn", every_s=5, **{"pass": {"tag": "version"}})
    wait_until(
        lambda: lookout.tick(now()) or "newest" in bench.again(trigger).seen, 180, "the registry was asked"
    )
    register_version(bench.settings, "churn")
    wait_until(lambda: lookout.tick(now()) or bench.runs(trigger), 60, "the new version has fired")
    (run,) = bench.runs(trigger)
    assert (run.parameters, run.cause["version"]) == ({"tag": "1"}, "1")
