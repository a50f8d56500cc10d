"""The base of our own kinds of gates: options by a JSON Schema, results in one line."""

from __future__ import annotations

import difflib
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.lean_imports import without_the_grammar_of_iris
from jupyter_mlops.models.gates.gate import GateCase, GateResult
from jupyter_mlops.models.plan import Step

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


class GateKind(ABC):
    """A kind of gate whose options are told by a JSON Schema. Its objects hold no state.

    Class attributes:
        kind: its name in plans.
        summary: what it does, in one sentence.
        before: what it holds back unless the plan says otherwise.
        steps: what it can hold back.
        properties: its options by their names, each with its JSON Schema.
        required: the options that must be given.
    """

    kind: ClassVar[str]
    summary: ClassVar[str]
    before: ClassVar[Step] = "register"
    steps: ClassVar[tuple[Step, ...]] = ("register", "promote")
    properties: ClassVar[Mapping[str, Any]] = {}
    required: ClassVar[tuple[str, ...]] = ()

    @property
    def options(self) -> dict[str, Any]:
        """The JSON Schema of its options."""
        return {
            "type": "object",
            "additionalProperties": False,
            "required": list(self.required),
            "properties": dict(self.properties),
        }

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Options found good, with what has a default left out.

        Raises:
            BadInputError: one is unknown, missing or cannot be; its `field` is the option's name.
        """
        for name in options:
            if name not in self.properties:
                raise self._unknown(str(name)[:40])
        for name in self.required:
            if options.get(name) is None:
                raise BadInputError(
                    f"The gate {self.kind!r} needs {name!r}: {self.properties[name]['description']}.",
                    field=name,
                )
        given = {name: value for name, value in options.items() if value is not None}
        for name, value in given.items():
            self._check_value(name, value)
        self.check_together(given)
        return {name: value for name, value in given.items() if value != self._default(name)}

    def check_together(self, options: Mapping[str, Any]) -> None:  # noqa: B027 - most kinds have nothing to add
        """What no schema of a single option can say."""

    @abstractmethod
    def judge(self, case: GateCase) -> GateResult:
        """Judge. An exception is a refusal that names it."""

    def option(self, case: GateCase, name: str) -> Any:
        """An option as the plan has it, else its default."""
        return case.spec.options.get(name, self._default(name))

    def passed(self, case: GateCase, message: str, **seen: Any) -> GateResult:
        """A model that may go on."""
        return GateResult(self.kind, case.spec.before, "passed", message, seen=seen)

    def refused(self, case: GateCase, message: str, would_pass: str, **seen: Any) -> GateResult:
        """A model that may not, and what would."""
        return GateResult(self.kind, case.spec.before, "refused", message, would_pass, seen)

    def _default(self, name: str) -> Any:
        return self.properties[name].get("default")

    def _check_value(self, name: str, value: Any) -> None:
        if any(isinstance(part, float) and not math.isfinite(part) for part in _parts(value)):
            raise BadInputError(f"{name} holds {value!r}, which is no number to compare with.", field=name)
        with without_the_grammar_of_iris():  # in a kernel: its registrations are to take no seconds
            from jsonschema import Draft202012Validator
            from jsonschema.exceptions import best_match
        problem = best_match(Draft202012Validator(self.properties[name]).iter_errors(value))
        if problem is not None:
            raise BadInputError(
                f"{name} is {str(value)[:60]!r}, but {_what_is_wrong(problem)}.",
                field=".".join(str(part) for part in (name, *problem.absolute_path)),
                hint=f"It is {self.properties[name]['description']}.",
            )

    def _unknown(self, name: str) -> BadInputError:
        close = difflib.get_close_matches(name, self.properties, 1)
        known = ", ".join(self.properties) or "none"
        return BadInputError(
            f"The gate {self.kind!r} has no option {name!r}.",
            field=name,
            hint=f"Did you mean {close[0]}?" if close else f"Its options: {known}.",
        )


def number(value: float) -> str:
    """A number as people read it: `0.678`, `1234.5`, `3`."""
    return f"{value:.6g}"


def _what_is_wrong(problem: ValidationError) -> str:
    wanted = problem.validator_value
    says = {
        "type": f"a {wanted} is needed" if isinstance(wanted, str) else f"one of {wanted} is needed",
        "enum": f"one of {', '.join(map(str, wanted))} is needed" if isinstance(wanted, list) else "",
        "minimum": f"the least is {wanted}",
        "exclusiveMinimum": f"it must be above {wanted}",
        "maximum": f"the most is {wanted}",
        "minLength": "it must not be empty",
        "minItems": "it must not be empty",
    }
    return says.get(str(problem.validator)) or problem.message[:200]


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _parts(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _parts(part)
    else:
        yield value
