"""What MLflow runs are told of their end: at once, or when their tracking server is back, and then once."""

from __future__ import annotations

import json
import os
import shutil
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow_door import Door, mlflow_behind_a_door
from waiting import wait_until

from jupyter_mlops.config import Settings
from jupyter_mlops.doctor import examine
from jupyter_mlops.errors import TrackingUnavailableError
from jupyter_mlops.ids import new_id
from jupyter_mlops.tracking import late_tellings
from jupyter_mlops.tracking.telling import Telling
from jupyter_mlops.tracking.tellings import FOLDER, KEPT_FOR, LEFT_AFTER, Tellings

pytestmark = pytest.mark.slow  # MLflow's own server
MLFLOW_WITHIN_S = 120  # its import, on a busy machine


@dataclass(frozen=True)
class Bench:
    """A user of an MLflow server."""

    settings: Settings
    client: MlflowClient
    door: Door

    @property
    def tellings(self) -> Tellings:
        return Tellings(self.settings)

    @property
    def kept(self) -> list[Path]:
        return sorted((self.settings.journals / FOLDER).glob("[!.]*"))

    def start_run(self, attempt_id: str | None = None) -> str:
        tags = {"mlops.attempt_id": attempt_id} if attempt_id else {}
        return str(self.client.create_run("0", tags=tags).info.run_id)

    def run(self, run_id: str) -> Run:
        return self.client.get_run(run_id)

    def telling(self, run_id: str, **what: Any) -> Telling:
        return Telling(run_id, self.settings.tracking_uri, tags={"mlops.clean": "true"}, **what)

    def cells(self, run_id: str, folder: Path) -> list[dict[str, object]]:
        folder.mkdir(exist_ok=True)
        path = Path(self.client.download_artifacts(run_id, "mlops/cells.jsonl", str(folder)))
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, mlflow_template: Path) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("mlflow")
    shutil.copy(mlflow_template, folder / "mlflow.db")
    with mlflow_behind_a_door(folder) as door:
        yield door


@pytest.fixture
def bench(settings: Settings, door: Door) -> Iterator[Bench]:
    os.environ["MLFLOW_TRACKING_URI"] = door.uri
    yield Bench(Settings.load(), MlflowClient(door.uri), door)
    door.shut()
    door.open()


def test_a_run_is_told_at_once_and_nothing_of_it_stays(bench: Bench, tmp_path: Path) -> None:
    run_id = bench.start_run()
    bench.client.log_param(run_id, "depth", 3)
    executed = tmp_path / "executed.ipynb"
    executed.write_text("{}")
    telling = bench.telling(
        run_id,
        records=[{"source": "x = 1"}, {"source": "ü"}],
        params={"depth": 4, "rows": [1, 2]},
        files=[(str(executed), "notebook"), (str(tmp_path / "gone.ipynb"), "notebook")],
        status="FAILED",
    )
    assert bench.tellings.tell(telling)
    assert bench.kept == []
    run = bench.run(run_id)
    assert (run.info.status, run.info.end_time) == ("FAILED", telling.at_ms)
    assert run.data.params == {"depth": "3", "rows": "[1, 2]"}
    assert run.data.tags["mlops.clean"] == "true"
    assert bench.cells(run_id, tmp_path) == telling.records
    assert [file.path for file in bench.client.list_artifacts(run_id, "notebook")] == [
        "notebook/executed.ipynb"
    ]


def test_what_a_server_missed_it_is_told_once_when_it_is_back(bench: Bench, tmp_path: Path) -> None:
    first, second = bench.start_run(), bench.start_run()
    bench.door.shut()
    for run_id in (first, second):
        assert not bench.tellings.tell(bench.telling(run_id, records=[{"id": run_id}], status="FINISHED"))
    assert [stat.S_IMODE(path.stat().st_mode) for path in bench.kept] == [0o600, 0o600]
    assert bench.tellings.tell_what_waits() == 0
    bench.door.open()
    assert {bench.run(run_id).info.status for run_id in (first, second)} == {"RUNNING"}
    with ThreadPoolExecutor(2) as pool:
        told = [pool.submit(bench.tellings.tell_what_waits) for _ in range(2)]
        assert sum(future.result() for future in told) == 2
    assert bench.kept == []
    for run_id in (first, second):
        assert bench.run(run_id).info.status == "FINISHED"
        assert bench.cells(run_id, tmp_path / run_id) == [{"id": run_id}]
    assert bench.tellings.tell_what_waits() == 0


def test_a_late_telling_changes_nothing_of_a_run_that_ended_again_since(bench: Bench) -> None:
    run_id = bench.start_run()
    bench.door.shut()
    assert not bench.tellings.tell(bench.telling(run_id, status="FAILED", at_ms=1000))
    bench.door.open()
    bench.client.set_terminated(run_id, "FINISHED")
    assert bench.tellings.tell_what_waits() == 1
    run = bench.run(run_id)
    assert (run.info.status, "mlops.clean" in run.data.tags) == ("FINISHED", False)


