"""A clean takes what it says and nothing else, whatever it finds and whenever it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from rows import add_job, queue_run
from sqlalchemy import select, update
from waiting import wait_until

from jupyter_mlops.config import Settings
from jupyter_mlops.housekeeping.clean import Cleaning, Order, clean, resumable_runs
from jupyter_mlops.housekeeping.daily import RUN_RETENTION, Housekeeper
from jupyter_mlops.housekeeping.limits import Limits
from jupyter_mlops.housekeeping.snapshots import GRACE_S
from jupyter_mlops.notebooks.snapshots import SnapshotStore
from jupyter_mlops.runs.resume.records import KeptKernel, KeptKernels, ProcessMark
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Attempt, Job, Run, Trigger
from jupyter_mlops.store.watch import ChangeWatch

NOW = datetime.now(timezone.utc)
ALL = Limits(keep=0)
CLEAN = """
import sys, time
from datetime import datetime, timezone
from pathlib import Path
from jupyter_mlops.housekeeping import clean as module
from jupyter_mlops.housekeeping.limits import Limits
from jupyter_mlops.notebooks.snapshots import SnapshotStore
from jupyter_mlops.store import Store

def stop_at(name):
    def stop(*arguments):
        print("here", flush=True)
        time.sleep(600)
    setattr(module, name, stop)

url, snapshots, where = sys.argv[1:]
stop_at(where)
order = module.Order(limits=Limits(keep=0), dry_run=False)
module.clean(Store.open(url), SnapshotStore(Path(snapshots)), order, datetime.now(timezone.utc))
"""


class Bench:
    """A root with runs that ended, as workers leave them."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.store = store
        self.root = folder / "work"
        self.root.mkdir()
        self.snapshots = SnapshotStore(folder / "snapshots")

    def job(self, name: str = "train", **columns: Any) -> Job:
        return add_job(self.store, root=str(self.root), name=name, **columns)

    def ended(self, job: Job, days_old: float, size: int = 100, text: str = "x", **columns: Any) -> Run:
        at = NOW - timedelta(days=days_old)
        made: dict[str, Any] = {"state": "failed", "created_at": at, "ended_at": at}
        sha = self.snapshots.keep(text.encode())
        os.utime(self.snapshots.path(sha), (0, 0))
        run = queue_run(self.store, job, snapshot_sha=sha, **{**made, **columns})
        folder = self.root / "mlops-runs" / job.name / f"20261121-080000-{run.id}"
        folder.mkdir(parents=True)
        (folder / "train.ipynb").write_bytes(b"0" * size)
        self.write(run, output_path=str(folder / "train.ipynb"))
        with self.store.session() as session:
            session.add(
                Attempt(id=run.id, run_id=run.id, number=1, worker_id="w", started_at=at, state="failed")
            )
        return run

    def write(self, run: Run, **columns: Any) -> None:
        with self.store.session() as session:
            session.execute(update(Run).where(Run.id == run.id).values(**columns))

    def clean(self, limits: Limits | None = ALL, *, dry_run: bool = False, **order: Any) -> Cleaning:
        return clean(self.store, self.snapshots, Order(limits=limits, dry_run=dry_run, **order), NOW)

    def runs(self) -> set[str]:
        with self.store.reading() as session:
            return set(session.scalars(select(Run.id)))

    def files(self) -> list[Path]:
        return sorted(path for path in self.root.rglob("*") if path.is_file())

    def kept_snapshots(self) -> set[str]:
        return {path.stem for path in self.snapshots.folder.glob("*/*.ipynb")}


@pytest.fixture
def bench(tmp_path: Path, store: Store) -> Bench:
    return Bench(tmp_path, store)


def test_a_dry_run_says_what_would_go_and_a_clean_takes_just_that(bench: Bench) -> None:
    job = bench.job()
    old, new = bench.ended(job, 40, 1000, "old"), bench.ended(job, 1, 10, "new")
    limits = Limits(older_than=timedelta(days=30))
    before = bench.files()
    would = bench.clean(limits, dry_run=True)
    assert [gone.id for gone in would.runs] == [old.id] and bench.runs() == {old.id, new.id}
    assert (would.bytes, would.snapshot_bytes, would.complete) == (1003, 3, True)
    assert bench.files() == before and len(bench.kept_snapshots()) == 2

    did = bench.clean(limits)
    assert {**did.as_dict(), "dry_run": True} == would.as_dict()
    assert bench.runs() == {new.id}
    assert bench.files() == [Path(_output(bench, new))]
    assert bench.kept_snapshots() == {new.snapshot_sha}
    with bench.store.reading() as session:
        assert set(session.scalars(select(Attempt.run_id))) == {new.id}
    assert bench.clean(limits).runs == []


def _output(bench: Bench, run: Run) -> str:
    with bench.store.reading() as session:
        return session.get_one(Run, run.id).output_path or ""


