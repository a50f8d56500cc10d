"""`approval`: a person decides."""

from __future__ import annotations

from jupyter_mlops.models.gates.gate import GateCase, GateResult
from jupyter_mlops.models.gates.kind import GateKind


class ApprovalGate(GateKind):
    """`{"kind": "approval", "ask": "Has the fairness report been read?"}`."""

    kind = "approval"
    summary = "A person must approve before the alias moves."
    before = "promote"
    steps = ("promote",)
    properties = {
        "ask": {
            "type": "string",
            "minLength": 1,
            "maxLength": 500,
            "description": "what the person who approves is asked to look at",
        }
    }

    def judge(self, case: GateCase) -> GateResult:
        """It always waits; the decision is stored with the registration."""
        asked = self.option(case, "ask")
        message = f"It waits for a person's approval{f': {asked}' if asked else '.'}"
        return GateResult(self.kind, case.spec.before, "waiting", message, "An approval.")