@pytest.mark.parametrize("is_away", [False, True], ids=["at once", "late"])
def test_runs_that_an_attempts_kernel_left_running_end_with_its_own(bench: Bench, is_away: bool) -> None:
    attempt_id, other_id = new_id(), new_id()
    own, left, ended, others = (
        bench.start_run(id_) for id_ in (attempt_id, attempt_id, attempt_id, other_id)
    )
    bench.client.set_terminated(ended, "FINISHED", 1000)
    telling = bench.telling(own, status="KILLED", attempt_id=attempt_id)
    if is_away:
        bench.door.shut()
        assert not bench.tellings.tell(telling)
        bench.door.open()
        bench.client.set_terminated(own, "FINISHED")  # somebody ended it by hand, later
        assert bench.tellings.tell_what_waits() == 1
    else:
        assert bench.tellings.tell(telling)
    now = {run_id: bench.run(run_id).info for run_id in (own, left, ended, others)}
    assert (now[left].status, now[left].end_time) == ("KILLED", telling.at_ms)
    assert (now[ended].status, now[ended].end_time) == ("FINISHED", 1000)
    assert now[own].status == ("FINISHED" if is_away else "KILLED")
    assert now[others].status == "RUNNING"


def test_what_its_server_will_never_take_is_said_and_not_kept(bench: Bench) -> None:
    run_id = bench.start_run()
    bench.client.delete_run(run_id)
    with pytest.raises(MlflowException):
        bench.tellings.tell(bench.telling(run_id))
    assert bench.kept == []
    other = bench.start_run()
    bench.door.shut()
    assert not bench.tellings.tell(bench.telling(run_id))
    assert not bench.tellings.tell(bench.telling(other))
    bench.door.open()
    assert bench.tellings.tell_what_waits() == 1, "the other one is told all the same"
    assert bench.kept == []


def test_what_a_killed_process_had_in_hand_is_told_by_another(bench: Bench) -> None:
    run_id = bench.start_run()
    bench.door.shut()
    assert not bench.tellings.tell(bench.telling(run_id))
    bench.door.open()
    (path,) = bench.kept
    in_hand = path.rename(path.with_suffix(".in-hand"))
    assert bench.tellings.tell_what_waits() == 0, "somebody is at it"
    long_ago = time.time() - LEFT_AFTER.total_seconds() - 1
    os.utime(in_hand, (long_ago, long_ago))
    assert bench.tellings.tell_what_waits() == 1
    assert bench.run(run_id).data.tags["mlops.clean"] == "true"


def test_what_nobody_heard_for_a_month_and_what_is_damaged_is_dropped(bench: Bench) -> None:
    bench.door.shut()
    for _ in range(2):
        assert not bench.tellings.tell(bench.telling("0" * 32))
    old, damaged = bench.kept
    made_at = int((time.time() - KEPT_FOR.total_seconds() - 60) * 1000)
    old.rename(old.with_name(f"{made_at:012x}{old.name[12:]}"))
    damaged.write_text('{"run_id": ')
    bench.door.open()
    assert bench.tellings.tell_what_waits() == 0
    assert bench.kept == []


def test_no_password_is_kept_and_its_server_is_found_all_the_same(
    settings: Settings, closed_port: str
) -> None:
    uri = closed_port.replace("http://", "http://me:secret@")
    mine = replace(settings, tracking_uri=uri, tracking_source="environment")
    assert not Tellings(mine).tell(Telling("0" * 32, uri))
    (kept,) = (settings.journals / FOLDER).glob("*.json")
    assert "secret" not in kept.read_text()
    assert json.loads(kept.read_text())["tracking_uri"] == closed_port.replace("http://", "http://me:***@")


def test_a_disk_that_is_full_keeps_nobody_from_being_told(bench: Bench) -> None:
    (bench.settings.journals / FOLDER).write_text("no folder: nothing can be written into it")
    run_id = bench.start_run()
    assert bench.tellings.tell(bench.telling(run_id, status="FINISHED"))
    assert bench.run(run_id).info.status == "FINISHED"
    bench.door.shut()
    with pytest.raises(TrackingUnavailableError):
        bench.tellings.tell(bench.telling(run_id))


def test_whoever_takes_up_journals_has_it_told_but_not_all_the_time(bench: Bench) -> None:
    journals = bench.settings.journals
    assert not late_tellings.tell_late(journals), "nothing waits"
    run_id = bench.start_run()
    bench.door.shut()
    assert not bench.tellings.tell(bench.telling(run_id, status="FINISHED"))
    bench.door.open()
    assert late_tellings.tell_late(journals)
    assert not late_tellings.tell_late(journals), "somebody has just been sent"
    wait_until(lambda: bench.kept == [], MLFLOW_WITHIN_S, "it is told")
    assert bench.run(run_id).info.status == "FINISHED"


def test_doctor_tells_what_waits_or_says_that_it_waits(bench: Bench) -> None:
    def told() -> list[str]:
        return [found.status for found in examine(Settings.load()) if found.check == "untold"]

    assert told() == [], "nothing waits"
    run_id = bench.start_run()
    bench.door.shut()
    assert not bench.tellings.tell(bench.telling(run_id, status="FINISHED"))
    assert told() == ["warning"]
    bench.door.open()
    assert told() == ["ok"]
    assert bench.run(run_id).info.status == "FINISHED"
