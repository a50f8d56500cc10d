"""How a model is to be registered: which one, behind which gates, for which alias. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Step = Literal["register", "promote"]
CANDIDATE, CHAMPION, PREVIOUS = "candidate", "champion", "previous"
_GATE_WORDS = ("kind", "before")


@dataclass(frozen=True)
class GateSpec:
    """One gate of a plan.

    Args:
        kind: its name in the registry of gates.
        before: what it holds back: `register`: no version is made; `promote`: the alias does not move.
        options: what its kind takes, found good.
    """

    kind: str
    before: Step
    options: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As it is stored, and as people write it."""
        return {"kind": self.kind, "before": self.before, **self.options}


@dataclass(frozen=True)
class RegistrationPlan:
    """How a model is to be registered.

    Args:
        logged_model: the name under which the notebook logs it; None: what it logs last.
        alias: the alias that the version gets once every gate has passed; None: none moves.
        gates: all are judged; those before `register` first.
        candidate: the alias of a version that waits for its gates or its approval; None: none.
        previous: the alias that `alias`'s last version gets when it is replaced; None: none.
    """

    logged_model: str | None = None
    alias: str | None = None
    gates: tuple[GateSpec, ...] = ()
    candidate: str | None = CANDIDATE
    previous: str | None = PREVIOUS

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> RegistrationPlan:
        """A plan as `as_dict` gave it: its gates were found good when it was stored."""
        gates = tuple(
            GateSpec(gate["kind"], gate["before"], {k: v for k, v in gate.items() if k not in _GATE_WORDS})
            for gate in stored.get("gates", ())
        )
        return cls(**{**stored, "gates": gates})

    def before(self, step: Step) -> list[GateSpec]:
        """The gates that hold back a step, in their order."""
        return [gate for gate in self.gates if gate.before == step]

    def as_dict(self) -> dict[str, Any]:
        """As it is stored, and as `jobs.yaml` has it below `register`; what has its default is left out."""
        default = RegistrationPlan()
        plain = {
            name: getattr(self, name)
            for name in ("logged_model", "alias", "candidate", "previous")
            if getattr(self, name) != getattr(default, name)
        }
        return {**plain, "gates": [gate.as_dict() for gate in self.gates]} if self.gates else plain