def test_views_hear_that_a_run_is_gone(bench: Bench) -> None:
    run = bench.ended(bench.job(), 1)
    watch = ChangeWatch(bench.store)
    bench.clean()
    assert [(change.entity_id, change.state) for change in watch.poll()] == [(run.id, "deleted")]


def test_running_runs_the_last_success_and_the_runs_of_models_stay(bench: Bench) -> None:
    job = bench.job()
    stay = {
        bench.ended(job, 5, state="running", ended_at=None).id,
        bench.ended(job, 6, state="queued", ended_at=None).id,
        bench.ended(job, 7, state="succeeded").id,
        bench.ended(job, 8, state="succeeded", model_version="3").id,
    }
    bench.ended(job, 9, state="succeeded")
    bench.clean()
    assert bench.runs() == stay and len(bench.files()) == 4


def test_a_job_that_comes_after_another_does_not_run_again_when_its_runs_are_cleaned(
    bench: Bench,
) -> None:
    before, after = bench.job("prepare"), bench.job("train")
    first = bench.ended(before, 2, state="succeeded")
    with bench.store.session() as session:
        spec = {"job": before.id, "job_name": "prepare", "on": "success", "pass": {}}
        made = {"kind": "after", "spec": spec, "active": True, "created_at": NOW - timedelta(days=9)}
        session.add(Trigger(id="t", job_id=after.id, **made))
    fired = {"trigger_id": "t", "fire_key": f"run:{first.id}"}
    last = bench.ended(after, 2, **fired)
    bench.ended(after, 3, trigger_id="t", fire_key="run:gone")
    bench.clean()
    assert bench.runs() == {first.id, last.id}


def test_a_run_that_can_be_resumed_stays_until_its_kernel_is_let_go(bench: Bench, settings: Settings) -> None:
    job = bench.job()
    runs = {10: bench.ended(job, 1), -10: bench.ended(job, 2)}
    process = ProcessMark.of(os.getpid())
    for minutes, run in runs.items():
        expires_at = (datetime.now(timezone.utc) + timedelta(minutes=minutes)).isoformat()
        KeptKernels(settings).write(KeptKernel(run.id, run.id, process, process, "file", "here", expires_at))
    bench.clean(spared=resumable_runs(settings))
    assert bench.runs() == {runs[10].id}


def test_a_run_that_became_a_models_after_it_was_chosen_stays(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = bench.ended(bench.job(), 5)
    from jupyter_mlops.housekeeping import clean as module

    delete = module.delete_run

    def register_first(store: Store, *rest: Any) -> bool:
        bench.write(run, model_version="1")
        return delete(store, *rest)

    monkeypatch.setattr(module, "delete_run", register_first)
    assert bench.clean().runs == [] and bench.runs() == {run.id} and bench.files()


def test_each_job_has_its_own_limits_and_the_setting_is_for_the_others(bench: Bench) -> None:
    own = bench.job("own", policies={"retention": {"keep": 1}})
    other, bad = bench.job("other"), bench.job("bad", policies={"retention": {"keep": "some"}})
    runs = {job.name: [bench.ended(job, days) for days in (1, 2, 3)] for job in (own, other, bad)}
    assert {gone.job_name for gone in bench.clean(None, dry_run=True).runs} == {"own"}
    did = bench.clean(None, default=Limits(keep=2))
    kept = {*runs["own"][:1], *runs["other"][:2], *runs["bad"]}
    assert bench.runs() == {run.id for run in kept}
    assert ["'bad'" in problem for problem in did.problems] == [True]


def test_only_the_job_and_the_root_that_were_asked_for_are_cleaned(bench: Bench) -> None:
    one, two = bench.job("one"), bench.job("two")
    first, second = bench.ended(one, 1), bench.ended(two, 1)
    assert bench.clean(root="/elsewhere").runs == []
    assert [gone.id for gone in bench.clean(job_id=one.id).runs] == [first.id]
    assert bench.runs() == {second.id}


@pytest.mark.parametrize("linked", ["mlops-runs", "mlops-runs/train", "the folder", ".trash"])
def test_no_link_is_followed_out_of_the_root(bench: Bench, tmp_path: Path, linked: str) -> None:
    run = bench.ended(bench.job(), 5)
    folder = Path(_output(bench, run)).parent
    link = {"the folder": folder, ".trash": bench.root / "mlops-runs" / ".trash"}.get(
        linked, bench.root / linked
    )
    outside = tmp_path / "outside"
    if link.exists():
        link.rename(outside)
    else:
        outside.mkdir()
    (outside / "precious").write_text("mine")
    link.symlink_to(outside)
    kept = sorted(outside.rglob("*"))
    did = bench.clean()
    assert did.runs == [] and len(did.problems) == 1
    assert bench.runs() == {run.id} and sorted(outside.rglob("*")) == kept


def test_a_link_among_the_outputs_goes_and_what_it_leads_to_stays(bench: Bench, tmp_path: Path) -> None:
    run = bench.ended(bench.job(), 5, size=100)
    folder = Path(_output(bench, run)).parent
    data = tmp_path / "data"
    data.mkdir()
    (data / "big").write_bytes(b"0" * 10_000)
    (folder / "data").symlink_to(data)
    (folder / "loop").symlink_to(folder)
    assert bench.clean().bytes < 10_000
    assert bench.files() == [] and (data / "big").exists()


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "{root}/train.ipynb", "{root}/mlops-runs/train/other/x.ipynb"]
)
def test_outputs_that_are_not_where_we_put_them_are_left_and_said(bench: Bench, path: str) -> None:
    run = bench.ended(bench.job(), 5)
    bench.write(run, output_path=path.format(root=bench.root))
    did = bench.clean()
    assert did.runs == [] and "left where they are" in did.problems[0]
    assert bench.runs() == {run.id} and bench.files()


