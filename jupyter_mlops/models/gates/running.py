"""Gates that run the model: a prediction in its own environment, and how long one takes."""

from __future__ import annotations

import json

from jupyter_mlops.models.gates.gate import GateCase, GateResult
from jupyter_mlops.models.gates.kind import GateKind, number
from jupyter_mlops.models.trial import TrialError
from jupyter_mlops.readable import show_seconds

REPEATS = 50


class SmokeGate(GateKind):
    """`{"kind": "smoke", "environment": "fresh"}`."""

    kind = "smoke"
    summary = "The model must load in a process of its own, and predict for its input example."
    properties = {
        "environment": {
            "type": "string",
            "enum": ["current", "fresh"],
            "default": "current",
            "description": "the environment of the notebook, or a fresh one made of the model's requirements",
        }
    }

    def judge(self, case: GateCase) -> GateResult:
        """What it predicts is kept as evidence."""
        fresh = self.option(case, "environment") == "fresh"
        where = "a fresh environment" if fresh else "the current environment"
        try:
            said = case.trial.predict_example(case.candidate, fresh=fresh)
        except TrialError as error:
            would_pass = error.hint or f"A model that predicts for its input example in {where}."
            return self.refused(case, f"In {where}: {error.message}", would_pass, fresh=fresh)
        rows = f"{said['rows']} row{'' if said['rows'] == 1 else 's'}"
        return self.passed(
            case,
            f"It predicted for {rows} in {where}, in {show_seconds(said['predict_s'])}: "
            f"{json.dumps(said['sample'], default=str)[:200]}.",
            fresh=fresh,
            **said,
        )


class LatencyGate(GateKind):
    """`{"kind": "latency", "p95_ms": 50, "rows": 10}`: measured where the gates are judged."""

    kind = "latency"
    summary = "A prediction must not take too long."
    properties = {
        "p95_ms": {
            "type": "number",
            "exclusiveMinimum": 0,
            "description": "milliseconds that 95 of 100 predictions may take at most",
        },
        "rows": {
            "type": "integer",
            "minimum": 1,
            "maximum": 1_000_000,
            "default": 1,
            "description": "how many rows a prediction is for: the input example's, over and over",
        },
        "repeats": {
            "type": "integer",
            "minimum": 5,
            "maximum": 10_000,
            "default": REPEATS,
            "description": "how many predictions are measured",
        },
    }
    required = ("p95_ms",)

    def judge(self, case: GateCase) -> GateResult:
        """Loading is not counted, nor are the first two predictions."""
        most, rows, repeats = (self.option(case, name) for name in ("p95_ms", "rows", "repeats"))
        said = case.trial.latency(case.candidate, rows=rows, repeats=repeats)
        p95_ms, p50_ms = said["p95_s"] * 1000, said["p50_s"] * 1000
        of = f"of {rows} row{'' if rows == 1 else 's'}"
        seen = {"p95_ms": p95_ms, "p50_ms": p50_ms, "most_ms": most, "rows": rows, "repeats": repeats}
        told = f"95 of 100 predictions {of} took at most {p95_ms:.3g} ms, half of them {p50_ms:.3g} ms"
        if p95_ms > most:
            return self.refused(case, f"{told}.", f"At most {number(most)} ms.", **seen)
        return self.passed(case, f"{told}; {number(most)} ms were allowed.", **seen)
