"""A gate in one word of a command line: `metric:accuracy>=0.9`, `latency:p95_ms=50,rows=10`, `approval`."""

from __future__ import annotations

import json
import re
from typing import Any

from jupyter_mlops.errors import BadInputError

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_BOUND = re.compile(rf"(?P<name>[^<>=]+?)\s*(?P<sign>>=|<=)\s*(?P<bound>{_NUMBER})")
_RANGE = re.compile(rf"(?P<name>[^<>=]+?)\s*=\s*(?P<min>{_NUMBER})\.\.(?P<max>{_NUMBER})")
_HINT = (
    "Write metric:accuracy>=0.9, metric:loss<=0.3, metric:accuracy=0.9..0.99, "
    "KIND:OPTION=VALUE,OPTION=VALUE, or a gate as JSON."
)


def read_gate_text(text: str) -> dict[str, Any]:
    """A gate as a mapping; whether it is a good one is another question.

    Raises:
        BadInputError: it cannot be read; the field is `gate`.
    """
    text = text.strip()
    if text.startswith("{"):
        return _from_json(text)
    kind, _, rest = (part.strip() for part in text.partition(":"))
    if not kind.replace("_", "").isalnum():
        raise BadInputError(f"{text[:60]!r} is no gate.", field="gate", hint=_HINT)
    if kind == "metric":
        bounds = _bounds(rest)
        if bounds is not None:
            return {"kind": kind, **bounds}
    return {"kind": kind, **dict(_option(part, text) for part in rest.split(",") if part.strip())}


def _bounds(text: str) -> dict[str, Any] | None:
    """The short forms of a metric's bounds; what is behind a comma are further options."""
    bounds, *more = text.split(",")
    options = dict(_option(part, text) for part in more)
    if found := _RANGE.fullmatch(bounds.strip()):
        low, high = float(found["min"]), float(found["max"])
        return {"metric": found["name"].strip(), "min": low, "max": high, **options}
    if found := _BOUND.fullmatch(bounds.strip()):
        side = "min" if found["sign"] == ">=" else "max"
        return {"metric": found["name"].strip(), side: float(found["bound"]), **options}
    return None


def _option(part: str, text: str) -> tuple[str, Any]:
    name, sign, value = part.partition("=")
    if not sign or not name.strip().isidentifier():
        raise BadInputError(f"{part.strip()[:60]!r} in {text[:60]!r} is no option.", field="gate", hint=_HINT)
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value.strip()


def _from_json(text: str) -> dict[str, Any]:
    try:
        gate = json.loads(text)
    except ValueError as error:
        raise BadInputError(f"The gate is no JSON: {error}.", field="gate", hint=_HINT) from None
    return dict(gate)
