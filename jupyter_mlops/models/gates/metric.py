"""`metric`: a logged metric within bounds."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from typing import Any

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.models.gates.gate import GateCase, GateResult
from jupyter_mlops.models.gates.kind import GateKind, number


class MetricGate(GateKind):
    """`{"kind": "metric", "metric": "accuracy", "min": 0.9}`; the bounds themselves are good."""

    kind = "metric"
    summary = "A metric that the notebook logged must lie within bounds."
    properties = {
        "metric": {"type": "string", "minLength": 1, "description": "the name of the logged metric"},
        "min": {"type": "number", "description": "the least value that passes"},
        "max": {"type": "number", "description": "the greatest value that passes"},
    }
    required = ("metric",)

    def check_together(self, options: Mapping[str, Any]) -> None:
        """One bound at least, and a value between them."""
        least, most = options.get("min"), options.get("max")
        if least is None and most is None:
            raise BadInputError(
                "The gate 'metric' has no bound.", field="min", hint="Give min, max, or both of them."
            )
        if least is not None and most is not None and least > most:
            raise BadInputError(
                f"min is {number(least)} and max is {number(most)}: nothing lies between.", field="max"
            )

    def judge(self, case: GateCase) -> GateResult:
        """The metric of the logged model, else of its MLflow run."""
        name, least, most = (self.option(case, option) for option in ("metric", "min", "max"))
        bounds = _in_words(name, least, most)
        logged = case.candidate.metrics
        if name not in logged:
            return self.refused(case, f"No metric {name!r} was logged; {_what_was(name, logged)}.", bounds)
        value = float(logged[name])
        seen = {"metric": name, "value": value, "min": least, "max": most}
        if math.isnan(value):
            return self.refused(case, f"{name} is not a number.", bounds, **seen)
        if least is not None and value < least:
            message = f"{name} is {number(value)}, below the least of {number(least)}."
            return self.refused(case, message, bounds, **seen)
        if most is not None and value > most:
            message = f"{name} is {number(value)}, above the most of {number(most)}."
            return self.refused(case, message, bounds, **seen)
        asked = " and ".join(
            words
            for words in (
                least is not None and f"at least {number(least)}",
                most is not None and f"at most {number(most)}",
            )
            if words
        )
        return self.passed(case, f"{name} is {number(value)}; {asked} was asked for.", **seen)


def _in_words(name: str, least: float | None, most: float | None) -> str:
    if least is None:
        return f"{name} of at most {number(most or 0.0)}."
    if most is None:
        return f"{name} of at least {number(least)}."
    return f"{name} from {number(least)} to {number(most)}."


def _what_was(name: str, logged: Mapping[str, float]) -> str:
    if not logged:
        return "none was"
    close = difflib.get_close_matches(name, logged, 1)
    return f"{close[0]!r} was" if close else f"there are {', '.join(sorted(logged)[:10])}"
