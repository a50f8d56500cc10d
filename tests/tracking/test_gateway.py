"""The Jupyter server's questions to MLflow: answered, or refused in time with the last answer at hand."""

from __future__ import annotations

import asyncio
import shutil
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest
from processes import modules_of

from jupyter_mlops.config import Settings
from jupyter_mlops.tracking import gateway
from jupyter_mlops.tracking.gateway import Answer, TrackingGateway


def elsewhere(settings: Settings, uri: str) -> Settings:
    return replace(settings, tracking_uri=uri, tracking_source="setting")


@pytest.fixture
def made_database(settings: Settings, mlflow_template: Path) -> None:
    shutil.copy(mlflow_template, settings.mlflow_dir / "mlflow.db")


async def answered(tracking: TrackingGateway) -> Answer:
    """The first answer: on a busy machine MLflow takes its time to be loaded."""
    while (answer := await tracking.ask("models")).problem and "still starting" in answer.problem:
        pass
    return answer


async def test_the_registry_is_listed_by_one_process_that_stays(
    settings: Settings, made_database: None
) -> None:
    tracking = TrackingGateway(settings)
    first = await answered(tracking)
    second = await tracking.ask("models")
    assert (first.value, first.problem) == ([], None)
    assert second.answered_at is not None and first.answered_at is not None
    assert second.answered_at > first.answered_at
    assert len(modules_of(settings.data_dir)["process"]) == 1
    await tracking.stop()


async def test_a_dead_server_is_a_problem_and_is_not_asked_again_at_once(
    settings: Settings, closed_port: str
) -> None:
    tracking = TrackingGateway(elsewhere(settings, closed_port))
    first = await tracking.ask("models")
    assert first.value is None and first.problem is not None and closed_port in first.problem
    began = time.monotonic()
    assert await tracking.ask("models") == first
    assert (await tracking.ask("model", name="another")).problem == first.problem, "asked for the first time"
    assert time.monotonic() - began < 0.1
    await tracking.stop()


async def test_many_who_ask_a_server_that_hangs_wait_for_one_answer_only(
    settings: Settings, black_hole: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "ANSWER_WITHIN_S", 1.0)
    tracking = TrackingGateway(elsewhere(settings, black_hole))
    began = time.monotonic()
    answers = await asyncio.gather(*(tracking.ask("models") for _ in range(20)))
    assert time.monotonic() - began < 10, "one after the other they would take 20 s"
    assert {answer.problem is None for answer in answers} == {False}
    await tracking.stop()


async def test_the_last_answer_is_kept_with_its_time_when_the_process_hangs(
    settings: Settings, made_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracking = TrackingGateway(settings)
    good = await answered(tracking)
    (process,) = modules_of(settings.data_dir)["process"]
    process.suspend()
    monkeypatch.setattr(gateway, "ANSWER_WITHIN_S", 0.5)
    stale = await tracking.ask("models")
    assert (stale.value, stale.answered_at) == (good.value, good.answered_at)
    assert stale.problem is not None and "did not answer" in stale.problem
    process.wait(5)
    await tracking.stop()


async def test_a_process_that_makes_its_database_is_not_cut_short(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "ANSWER_WITHIN_S", 0.05)
    tracking = TrackingGateway(settings)
    first = await tracking.ask("models")
    assert first.problem is not None and "still starting" in first.problem
    (process,) = modules_of(settings.data_dir)["process"]
    monkeypatch.setattr(gateway, "ANSWER_WITHIN_S", 60.0)
    assert (await answered(tracking)).value == []
    assert modules_of(settings.data_dir)["process"] == [process]
    await tracking.stop()


async def test_it_is_asked_again_when_the_time_has_come(
    settings: Settings, closed_port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "ASK_AGAIN_AFTER_S", 0.0)
    tracking = TrackingGateway(elsewhere(settings, closed_port))
    assert closed_port in str((await tracking.ask("models")).problem)
    host, _, port = closed_port.rpartition("/")[2].partition(":")
    with socket.create_server((host, int(port))):  # there is somebody now, who does not answer
        again = await tracking.ask("models")
    assert again.problem is not None and "timed out" in again.problem
    await tracking.stop()
