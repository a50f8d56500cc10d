"""Registrations are killed between their steps: what is left is explained, gone on with, and made once."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from forked_processes import MAY_BE_FORKED
from sqlalchemy import select
from waiting import wait_until

from jupyter_mlops.config import Settings
from jupyter_mlops.doctor import Finding, examine
from jupyter_mlops.models.gates.registry import parse_plan
from jupyter_mlops.models.moves import DONE
from jupyter_mlops.models.registration import NewRegistration, create_registration
from jupyter_mlops.models.states import RegistrationState
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import AliasMove, Registration, RegistryTurn
from jupyter_mlops.tracking.client import Tracking

MODEL = "churn"
PLAN = {"alias": "champion", "gates": ["metric:accuracy>=0.9"]}
STEPS_WITHIN_S = 120.0  # a busy machine, a first import of MLflow
LOG_MODEL = """
import mlflow, sys
with mlflow.start_run() as run:
    mlflow.log_metric("accuracy", float(sys.argv[1]))
    mlflow.pyfunc.log_model(python_model=lambda model_input: model_input, name="model", pip_requirements=[])
print(run.info.run_id)
"""
pytestmark = pytest.mark.slow


class Bench:
    """A store, an MLflow and the processes that carry registrations out."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.environment = {**os.environ, **settings.process_environment()}

    def new_registration(self, accuracy: float) -> str:
        """A registration of a model with this accuracy, with which nobody has begun."""
        logged = subprocess.run(
            [sys.executable, "-c", MAY_BE_FORKED + LOG_MODEL, str(accuracy)],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        with self.store.session() as session:
            new = NewRegistration(MODEL, parse_plan(PLAN), mlflow_run_id=logged.stdout.split()[-1])
            return create_registration(session, self.settings, new).id

    def start(self, *ids: str) -> subprocess.Popen[bytes]:
        """A process that carries these out, or without any all that is left."""
        command = [sys.executable, "-m", "jupyter_mlops.models.carry_out_main", *ids]
        return subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL)

    def row(self, registration_id: str) -> Registration:
        """As it is now."""
        with self.store.reading() as session:
            return session.get_one(Registration, registration_id)

    def told(self) -> Finding:
        """What doctor says of registrations; the checks after it are not made."""
        return next(finding for finding in examine(self.settings) if finding.check == "registrations")


@pytest.fixture
def bench(settings: Settings, mlflow_template: Path) -> Iterator[Bench]:
    shutil.copy(mlflow_template, settings.mlflow_dir / "mlflow.db")
    store = settings.open_store()
    yield Bench(settings, store)
    store.close()


def assert_made_once(bench: Bench, ids: list[str], champion: str) -> None:
    """Each registration has one version, the last is champion, and no move is left half done."""
    client = Tracking(bench.settings.tracking_uri).client
    versions = client.search_model_versions(f"name='{MODEL}'")
    assert sorted(version.tags["mlops.registration"] for version in versions) == sorted(ids)
    row = bench.row(champion)
    assert row.state == "promoted", row.message
    aliases = {alias: str(of) for alias, of in client.get_registered_model(MODEL).aliases.items()}
    assert aliases["champion"] == row.version and "candidate" not in aliases
    with bench.store.reading() as session:
        moves = session.scalars(select(AliasMove).order_by(AliasMove.created_at)).all()
    assert {move.state for move in moves} == {DONE}
    assert [move.action for move in moves if move.registration_id == champion].count("promote") == 1


@pytest.mark.timeout(600)
@pytest.mark.parametrize("state", ["checking", "registering", "gating", "promoting"])
def test_a_registration_killed_in_a_step_is_explained_and_the_next_process_completes_it(
    bench: Bench, state: str
) -> None:
    registration_id = bench.new_registration(0.95)
    passed = list(RegistrationState)
    process = bench.start(registration_id)
    reached = RegistrationState(state)

    def is_reached() -> bool:
        state_now = RegistrationState(bench.row(registration_id).state)
        return passed.index(state_now) >= passed.index(reached) or process.poll() is not None

    wait_until(is_reached, STEPS_WITHIN_S, f"it comes to {state}")
    process.kill()
    process.wait()

    left = bench.row(registration_id)
    if not RegistrationState(left.state).is_final:  # else the machine stood still while it was at it
        told = bench.told()
        assert told.status == "warning"
        assert MODEL in told.message and registration_id in told.message
        assert "is gone" in told.message
        assert "jupyter mlops worker" in str(told.mend)
    assert bench.start().wait(STEPS_WITHIN_S) == 0
    assert_made_once(bench, [registration_id], registration_id)
    assert bench.told().status == "ok"


@pytest.mark.drill
@pytest.mark.timeout(1200)
def test_registrations_killed_at_random_all_end_and_none_is_made_twice(bench: Bench) -> None:
    chance = random.Random(20261121)
    ids = [bench.new_registration(accuracy) for accuracy in (0.91, 0.92, 0.93)]
    until = time.monotonic() + 900
    for kills in range(100):
        process = bench.start()
        wait_until(partial(is_at_work, bench, process), STEPS_WITHIN_S, "it works")
        waited = 30.0 if kills > 15 else chance.uniform(0.0, 1.5)
        try:
            process.wait(waited)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if all(RegistrationState(bench.row(one).state).is_final for one in ids):
            break
        assert time.monotonic() < until
    assert bench.start().wait(STEPS_WITHIN_S) == 0
    with bench.store.reading() as session:
        moves = session.scalars(
            select(AliasMove).where(AliasMove.action == "promote").order_by(AliasMove.done_at)
        ).all()
    assert len(moves) == len(ids)
    assert_made_once(bench, ids, str(moves[-1].registration_id))


def is_at_work(bench: Bench, process: subprocess.Popen[bytes]) -> bool:
    """Whether it has come so far as to tell MLflow something, or has ended."""
    if process.poll() is not None:
        return True
    with bench.store.reading() as session:
        return session.scalars(select(RegistryTurn)).first() is not None
