"""Gates that load models, on real ones: against the champion, smoke, latency, data, a user's function."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from laboratory import PATIENT, Laboratory
from sklearn.linear_model import LogisticRegression

from jupyter_mlops.models.facts import ModelFacts
from jupyter_mlops.models.gates.gate import GateResult
from jupyter_mlops.models.gates.judge import judge_gates
from jupyter_mlops.models.gates.registry import parse_gate
from jupyter_mlops.models.trial_processes import TrialProcesses

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # a child process imports MLflow


@pytest.fixture(scope="module")
def good(laboratory: Laboratory) -> ModelFacts:
    return laboratory.breast_cancer(1.0, 7)


@pytest.fixture(scope="module")
def champion(good: ModelFacts) -> ModelFacts:
    return replace(good, name="cancer", version="1")


@pytest.fixture(scope="module")
def bad(laboratory: Laboratory) -> ModelFacts:
    return laboratory.breast_cancer(0.0001, 7)


def judge(
    trial: TrialProcesses, gate: Any, candidate: ModelFacts, champion: ModelFacts | None = None
) -> GateResult:
    [result] = judge_gates([parse_gate(gate)], candidate, champion, trial)
    return result


def test_a_bad_model_with_a_good_auc_is_refused(
    trial: TrialProcesses, bad: ModelFacts, champion: ModelFacts
) -> None:
    gates = [
        "metric:roc_auc>=0.95",
        "metric:accuracy>=0.9",
        "smoke",
        "signature",
        "data:min_rows=100,max_missing=0",
        "latency:p95_ms=60000",
        "better_than_champion:metric=accuracy",
        '{"kind": "no_slice_regression", "metric": "accuracy", "max_drop": 0.02}',
    ]
    results = judge_gates([parse_gate(gate) for gate in gates], bad, champion, trial)
    verdicts = {
        result.kind if result.kind != "metric" else result.seen["metric"]: result for result in results
    }
    assert bad.metrics["accuracy"] < 0.7 and bad.metrics["roc_auc"] > 0.95
    refused = {name for name, result in verdicts.items() if result.verdict == "refused"}
    assert refused == {"accuracy", "better_than_champion", "no_slice_regression"}
    assert "both as logged, on the same data" in verdicts["better_than_champion"].message
    assert verdicts["no_slice_regression"].message.startswith("Where size is large")
    assert verdicts["latency"].seen["p95_ms"] > 0


def test_on_other_data_both_are_scored_on_the_candidates(
    laboratory: Laboratory, trial: TrialProcesses, champion: ModelFacts
) -> None:
    other = laboratory.breast_cancer(1.0, 8)
    assert other.evaluation and champion.evaluation and other.evaluation.sha != champion.evaluation.sha
    result = judge(trial, "better_than_champion:metric=accuracy", other, champion)
    assert result.seen["candidate"] == pytest.approx(other.metrics["accuracy"])
    assert "both scored on the model's evaluation data" in result.message
    assert result.verdict == "refused", "the champion has seen some of these rows, and is no worse"


def test_a_better_model_passes_slice_by_slice(
    trial: TrialProcesses, bad: ModelFacts, good: ModelFacts
) -> None:
    bad_champion = replace(bad, name="cancer", version="1")
    result = judge(trial, "no_slice_regression:metric=roc_auc,max_drop=0.05", good, bad_champion)
    assert result.verdict == "passed", result.message
    assert {one["slice"] for one in result.seen["slices"]} == {"size is large", "size is small"}


def test_slices_that_are_too_small_are_not_judged_and_said_to_be_so(
    trial: TrialProcesses, good: ModelFacts, champion: ModelFacts
) -> None:
    result = judge(trial, "no_slice_regression:metric=accuracy,min_rows=70", good, champion)
    assert result.verdict == "passed" and "1 of fewer than 70 rows were not judged" in result.message
    result = judge(trial, "no_slice_regression:metric=accuracy,min_rows=1000", good, champion)
    assert result.verdict == "refused" and result.would_pass == "More evaluation data, or a lower min_rows."


def test_an_unknown_slice_is_a_refusal_that_says_so(
    trial: TrialProcesses, good: ModelFacts, champion: ModelFacts
) -> None:
    gate = {"kind": "no_slice_regression", "metric": "accuracy", "columns": ["clinic"]}
    assert "no column 'clinic' to slice by" in judge(trial, gate, good, champion).message


def test_a_model_without_an_example_cannot_be_smoke_tested(
    laboratory: Laboratory, trial: TrialProcesses
) -> None:
    plain = laboratory.log(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))
    result = judge(trial, "smoke", plain)
    assert result.verdict == "refused" and "has no input example" in result.message
    assert "input_example=X.head()" in str(result.would_pass)


def test_a_slow_model_is_refused_with_what_it_took(trial: TrialProcesses, good: ModelFacts) -> None:
    result = judge(trial, "latency:p95_ms=0.001,rows=1000,repeats=5", good)
    assert result.verdict == "refused" and "predictions of 1000 rows" in result.message
    assert result.would_pass == "At most 0.001 ms."


@pytest.fixture(scope="module")
def gappy(laboratory: Laboratory) -> ModelFacts:
    """Evaluated on ten rows, of which two have no sex."""
    X = pd.DataFrame({"mass": np.arange(10.0), "sex": ["f", None, "m", "f", None, *"mfmfm"]})  # noqa: N806
    model = LogisticRegression().fit(X[["mass"]], [0, 1] * 5)
    return laboratory.log(model, evaluation=(X, [0, 1] * 5, {"target": "species"}))


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"min_rows": 11}, "10 rows, where 11 are needed"),
        ({"max_missing": 0.1}, "2 of 10 values of sex are missing (20.0%)"),
        ({"columns": ["island"]}, "there is no column island"),
        ({"columns": {"sex": "number"}}, "where number is needed"),
        ({"min_rows": 10, "max_missing": 0.2, "columns": {"sex": "text", "mass": "float64"}}, None),
    ],
)
def test_data_that_do_not_do_are_refused_by_column(
    trial: TrialProcesses, gappy: ModelFacts, options: dict[str, Any], problem: str | None
) -> None:
    result = judge(trial, {"kind": "data", **options}, gappy)
    assert (result.verdict == "passed") == (problem is None), result.message
    assert (problem or "all that was asked for") in result.message
    assert result.seen["columns"]["sex"]["missing"] == 2


SCHEMA = """
import pandera.pandas as pa
penguins = pa.DataFrameSchema(
    {"mass": pa.Column(float, pa.Check.ge(3)), "sex": pa.Column(str, nullable=True)}
)
"""


def test_a_pandera_schema_says_what_is_wrong(
    laboratory: Laboratory, trial: TrialProcesses, gappy: ModelFacts
) -> None:
    Path(laboratory.root, "schemas.py").write_text(SCHEMA)
    result = judge(trial, {"kind": "data", "schema": "schemas.py:penguins"}, gappy)
    assert result.verdict == "refused"
    assert "mass: greater_than_or_equal_to(3) fails 3 times" in result.message


def test_without_pandera_a_schema_is_a_refusal_that_says_how_to_get_it(
    laboratory: Laboratory, gappy: ModelFacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(tmp_path, "pandera.py").write_text("raise ImportError('as where it is not installed')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with TrialProcesses(laboratory.settings, root=laboratory.root, limits=PATIENT) as trial:
        result = judge(trial, {"kind": "data", "schema": "schemas.py:penguins"}, gappy)
    assert "pandera is not installed" in result.message and "pip install" in str(result.would_pass)


FUNCTIONS = """
import numpy as np

