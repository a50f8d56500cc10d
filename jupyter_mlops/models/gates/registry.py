"""The kinds of gates that there are, ours and those that other packages bring; and plans made of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.models.gates.against_champion import BetterThanChampionGate, NoSliceRegressionGate
from jupyter_mlops.models.gates.approval import ApprovalGate
from jupyter_mlops.models.gates.data import DataGate
from jupyter_mlops.models.gates.gate import Gate
from jupyter_mlops.models.gates.gate_text import read_gate_text
from jupyter_mlops.models.gates.made_of import CleanGate, SizeGate
from jupyter_mlops.models.gates.metric import MetricGate
from jupyter_mlops.models.gates.python import PythonGate
from jupyter_mlops.models.gates.running import LatencyGate, SmokeGate
from jupyter_mlops.models.gates.signature import SignatureGate
from jupyter_mlops.models.plan import CANDIDATE, PREVIOUS, GateSpec, RegistrationPlan
from jupyter_mlops.plugins import with_plugins

ENTRY_POINTS = "jupyter_mlops.gates"
MAX_GATES = 50
_OURS = (
    MetricGate,
    BetterThanChampionGate,
    NoSliceRegressionGate,
    SignatureGate,
    SmokeGate,
    LatencyGate,
    SizeGate,
    CleanGate,
    DataGate,
    PythonGate,
    ApprovalGate,
)
_FIELDS = ("logged_model", "alias", "candidate", "previous", "gates")
_ALIAS = re.compile(r"[\w\-]{1,255}")
_ALIAS_OF_A_NUMBER = re.compile(r"[vV]\d+")


@lru_cache
def gate_kinds() -> dict[str, Gate]:
    """Every kind by its name. One that another package brings wrongly is left out; ours stay ours."""
    ours: dict[str, Gate] = {kind.kind: kind() for kind in _OURS}
    return with_plugins(ENTRY_POINTS, ours, (Gate,), "kind of gate", name="kind")


def describe_kinds() -> list[dict[str, Any]]:
    """Every kind with the JSON Schema of its options, as REST's `GateKinds` has them."""
    return [
        {
            "kind": kind.kind,
            "summary": kind.summary,
            "before": kind.before,
            "steps": list(kind.steps),
            "options": dict(kind.options),
        }
        for kind in gate_kinds().values()
    ]


def gate_named(name: object) -> Gate:
    """A kind by its name.

    Raises:
        BadInputError: there is none.
    """
    kinds = gate_kinds()
    if isinstance(name, str) and name in kinds:
        return kinds[name]
    close = difflib.get_close_matches(str(name), kinds, 1)
    raise BadInputError(
        f"There is no gate {str(name)[:40]!r}.",
        field="kind",
        hint=f"Did you mean {close[0]}?" if close else f"There are {', '.join(kinds)}.",
    )


def parse_plan(given: Mapping[str, Any], *, field: str = "registration") -> RegistrationPlan:
    """A plan as people write it, found good.

    Args:
        given: `logged_model`, `alias`, `candidate`, `previous`, and `gates`: each a mapping with its
            `kind`, or its short text, such as `metric:accuracy>=0.9`.
        field: where it stands, for the field of an error: `registration.gates[1].min`.

    Raises:
        BadInputError: something in it cannot be; nothing of it holds then.
    """
    if not isinstance(given, Mapping):
        raise BadInputError("A registration is a mapping.", field=field, hint=f"It has {', '.join(_FIELDS)}.")
    for name in given:
        if name not in _FIELDS:
            raise BadInputError(
                f"A registration has no {str(name)[:40]!r}.",
                field=f"{field}.{str(name)[:40]}",
                hint=f"It has {', '.join(_FIELDS)}.",
            )
    plan = RegistrationPlan(
        logged_model=_text(given, "logged_model", None, field),
        alias=_alias(given, "alias", None, field),
        gates=_gates(given.get("gates"), f"{field}.gates"),
        candidate=_alias(given, "candidate", CANDIDATE, field),
        previous=_alias(given, "previous", PREVIOUS, field),
    )
    _check_together(plan, field)
    return plan


