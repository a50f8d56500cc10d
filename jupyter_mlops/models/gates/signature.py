"""`signature`: who calls the champion today can call the model tomorrow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jupyter_mlops.models.gates.gate import GateCase, GateResult
from jupyter_mlops.models.gates.kind import GateKind

_WIDER = {
    ("integer", "long"),
    ("integer", "float"),
    ("integer", "double"),
    ("long", "double"),
    ("float", "double"),
}


class SignatureGate(GateKind):
    """`{"kind": "signature"}`: no input removed, retyped or newly required, and the same outputs."""

    kind = "signature"
    summary = "The model's signature must fit the callers of the present champion."
    before = "promote"
    properties = {
        "allow_removed": {
            "type": "boolean",
            "default": False,
            "description": "let an input of the champion's be gone: MLflow drops what callers still send",
        },
        "outputs": {
            "type": "boolean",
            "default": True,
            "description": "whether the outputs are compared as well",
        },
    }

    def judge(self, case: GateCase) -> GateResult:
        """Each difference is named; a wider type of an input is none."""
        if case.candidate.signature is None:
            return self.refused(
                case,
                "The model has no signature, so nobody can tell what it takes.",
                "A model logged with input_example=X.head(), or with a signature.",
            )
        if case.champion is None:
            return self.passed(
                case, "The model has a signature; there is no champion yet to compare it with."
            )
        champion = f"version {case.champion.version}"
        if case.champion.signature is None:
            message = f"The model has a signature; the champion ({champion}) has none to compare it with."
            return self.passed(case, message, champion_version=case.champion.version)
        problems = list(self._problems(case, case.candidate.signature, case.champion.signature))
        seen = {"champion_version": case.champion.version, "differences": problems}
        if problems:
            message = f"Callers of the champion ({champion}) would break: {'; '.join(problems[:5])}"
            more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
            return self.refused(case, f"{message}{more}.", f"The signature of {champion}.", **seen)
        return self.passed(case, f"The signature fits the callers of the champion ({champion}).", **seen)

    def _problems(self, case: GateCase, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
        yield from _input_problems(
            _fields(ours, "inputs"), _fields(theirs, "inputs"), self.option(case, "allow_removed")
        )
        if self.option(case, "outputs"):
            yield from _output_problems(_fields(ours, "outputs"), _fields(theirs, "outputs"))
        for name in _fields(theirs, "params").keys() - _fields(ours, "params").keys():
            yield f"the param {name} is gone"


def _input_problems(
    ours: Mapping[str, Mapping[str, Any]], theirs: Mapping[str, Mapping[str, Any]], allow_removed: bool
) -> Iterator[str]:
    for name, field in theirs.items():
        if name not in ours:
            if not allow_removed:
                yield f"the input {name} is gone"
        elif not _fits(_type(field), _type(ours[name])):
            yield f"the input {name} was {_type(field)} and is {_type(ours[name])}"
        elif not field.get("required", True) and ours[name].get("required", True):
            yield f"the input {name} has become required"
    for name, field in ours.items():
        if name not in theirs and field.get("required", True):
            yield f"the input {name} is new and required"


def _output_problems(
    ours: Mapping[str, Mapping[str, Any]], theirs: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    for name, field in theirs.items():
        if name not in ours:
            yield f"the output {name} is gone"
        elif _type(field) != _type(ours[name]):
            yield f"the output {name} was {_type(field)} and is {_type(ours[name])}"


def _fields(signature: Mapping[str, Any], part: str) -> dict[str, Mapping[str, Any]]:
    """The inputs, outputs or params by their names; those without one by their places."""
    fields = signature.get(part) or []
    return {str(field.get("name") or f"number {at + 1}"): field for at, field in enumerate(fields)}


def _type(field: Mapping[str, Any]) -> str:
    """`double`, `float64[?, 30]`, or what a nested type is made of."""
    tensor = field.get("tensor-spec")
    if tensor is not None:
        shape = ", ".join("?" if size == -1 else str(size) for size in tensor.get("shape", []))
        return f"{tensor.get('dtype')}[{shape}]"
    nested = {key: field[key] for key in ("properties", "items", "values", "shape") if field.get(key)}
    return f"{field.get('type')}{json.dumps(nested, sort_keys=True) if nested else ''}"


def _fits(sent: str, taken: str) -> bool:
    return sent == taken or (sent, taken) in _WIDER
