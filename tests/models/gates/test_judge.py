"""Gates that need no model loaded: verdicts, numbers, and what would pass."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.models.facts import EvaluationData, ModelFacts
from jupyter_mlops.models.gates import registry
from jupyter_mlops.models.gates.gate import GateCase, GateResult
from jupyter_mlops.models.gates.judge import judge_gates
from jupyter_mlops.models.gates.kind import GateKind
from jupyter_mlops.models.gates.metric_names import is_higher_better, scored_by
from jupyter_mlops.models.gates.registry import gate_kinds, parse_gate
from jupyter_mlops.models.trial import ModelTrial

NO_TRIAL = cast(ModelTrial, None)
FACTS = ModelFacts(None, None, "m-1", "models:/m-1", "run1", metrics={"accuracy": 0.678, "roc_auc": 0.976})
CHAMPION = replace(FACTS, name="cancer", version="3", metrics={"accuracy": 0.979})
DATA = EvaluationData("a" * 64, "mlops/evaluation/a.parquet", "target")


def judge(gate: Any, candidate: ModelFacts = FACTS, champion: ModelFacts | None = None) -> GateResult:
    [result] = judge_gates([parse_gate(gate)], candidate, champion, NO_TRIAL)
    json.dumps(result.as_dict(), allow_nan=False)
    assert (result.would_pass is None) == (result.verdict == "passed")
    return result


def test_a_bad_model_with_a_good_auc_is_refused_by_gates_together() -> None:
    """Breast cancer, C=0.0001: it says yes to nearly everyone, yet ranks them well."""
    specs = [parse_gate(gate) for gate in ("metric:roc_auc>=0.95", "metric:accuracy>=0.9", "approval")]
    results = judge_gates(specs, FACTS, None, NO_TRIAL)
    assert [result.verdict for result in results] == ["passed", "refused", "waiting"]
    assert results[1].message == "accuracy is 0.678, below the least of 0.9."
    assert results[1].would_pass == "accuracy of at least 0.9."


@pytest.mark.parametrize(
    ("gate", "message", "would_pass"),
    [
        ("metric:roc_auc<=0.9", "roc_auc is 0.976, above the most of 0.9.", "roc_auc of at most 0.9."),
        ("metric:roc_auc=0.98..1", "roc_auc is 0.976, below the least of 0.98.", "roc_auc from 0.98 to 1."),
        (
            "metric:acuracy>=0.1",
            "No metric 'acuracy' was logged; 'accuracy' was.",
            "acuracy of at least 0.1.",
        ),
        (
            "size:max_mb=1",
            "The size of the model's files is not known.",
            "A model whose files are to be found.",
        ),
    ],
)
def test_a_refusal_says_the_numbers_and_what_would_pass(gate: str, message: str, would_pass: str) -> None:
    result = judge(gate)
    assert (result.verdict, result.message, result.would_pass) == ("refused", message, would_pass)


def test_a_bound_itself_passes() -> None:
    assert judge("metric:accuracy>=0.678").message == "accuracy is 0.678; at least 0.678 was asked for."


def test_a_metric_that_is_no_number_does_not_pass_and_can_be_stored() -> None:
    result = judge("metric:accuracy>=0.1", replace(FACTS, metrics={"accuracy": float("nan")}))
    assert (result.verdict, result.seen["value"]) == ("refused", "nan")


def test_the_size_of_the_files_is_limited() -> None:
    model = replace(FACTS, size_bytes=2_500_000)
    assert judge("size:max_mb=3", model).message == "The model's files have 2.5 MB; 3 were allowed."
    assert judge("size:max_mb=2", model).would_pass == "At most 2 MB."


def test_only_a_captured_clean_run_is_clean() -> None:
    dirty = {"mlops.clean": "false", "mlops.clean.reasons": "Cells run twice: 3."}
    assert judge("clean", replace(FACTS, tags={"mlops.clean": "true"})).verdict == "passed"
    assert judge("clean", replace(FACTS, tags=dirty)).message.endswith("Cells run twice: 3.")
    assert "not captured" in judge("clean").message


BETTER = "better_than_champion:metric=accuracy"


def test_the_first_model_has_no_champion_to_be_better_than() -> None:
    assert judge(BETTER).message == "There is no champion yet to be better than."


def test_on_the_same_data_what_was_logged_is_compared() -> None:
    better = replace(FACTS, metrics={"accuracy": 0.985}, evaluation=DATA)
    champion = replace(CHAMPION, evaluation=replace(DATA, artifact="elsewhere"))
    result = judge(BETTER, better, champion)
    assert result.message == (
        "accuracy is 0.985, and the champion's (version 3) is 0.979, both as logged, on the same data."
    )
    result = judge(f"{BETTER},margin=0.01", better, champion)
    assert result.would_pass == "accuracy of at least 0.989."
    worse = judge(f"{BETTER},margin=-0.01", replace(better, metrics={"accuracy": 0.97}), champion)
    assert worse.verdict == "passed"
    same = judge(BETTER, replace(better, metrics={"accuracy": 0.979}), champion)
    assert (same.verdict, same.would_pass) == ("refused", "accuracy above 0.979.")


def test_less_of_a_loss_is_better() -> None:
    ours = replace(FACTS, metrics={"val_loss": 0.2}, evaluation=DATA)
    theirs = replace(CHAMPION, metrics={"val_loss": 0.3}, evaluation=DATA)
    assert judge("better_than_champion:metric=val_loss,margin=0.1", ours, theirs).verdict == "passed"
    result = judge("better_than_champion:metric=val_loss,higher_is_better=true", ours, theirs)
    assert result.verdict == "refused"
    assert judge("better_than_champion:metric=val_loss,margin=0.2", ours, theirs).would_pass == (
        "val_loss of at most 0.1."
    )


def test_without_evaluation_data_nothing_is_compared_unless_asked_for() -> None:
    ours = replace(FACTS, metrics={"accuracy": 0.99})
    assert "kept no evaluation data" in judge(BETTER, ours, CHAMPION).message
    result = judge(f"{BETTER},logged_metrics=true", ours, CHAMPION)
    assert result.verdict == "passed" and "not known" in result.message


def test_a_metric_of_ones_own_needs_a_score_to_be_computed_anew() -> None:
    result = judge("better_than_champion:metric=profit", replace(FACTS, evaluation=DATA), CHAMPION)
    assert result.verdict == "refused" and "'profit' cannot be computed anew" in result.message
    assert "accuracy" in str(result.would_pass)


@pytest.mark.parametrize(
    "name", ["log_loss", "test_rmse", "MAE", "mean_squared_error", "val-loss", "logloss"]
)
def test_less_is_better_of(name: str) -> None:
    assert not is_higher_better(name)


@pytest.mark.parametrize("name", ["accuracy", "f1", "r2", "auc", "lossless_share", "timeliness"])
def test_more_is_better_of(name: str) -> None:
    assert is_higher_better(name)


def test_a_logged_name_means_a_score() -> None:
    assert scored_by("test_auc") == scored_by("roc_auc") == scored_by("val/AUC") == "roc_auc"
    assert scored_by("profit") is None


def column(name: str, kind: str = "double", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "required": True, **more}


def signed(*inputs: dict[str, Any], outputs: Any = ({"type": "long"},), of: ModelFacts = FACTS) -> ModelFacts:
    return replace(of, signature={"inputs": list(inputs), "outputs": list(outputs), "params": None})


THEIRS = signed(column("a"), column("b", "long"), of=CHAMPION)


@pytest.mark.parametrize(
    ("ours", "difference"),
    [
        (signed(column("a")), "the input b is gone"),
        (signed(column("a"), column("b", "string")), "the input b was long and is string"),
        (signed(column("a"), column("b", "long"), column("c")), "the input c is new and required"),
        (
            signed(column("a"), column("b", "long"), outputs=[{"type": "double"}]),
            "the output number 1 was long",
        ),
        (
            signed({"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 2]}}),
            "the input a is gone; the input b is gone; the input number 1 is new and required",
        ),
    ],
)
def test_what_would_break_the_champions_callers_is_named(ours: ModelFacts, difference: str) -> None:
    result = judge("signature", ours, replace(THEIRS))
    assert result.verdict == "refused" and difference in result.message


@pytest.mark.parametrize(
    "ours",
    [
        signed(column("b", "long"), column("a")),
        signed(column("a"), column("b", "double")),
        signed(column("a"), column("b", "long", required=False), column("c", required=False)),
    ],
)
def test_what_breaks_no_caller_passes(ours: ModelFacts) -> None:
    assert judge("signature", ours, THEIRS).verdict == "passed"


def test_an_input_may_go_when_the_gate_allows_it() -> None:
    assert judge("signature:allow_removed=true", signed(column("a")), THEIRS).verdict == "passed"


def test_a_model_without_a_signature_is_refused_even_as_the_first() -> None:
    assert judge("signature").verdict == "refused"
    assert judge("signature", signed(column("a"))).verdict == "passed"
    assert judge("signature", signed(column("a")), CHAMPION).verdict == "passed"


def test_without_evaluation_data_the_gates_that_need_them_refuse() -> None:
    for gate in ("data:min_rows=1", "no_slice_regression:metric=accuracy"):
        assert "kept no evaluation data" in judge(gate, champion=CHAMPION).message


@pytest.mark.parametrize("kind", sorted(gate_kinds()))
def test_each_kind_says_what_it_takes_and_refuses_what_it_does_not(kind: str) -> None:
    gate = gate_kinds()[kind]
    assert gate.summary.endswith(".") and gate.before in gate.steps
    for name, option in gate.options["properties"].items():
        assert option["description"], name
    with pytest.raises(BadInputError) as refused:
        gate.check({"nonsense": 1})
    assert refused.value.field == "nonsense"


class Raising(GateKind):
    kind = "raising"
    summary = "Raises."

    def judge(self, case: GateCase) -> GateResult:
        raise ZeroDivisionError("division by zero")


class Careless(GateKind):
    kind = "careless"
    summary = "Answers what is no verdict."

    def judge(self, case: GateCase) -> GateResult:
        return cast(GateResult, True)


@pytest.fixture
def broken_kinds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_OURS", (*registry._OURS, Raising, Careless))
    gate_kinds.cache_clear()
    yield
    monkeypatch.undo()
    gate_kinds.cache_clear()


def test_a_broken_gate_refuses_and_the_others_are_heard(broken_kinds: None) -> None:
    specs = [parse_gate(gate) for gate in ("raising", "careless", "metric:roc_auc>=0.9")]
    specs.append(replace(specs[0], kind="gone"))  # of a package that was removed since
    results = judge_gates(specs, FACTS, None, NO_TRIAL)
    assert [result.verdict for result in results] == ["refused", "refused", "passed", "refused"]
    assert results[0].message == "It could not be judged: ZeroDivisionError: division by zero."
    assert "answered bool, which is no result" in results[1].message
    assert "There is no gate 'gone'" in results[3].message
    assert all(result.duration_s >= 0 for result in results)