def passes(case):
    print("who listens?")
    return np.bool_(case["candidate"]["metrics"]["accuracy"] > 0.9)

def refuses(case):
    return False, f"{case['arguments']['who']} says no to {case['candidate']['model_id']}"

def explains(case):
    seen = {"gap": float("nan")}
    return {"passed": False, "message": "too wide", "would_pass": "a gap of 0.1", "seen": seen}

def shrugs(case):
    return "yes"

def raises(case):
    raise KeyError(case["champion"]["version"])
"""


def test_a_function_of_ones_own_judges(
    laboratory: Laboratory, trial: TrialProcesses, good: ModelFacts, champion: ModelFacts
) -> None:
    Path(laboratory.root, "checks.py").write_text(FUNCTIONS)

    def by(name: str) -> GateResult:
        gate = {"kind": "python", "callable": f"checks.py:{name}", "arguments": {"who": "Ada"}}
        return judge(trial, gate, good, champion)

    assert by("passes").verdict == "passed"
    assert by("refuses").message == f"Ada says no to {good.model_id}"
    explained = by("explains")
    assert (explained.message, explained.would_pass, explained.seen["gap"]) == (
        "too wide",
        "a gap of 0.1",
        "nan",
    )
    assert (by("shrugs").verdict, by("raises").verdict, by("gone").verdict) == ("refused",) * 3
    assert "KeyError: '1'" in by("raises").message
    assert "has no 'gone'" in by("gone").message


def test_a_function_outside_the_root_is_not_run(
    laboratory: Laboratory, trial: TrialProcesses, good: ModelFacts
) -> None:
    Path(laboratory.root.parent, "outside.py").write_text("def f(_): return True")
    result = judge(trial, {"kind": "python", "callable": "../outside.py:f"}, good)
    assert result.verdict == "refused" and "lies outside" in result.message


@pytest.mark.drill  # makes two environments
def test_a_fresh_environment_has_what_the_model_requires_and_is_kept(laboratory: Laboratory) -> None:
    """Made of the wheels of a package index: skipped where there is none."""
    X = pd.DataFrame({"a": [0.0, 1.0]})  # noqa: N806
    libraries = ("mlflow-skinny", "scikit-learn", "skops", "pandas")
    good = laboratory.log(
        LogisticRegression().fit(X, [0, 1]),
        input_example=X,
        pip_requirements=[f"{library}=={version(library)}" for library in libraries],
    )
    said: list[str] = []
    with TrialProcesses(laboratory.settings, tell=said.append) as trial:
        first = judge(trial, {"kind": "smoke", "environment": "fresh"}, good)
        if "cannot be installed" in first.message:
            pytest.skip(first.message)
        assert first.verdict == "passed", first.message
        assert said == [f"Making an environment of the model's {len(good.requirements)} requirements…"]
        again = judge(trial, {"kind": "smoke", "environment": "fresh"}, good)
        assert again.verdict == "passed" and len(said) == 1
        undemanding = replace(good, requirements=("cloudpickle",))
        alone = judge(trial, {"kind": "smoke", "environment": "fresh"}, undemanding)
        assert alone.verdict == "refused" and "No module named 'mlflow'" in alone.message


def test_requirements_that_cannot_be_had_are_named(laboratory: Laboratory, good: ModelFacts) -> None:
    with TrialProcesses(laboratory.settings) as trial:
        wanting = replace(good, requirements=("no such thing",))
        result = judge(trial, {"kind": "smoke", "environment": "fresh"}, wanting)
        assert result.verdict == "refused" and "cannot be installed" in result.message
        nothing = judge(trial, {"kind": "smoke", "environment": "fresh"}, replace(good, requirements=()))
        assert "says nothing of its requirements" in nothing.message
    made = Path(laboratory.settings.data_dir, "model-environments")
    assert not [folder for folder in made.iterdir() if folder.is_dir() and not (folder / "ready").exists()]
