"""`doctor` finds what is broken, and says how to mend it."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from sqlalchemy import text

from jupyter_mlops.capture.ingester import Ingester
from jupyter_mlops.capture.retention import RETENTION
from jupyter_mlops.cli import main
from jupyter_mlops.config import Settings
from jupyter_mlops.doctor import Finding, examine
from jupyter_mlops.store.tables import JournalOffset


def found(settings: Settings, check: str) -> Finding:
    return next(finding for finding in examine(settings) if finding.check == check)


def test_every_check_of_a_sound_installation_is_ok_or_only_advice(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["doctor", "--json"])
    answer = json.loads(capsys.readouterr().out)
    of_the_machine = {"server extension", "JupyterLab extension", "disk space", "packages"}
    broken = {one["check"] for one in answer["findings"] if one["status"] == "broken"}
    assert broken <= of_the_machine
    assert code == bool(broken)
    assert answer["ok"] is not bool(broken)
    checks = {one["check"] for one in answer["findings"]}
    assert {"data folder", "store", "worker", "journals", "tracking", "kernels", "recorder", "logs"} <= checks
    assert {"recording", "retention"} <= checks


def test_a_data_folder_open_to_others_is_broken_and_comes_with_its_mend(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.data_dir.chmod(0o755)
    assert main(["doctor"]) == 1
    assert f"chmod 700 '{settings.data_dir}'" in capsys.readouterr().out


def test_a_store_of_a_newer_version_is_broken(settings: Settings) -> None:
    store = settings.open_store()
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    finding = found(settings, "store")
    assert finding.status == "broken"
    assert finding.mend is not None and "Update jupyter_mlops" in finding.mend


def test_a_tracking_server_that_does_not_answer_is_broken(settings: Settings) -> None:
    finding = found(replace(settings, tracking_uri="http://127.0.0.1:9"), "tracking")
    assert finding.status == "broken"
    assert "127.0.0.1:9 does not answer" in finding.message


def test_damaged_lines_of_a_journal_are_told(settings: Settings) -> None:
    store = settings.open_store()
    with store.session() as session:
        session.add(
            JournalOffset(
                path="/journals/one.jsonl",
                offset=10,
                corrupt_lines=3,
                closed=False,
                updated_at=datetime.now(timezone.utc),
            )
        )
    store.close()
    finding = found(settings, "journals")
    assert finding.status == "warning"
    assert "3 damaged lines" in finding.message
    assert "/journals/one.jsonl" in finding.message


def test_failures_of_the_recorder_are_told_with_the_notebook(settings: Settings) -> None:
    """A kernel tells with each cell how often recording had failed in it."""
    now = time.time_ns()
    start = {"ph": "S", "session_id": "s1", "start": now, "pid": None, "notebook_path": "/work/train.ipynb"}
    cell = {
        "session_id": "s1",
        "t0": now,
        "cell_key": "c",
        "key_kind": "id",
        "source_sha": "x",
        "source": "1",
    }
    ended = {"ph": "E", "t1": now, "duration_ns": 1, "status": "ok"}
    lines = [start]
    for seq, errors in enumerate((1, 3)):
        lines.append({"ph": "B", "exec_id": f"e{seq}", "seq": seq, **cell})
        lines.append({**ended, "exec_id": f"e{seq}", "hook_errors": errors})
    (settings.journals / "s1.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    store = settings.open_store()
    assert found(settings, "recording").status == "ok"
    Ingester(store).ingest_folder(settings.journals)
    store.close()
    finding = found(settings, "recording")
    assert finding.status == "warning"
    assert "failed 3 times" in finding.message
    assert "/work/train.ipynb" in finding.message


def test_a_retention_that_is_not_understood_is_broken(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RETENTION, "a month")
    finding = found(settings, "retention")
    assert finding.status == "broken"
    assert "'a month'" in finding.message
    monkeypatch.setenv(RETENTION, "30d")
    assert found(settings, "retention").message == "Records are kept for 30 days."


def test_an_error_of_today_in_a_log_is_told(settings: Settings) -> None:
    log = settings.logs / "worker.log"
    log.write_text("2026-01-01 10:00:00,000 jupyter_mlops.runs.worker ERROR _sweep failed\n")
    finding = found(settings, "logs")
    assert finding.status == "warning"
    assert str(log) in finding.message