def parse_gate(given: Mapping[str, Any] | str) -> GateSpec:
    """One gate as people write it, found good.

    Raises:
        BadInputError: it cannot be; its `field` is the option's name.
    """
    if isinstance(given, str):
        given = read_gate_text(given)
    if not isinstance(given, Mapping):
        raise BadInputError("A gate is a mapping with its kind, or its text.", field="kind")
    gate = gate_named(given.get("kind"))
    before = given.get("before") or gate.before
    if before not in gate.steps:
        raise BadInputError(
            f"The gate {gate.kind!r} cannot be before {str(before)[:40]!r}.",
            field="before",
            hint=f"It can be before {' or '.join(gate.steps)}.",
        )
    options = {name: value for name, value in given.items() if name not in ("kind", "before")}
    return GateSpec(gate.kind, before, gate.check(options))


def parse_gate_text(text: str) -> GateSpec:
    """One gate in short, found good: `metric:accuracy>=0.9`, `latency:p95_ms=50,rows=10`, `approval`.

    Raises:
        BadInputError: it cannot be read, or cannot be; its `field` is `gate` or the option's name.
    """
    return parse_gate(read_gate_text(text))


def check_alias(name: object, field: str = "alias") -> str:
    """A name fit for an alias.

    Raises:
        BadInputError: MLflow would not take it, or reads it as something else (`latest`, `v3`).
    """
    text = str(name).strip()
    if not isinstance(name, str) or not _ALIAS.fullmatch(text):
        raise BadInputError(
            f"{str(name)[:40]!r} cannot be an alias.",
            field=field,
            hint="An alias has letters, digits, `_` and `-`, such as champion.",
        )
    if text.lower() == "latest" or _ALIAS_OF_A_NUMBER.fullmatch(text):
        raise BadInputError(
            f"{text!r} cannot be an alias: MLflow reads it as a version.", field=field, hint="Give another."
        )
    return text


def _gates(given: Any, field: str) -> tuple[GateSpec, ...]:
    if given is None:
        return ()
    if isinstance(given, (str, Mapping)) or not isinstance(given, Sequence):
        raise BadInputError("gates is no list.", field=field, hint="Give a list, each gate with its kind.")
    if len(given) > MAX_GATES:
        raise BadInputError(f"There are more than {MAX_GATES} gates.", field=field)
    gates = []
    for at, one in enumerate(given):
        try:
            gates.append(parse_gate(one))
        except BadInputError as error:
            where = f"{field}[{at}]" + (f".{error.field}" if error.field else "")
            raise BadInputError(error.message, field=where, hint=error.hint) from None
    return tuple(gates)


def _check_together(plan: RegistrationPlan, field: str) -> None:
    """A gate that could hold nothing back would be one that passes everything."""
    if plan.alias is None:
        for at, gate in enumerate(plan.gates):
            if gate.before == "promote":
                raise BadInputError(
                    f"The gate {gate.kind!r} holds an alias back, but none is asked for.",
                    field=f"{field}.gates[{at}].before",
                    hint="Give the plan an alias, such as champion, or the gate `before: register`.",
                )
    aliases = [alias for alias in (plan.alias, plan.candidate, plan.previous) if alias is not None]
    if len(set(aliases)) < len(aliases):
        raise BadInputError(
            "alias, candidate and previous must be three different names.", field=f"{field}.alias"
        )


def _alias(given: Mapping[str, Any], name: str, default: str | None, field: str) -> str | None:
    value = given.get(name, default)
    return None if value is None else check_alias(value, f"{field}.{name}")


def _text(given: Mapping[str, Any], name: str, default: str | None, field: str) -> str | None:
    value = given.get(name, default)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or len(value) > 500:
        raise BadInputError(f"{name} is {str(value)[:40]!r}.", field=f"{field}.{name}", hint="Give a name.")
    return value.strip()
