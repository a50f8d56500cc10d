"""What a gate is given, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from jupyter_mlops.models.plan import GateSpec, Step

if TYPE_CHECKING:
    from jupyter_mlops.models.facts import ModelFacts
    from jupyter_mlops.models.trial import ModelTrial

Verdict = Literal["passed", "refused", "waiting"]


@dataclass(frozen=True)
class GateResult:
    """What a gate saw and decided: evidence.

    Args:
        verdict: `waiting` is for a person to decide.
        message: what was found, with the numbers, in one sentence.
        would_pass: what would pass, in one sentence; None when it passed.
        seen: the numbers, hashes and names that it judged by; plain JSON.
    """

    kind: str
    before: Step
    verdict: Verdict
    message: str
    would_pass: str | None = None
    seen: Mapping[str, Any] = field(default_factory=dict)
    duration_s: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """As it is stored and as the REST schema `GateResult` has it."""
        return asdict(self)


@dataclass(frozen=True)
class GateCase:
    """What is to be judged.

    Args:
        spec: the gate, as the plan has it.
        candidate: the model.
        champion: the version that holds the plan's alias now; None when none does.
        trial: loads models in child processes: predictions, scores, timings. No gate loads one itself.
    """

    spec: GateSpec
    candidate: ModelFacts
    champion: ModelFacts | None
    trial: ModelTrial


@runtime_checkable
class Gate(Protocol):
    """A kind of gate; found by its name in the entry points `jupyter_mlops.gates`."""

    @property
    def kind(self) -> str:
        """Its name in plans."""
        ...

    @property
    def summary(self) -> str:
        """What it does, in one sentence, for lists and forms."""
        ...

    @property
    def before(self) -> Step:
        """What it holds back unless the plan says otherwise."""
        ...

    @property
    def steps(self) -> tuple[Step, ...]:
        """What it can hold back."""
        ...

    @property
    def options(self) -> Mapping[str, Any]:
        """The JSON Schema of its options, for forms."""
        ...

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Options found good, with what has a default left out.

        Raises:
            BadInputError: one is unknown or cannot be; its `field` is the option's name.
        """
        ...

    def judge(self, case: GateCase) -> GateResult:
        """Judge. An exception is a refusal that names it: nothing passes by accident."""
        ...
