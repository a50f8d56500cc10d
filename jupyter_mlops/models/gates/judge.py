"""Judging: every gate is heard, and none passes by accident."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from jupyter_mlops.errors import MlopsError
from jupyter_mlops.models.facts import ModelFacts
from jupyter_mlops.models.gates.gate import GateCase, GateResult
from jupyter_mlops.models.gates.registry import gate_named
from jupyter_mlops.models.plan import GateSpec
from jupyter_mlops.models.trial import ModelTrial
from jupyter_mlops.readable import with_full_stop


def judge_gates(
    specs: Sequence[GateSpec], candidate: ModelFacts, champion: ModelFacts | None, trial: ModelTrial
) -> list[GateResult]:
    """Judge a model by all of these gates, in their order, whatever the earlier ones say.

    Args:
        specs: the gates.
        candidate: the model.
        champion: the version that holds the plan's alias now; None when none does.
        trial: loads models in child processes.
    """
    return [_judge(GateCase(spec, candidate, champion, trial)) for spec in specs]


def _judge(case: GateCase) -> GateResult:
    began = time.monotonic()
    try:
        result = gate_named(case.spec.kind).judge(case)
        if not isinstance(result, GateResult) or result.verdict not in ("passed", "refused", "waiting"):
            result = _broken(case, f"it answered {type(result).__name__}, which is no result")
    except MlopsError as error:
        result = _broken(case, error.message, error.hint)
    except Exception as error:  # noqa: BLE001 - what raises does not let a model pass
        lines = str(error).strip().splitlines() or [""]
        result = _broken(case, f"{type(error).__name__}: {lines[0][:300]}")
    return replace(
        result,
        kind=case.spec.kind,
        before=case.spec.before,
        seen=_plain(result.seen),
        duration_s=round(time.monotonic() - began, 4),
    )


def _broken(case: GateCase, why: str, hint: str | None = None) -> GateResult:
    return GateResult(
        case.spec.kind,
        case.spec.before,
        "refused",
        with_full_stop(f"It could not be judged: {why}"),
        hint or "A model that this gate can judge.",
    )


def _plain(seen: Mapping[str, Any]) -> dict[str, Any]:
    """Evidence as every database keeps it: JSON without NaN and infinities, which become words."""
    plain: dict[str, Any] = json.loads(json.dumps(_finite(seen), default=str))
    return plain


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): _finite(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    return value