def test_a_folder_that_somebody_deleted_by_hand_is_no_problem(bench: Bench) -> None:
    run = bench.ended(bench.job(), 5)
    Path(_output(bench, run)).unlink()
    Path(_output(bench, run)).parent.rmdir()
    assert bench.clean().problems == [] and bench.runs() == set()


def test_a_snapshot_stays_while_a_run_or_a_pin_needs_it_or_it_was_just_kept(bench: Bench) -> None:
    job = bench.job()
    shared = [bench.ended(job, days, text="shared") for days in (1, 2)]
    bench.ended(job, 3, text="pinned")
    pinned = bench.snapshots.keep(b"pinned", pin=True)
    os.utime(bench.snapshots.path(pinned), (0, 0))
    bench.ended(job, 4, text="kept anew")
    anew = bench.snapshots.keep(b"kept anew")  # by a submission that has no row yet
    bench.clean(Limits(keep=1))
    assert bench.kept_snapshots() == {shared[0].snapshot_sha, pinned, anew}
    later = time.time() - GRACE_S - 1
    os.utime(bench.snapshots.path(anew), (later, later))
    bench.clean()
    assert bench.kept_snapshots() == {pinned}, "what waited goes with the next clean"


def test_what_takes_too_long_is_gone_on_with_by_the_next(bench: Bench) -> None:
    job = bench.job()
    for days in range(5):
        bench.ended(job, days + 1)
    did = bench.clean(within_s=-1.0)
    assert did.runs == [] and not did.complete and len(bench.runs()) == 5
    assert bench.clean().complete and bench.runs() == set()


@pytest.mark.slow
@pytest.mark.parametrize("where", ["throw_away", "_delete_rows", "empty_trash"])
def test_a_clean_that_is_killed_anywhere_is_finished_by_the_next(
    bench: Bench, migrated_url: str, where: str
) -> None:
    job = bench.job()
    for days in (1, 2):
        bench.ended(job, days, text=str(days))
    success = bench.ended(job, 3, text="success", state="succeeded")
    arguments = [migrated_url, str(bench.snapshots.folder), where]
    process = subprocess.Popen([sys.executable, "-c", CLEAN, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "here\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    did = bench.clean()
    assert did.problems == [] and did.complete
    assert bench.runs() == {success.id}
    assert bench.files() == [Path(_output(bench, success))], "the trash is empty too"
    assert bench.kept_snapshots() == {success.snapshot_sha}


def test_the_housekeeper_cleans_once_a_day_by_the_setting(bench: Bench, settings: Settings) -> None:
    job = bench.job()
    kept, gone = bench.ended(job, 1), bench.ended(job, 2)
    setting = {RUN_RETENTION: "keep=1"}
    Housekeeper(bench.store, settings, {}).tick()
    stamp = settings.data_dir / ".cleaned"
    assert stamp.exists() and bench.runs() == {kept.id, gone.id}, "off by default"
    yesterday = time.time() - 86_401
    for day, left in ((None, {kept.id, gone.id}), (yesterday, {kept.id})):
        if day is not None:
            os.utime(stamp, (day, day))
        housekeeper = Housekeeper(bench.store, settings, setting)
        housekeeper.tick()
        wait_until(lambda: not housekeeper.is_busy, 20, "it has cleaned")  # noqa: B023
        assert bench.runs() == left


def test_a_setting_that_is_not_understood_deletes_nothing(bench: Bench, settings: Settings) -> None:
    bench.ended(bench.job(), 90)
    housekeeper = Housekeeper(bench.store, settings, {RUN_RETENTION: "30 days please"})
    housekeeper.tick()
    wait_until(lambda: not housekeeper.is_busy, 20, "it has looked")
    assert len(bench.runs()) == 1
