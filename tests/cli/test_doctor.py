"""`doctor` finds what is broken, and says how to mend it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from sqlalchemy import text

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


def test_an_error_of_today_in_a_log_is_told(settings: Settings) -> None:
    log = settings.logs / "worker.log"
    log.write_text("2026-01-01 10:00:00,000 jupyter_mlops.runs.worker ERROR _sweep failed\n")
    finding = found(settings, "logs")
    assert finding.status == "warning"
    assert str(log) in finding.message
