"""Gates that compare with the champion: better by a margin, and no worse in any slice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.models.facts import EvaluationData, ModelFacts
from jupyter_mlops.models.gates.gate import GateCase, GateResult
from jupyter_mlops.models.gates.kind import GateKind, number
from jupyter_mlops.models.gates.metric_names import SCORES, is_higher_better, scored_by

_METRIC = {"type": "string", "minLength": 1, "description": "the metric to compare by"}
_SCORE = {
    "type": "string",
    "enum": list(SCORES),
    "description": "how the metric is computed anew, where its name does not say so",
}
_HIGHER = {
    "type": "boolean",
    "description": "whether more is better; by default its name says so: not of a loss or an error",
}
_NO_DATA = "log_evaluation(X, y) in the notebook, beside the model"
MIN_ROWS = 30


class BetterThanChampionGate(GateKind):
    """`{"kind": "better_than_champion", "metric": "accuracy", "margin": 0.005}`.

    On the same evaluation data, which their hash tells, what both have logged is compared. Else both are
    scored on the candidate's evaluation data, each in a child process.
    """

    kind = "better_than_champion"
    summary = "The model must be better than the present champion, on the same evaluation data."
    before = "promote"
    properties = {
        "metric": _METRIC,
        "margin": {
            "type": "number",
            "default": 0,
            "description": "by how much it must be better, in the metric's own unit; below 0: how much worse "
            "it may be",
        },
        "higher_is_better": _HIGHER,
        "score": _SCORE,
        "logged_metrics": {
            "type": "boolean",
            "default": False,
            "description": "compare what was logged even if nobody knows on which data",
        },
    }
    required = ("metric",)

    def judge(self, case: GateCase) -> GateResult:
        """It passes without a champion, and must be better by more than nothing with one."""
        if case.champion is None:
            return self.passed(case, "There is no champion yet to be better than.", champion=None)
        metric, margin = self.option(case, "metric"), float(self.option(case, "margin"))
        compared = self._compare(case, case.champion, metric)
        if isinstance(compared, GateResult):
            return compared
        higher = _higher(self.option(case, "higher_is_better"), metric)
        gain = (compared.candidate - compared.champion) * (1 if higher else -1)
        champion = _named(case.champion)
        seen = {
            "metric": metric,
            "candidate": compared.candidate,
            "champion": compared.champion,
            "champion_version": case.champion.version,
            "margin": margin,
            "higher_is_better": higher,
            "evaluation": compared.evaluation,
            "how": compared.how,
        }
        told = (
            f"{metric} is {number(compared.candidate)}, and the champion's ({champion}) is "
            f"{number(compared.champion)}, {compared.how}"
        )
        if gain > margin or (margin != 0 and gain >= margin - 1e-12):
            return self.passed(case, f"{told}.", **seen)
        bound = number(compared.champion + margin * (1 if higher else -1))
        least = f"{'above' if margin == 0 else 'of at least'} {bound}"
        most = f"{'below' if margin == 0 else 'of at most'} {bound}"
        asked = f"; better by {number(margin)} was asked for" if margin else ""
        return self.refused(case, f"{told}{asked}.", f"{metric} {least if higher else most}.", **seen)

    def _compare(self, case: GateCase, champion: ModelFacts, metric: str) -> _Compared | GateResult:
        candidate, data = case.candidate, case.candidate.evaluation
        logged = metric in candidate.metrics and metric in champion.metrics
        same = data is not None and champion.evaluation is not None and data.sha == champion.evaluation.sha
        values = candidate.metrics.get(metric, 0.0), champion.metrics.get(metric, 0.0)
        if logged and same:
            return _Compared(*values, "both as logged, on the same data", data.sha if data else None)
        if logged and self.option(case, "logged_metrics"):
            return _Compared(*values, "both as logged; whether on the same data is not known", None)
        if data is None:
            return self.refused(
                case,
                "The model cannot be compared with the champion: its notebook kept no evaluation data.",
                f"A model whose notebook keeps them: {_NO_DATA}; or this gate with logged_metrics: true.",
                metric=metric,
            )
        score = _score(self.option(case, "score"), metric)
        ours, theirs = (
            _value(case.trial.score(model, data, candidate, [score]), score)
            for model in (candidate, champion)
        )
        return _Compared(ours, theirs, "both scored on the model's evaluation data", data.sha)


class NoSliceRegressionGate(GateKind):
    """`{"kind": "no_slice_regression", "metric": "accuracy", "columns": ["island"], "max_drop": 0.02}`."""

    kind = "no_slice_regression"
    summary = "In no slice of the evaluation data may the model be worse than the present champion."
    before = "promote"
    properties = {
        "metric": {**_METRIC, "description": "the score to compare by: accuracy, f1, rmse, ..."},
        "columns": {
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "minItems": 1,
            "description": "the columns to slice by; by default those that log_evaluation named",
        },
        "max_drop": {
            "type": "number",
            "minimum": 0,
            "default": 0,
            "description": "how much worse a slice may be, in the metric's own unit",
        },
        "min_rows": {
            "type": "integer",
            "minimum": 1,
            "default": MIN_ROWS,
            "description": "slices of fewer rows are not judged",
        },
        "higher_is_better": _HIGHER,
        "score": _SCORE,
    }
    required = ("metric",)

    def judge(self, case: GateCase) -> GateResult:
        """Both are scored on the model's evaluation data, slice by slice."""
        champion, data = case.champion, case.candidate.evaluation
        if champion is None:
            return self.passed(case, "There is no champion yet to compare slices with.", champion=None)
        if data is None:
            message = "The slices cannot be compared: the model's notebook kept no evaluation data."
            return self.refused(case, message, f"A model whose notebook keeps them: {_NO_DATA}.")
        columns = self.option(case, "columns") or list(data.slices)
        if not columns:
            return self.refused(
                case,
                "There is nothing to slice by: neither the gate nor the evaluation data name columns.",
                "log_evaluation(X, y, slices=['island']), or this gate with columns: [island].",
            )
        metric = self.option(case, "metric")
        score = _score(self.option(case, "score"), metric)
        ours, theirs = (
            case.trial.score(model, data, case.candidate, [score], columns)["slices"]
            for model in (case.candidate, champion)
        )
        return self._judge_slices(case, champion, _slices(ours, theirs, score), data)

    def _judge_slices(
        self, case: GateCase, champion: ModelFacts, slices: list[dict[str, Any]], data: EvaluationData
    ) -> GateResult:
        metric, max_drop = self.option(case, "metric"), float(self.option(case, "max_drop"))
        higher = _higher(self.option(case, "higher_is_better"), metric)
        least = self.option(case, "min_rows")
        judged = []
        for one in slices:
            both = one["candidate"] is not None and one["champion"] is not None
            if both and one["rows"] >= least:
                drop = (one["champion"] - one["candidate"]) * (1 if higher else -1)
                judged.append({**one, "drop": drop})
        seen = {
            "metric": metric,
            "max_drop": max_drop,
            "champion_version": champion.version,
            "evaluation": data.sha,
            "slices": judged,
            "not_judged": [one for one in slices if one["slice"] not in {one["slice"] for one in judged}],
        }
        left = f"; {len(slices) - len(judged)} of fewer than {least} rows were not judged"
        beside = left if len(judged) < len(slices) else ""
        if not judged:
            return self.refused(
                case,
                f"No slice has {least} rows, so none could be judged.",
                "More evaluation data, or a lower min_rows.",
                **seen,
            )
        worst = max(judged, key=lambda one: float(one["drop"]))
        worse = [one for one in judged if one["drop"] > max_drop + 1e-12]
        if not worse:
            message = (
                f"In none of {len(judged)} slices is {metric} worse than the champion's ({_named(champion)})"
                if worst["drop"] <= 0
                else f"The greatest drop of {metric} in {len(judged)} slices is {number(worst['drop'])}, "
                f"where {worst['slice']}; {number(max_drop)} is allowed"
            )
            return self.passed(case, f"{message}{beside}.", **seen)
        others = f", and worse in {len(worse) - 1} more" if len(worse) > 1 else ""
        return self.refused(
            case,
            f"Where {worst['slice']} ({worst['rows']} rows), {metric} is {number(worst['candidate'])}, "
            f"and the champion's ({_named(champion)}) is {number(worst['champion'])}{others}{beside}.",
            f"{metric} that is worse by at most {number(max_drop)} in each slice.",
            **seen,
        )


@dataclass(frozen=True)
class _Compared:
    candidate: float
    champion: float
    how: str
    evaluation: str | None


def _slices(ours: Mapping[str, Any], theirs: Mapping[str, Any], score: str) -> list[dict[str, Any]]:
    """Each slice with both models' scores."""
    return [
        {
            "slice": f"{column} is {value}",
            "rows": part["rows"],
            "candidate": part["metrics"][score],
            "champion": theirs[column][value]["metrics"][score],
        }
        for column, values in ours.items()
        for value, part in values.items()
    ]


def _score(given: str | None, metric: str) -> str:
    score = given or scored_by(metric)
    if score is None:
        raise BadInputError(
            f"{metric!r} cannot be computed anew from its name.",
            field="score",
            hint=f"Give the gate a score: one of {', '.join(SCORES)}.",
        )
    return score


def _value(said: Mapping[str, Any], score: str) -> float:
    value = said["metrics"][score]
    if value is None:
        raise BadInputError(f"{score} has no value on the evaluation data.", hint="Evaluate on more rows.")
    return float(value)


def _higher(given: bool | None, metric: str) -> bool:
    return is_higher_better(metric) if given is None else given


def _named(model: ModelFacts) -> str:
    return f"version {model.version}" if model.version else "the champion"
