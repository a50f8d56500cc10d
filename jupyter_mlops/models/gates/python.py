"""`python`: a function of the user's judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from jupyter_mlops.models.gates.gate import GateCase, GateResult
from jupyter_mlops.models.gates.kind import GateKind


class PythonGate(GateKind):
    """`{"kind": "python", "callable": "checks.py:is_fair", "arguments": {"gap": 0.1}}`.

    The function is given one mapping, plain JSON: `candidate` and `champion` (as `ModelFacts`, the latter
    may be None) and `arguments`. It answers True or False; or that and a message; or a mapping with `passed`,
    and `message`, `would_pass` and `seen` if it likes. It is run in a child process.
    """

    kind = "python"
    summary = "A Python function of yours judges the model."
    properties = {
        "callable": {
            "type": "string",
            "pattern": r"^[^:]+:[A-Za-z_][\w.]*$",
            "description": "the function: module:function, or file.py:function below the server root",
        },
        "arguments": {
            "type": "object",
            "default": {},
            "description": "handed to the function as `arguments`",
        },
    }
    required = ("callable",)

    def judge(self, case: GateCase) -> GateResult:
        """What it raises refuses, and is quoted."""
        function = self.option(case, "callable")
        answer = case.trial.call(
            function,
            {
                "candidate": asdict(case.candidate),
                "champion": None if case.champion is None else asdict(case.champion),
                "arguments": dict(self.option(case, "arguments")),
            },
        )
        read = _read(answer)
        if read is None:
            return self.refused(
                case,
                f"{function} answered {str(answer)[:100]!r}, which is no verdict.",
                "An answer such as True, (False, 'why') or {'passed': False, 'message': 'why'}.",
            )
        passed, said = read
        seen = {"callable": function, **said.get("seen", {})}
        if passed:
            return self.passed(case, said.get("message") or f"{function} found it good.", **seen)
        message = said.get("message") or f"{function} refused it."
        return self.refused(case, message, said.get("would_pass") or f"What {function} accepts.", **seen)


def _read(answer: Any) -> tuple[bool, dict[str, Any]] | None:
    """The verdict and what goes with it; None for anything else, so that 0, None or "no" pass nothing."""
    if isinstance(answer, bool):
        return answer, {}
    if isinstance(answer, list) and len(answer) == 2 and isinstance(answer[0], bool):
        return answer[0], {"message": str(answer[1])}
    if isinstance(answer, Mapping) and isinstance(answer.get("passed"), bool):
        said = {key: str(answer[key]) for key in ("message", "would_pass") if answer.get(key)}
        seen = answer.get("seen")
        return answer["passed"], {**said, "seen": dict(seen) if isinstance(seen, Mapping) else {}}
    return None
