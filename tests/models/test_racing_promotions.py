"""Twenty jobs want to be champion at the same moment: one is, and the history says how it came to it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from model_bench import MODEL, ModelBench
from sqlalchemy import select

from jupyter_mlops.models.gates.registry import parse_plan
from jupyter_mlops.models.moves import DONE
from jupyter_mlops.models.registration import NewRegistration, create_registration
from jupyter_mlops.store.tables import AliasMove, Registration

RACERS = 20
ENOUGH = 0.9
BETTER = {"kind": "better_than_champion", "metric": "accuracy", "logged_metrics": True}
PLAN = {
    "alias": "champion",
    "gates": [{"kind": "metric", "metric": "accuracy", "min": ENOUGH, "before": "promote"}, BETTER],
}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_of_twenty_racing_promotions_the_best_is_champion_and_the_history_is_one_line(
    model_bench: ModelBench,
) -> None:
    accuracies = [0.85 + 0.005 * number for number in range(RACERS)]
    random.Random(20261121).shuffle(accuracies)
    ids = []
    for accuracy in accuracies:
        new = NewRegistration(MODEL, parse_plan(PLAN), mlflow_run_id=model_bench.log_model(accuracy=accuracy))
        with model_bench.store.session() as session:
            ids.append(create_registration(session, model_bench.settings, new).id)

    environment = {**os.environ, **model_bench.settings.process_environment()}
    environment["JUPYTER_MLOPS_STORE_URL"] = model_bench.store.engine.url.render_as_string(
        hide_password=False
    )
    race = [sys.executable, str(Path(__file__).with_name("race.py")), *ids]
    done = subprocess.run(race, env=environment, capture_output=True, text=True, timeout=1500, check=False)
    assert done.returncode == 0, done.stderr[-3000:]

    with model_bench.store.reading() as session:
        rows = list(session.scalars(select(Registration)))
        moves = list(session.scalars(select(AliasMove).order_by(AliasMove.done_at)))
    assert {row.state for row in rows} == {"promoted", "kept"}, [row.message for row in rows]
    assert model_bench.versions() == [str(number) for number in range(1, RACERS + 1)]
    assert {move.state for move in moves} == {DONE} and "elsewhere" not in {move.action for move in moves}

    accuracy_of = {str(row.version): accuracies[ids.index(row.id)] for row in rows}
    champions = [move for move in moves if move.alias == "champion"]
    assert champions[0].from_version is None
    assert all(before.to_version == after.from_version for before, after in pairwise(champions))
    reached = [accuracy_of[str(move.to_version)] for move in champions]
    assert reached == sorted(set(reached)) and min(reached) >= ENOUGH  # each better than the one before
    best = max(accuracy_of, key=lambda version: accuracy_of[version])
    aliases = model_bench.aliases()
    assert aliases["champion"] == champions[-1].to_version == best
    assert aliases.get("previous") == champions[-1].from_version
    promoted = {str(row.version) for row in rows if row.state == "promoted"}
    assert promoted == {str(move.to_version) for move in champions}
