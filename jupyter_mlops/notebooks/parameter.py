"""What a parameter is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, overload

ParameterType = Literal["str", "int", "float", "bool", "list", "dict", "any"]


@dataclass(frozen=True)
class Bounds:
    """The least and the greatest number that is allowed; None: no such bound. The names are JSON Schema's."""

    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    exclusive_maximum: float | None = None

    def broken_by(self, value: float) -> str | None:
        """The bound that a number breaks, in words; None when it keeps all."""
        if self.minimum is not None and value < self.minimum:
            return f"at least {self.minimum:g}"
        if self.maximum is not None and value > self.maximum:
            return f"at most {self.maximum:g}"
        if self.exclusive_minimum is not None and value <= self.exclusive_minimum:
            return f"more than {self.exclusive_minimum:g}"
        if self.exclusive_maximum is not None and value >= self.exclusive_maximum:
            return f"less than {self.exclusive_maximum:g}"
        return None


@dataclass(frozen=True)
class Parameter:
    """A variable of the cell tagged `parameters`.

    Attributes:
        name: the variable's name.
        type: from the annotation, else from the default; `any` takes every JSON value.
        default: the literal default; None when it is an expression, None or missing.
        expression: the default as source when it is no literal; shown, never sent back.
        help: the text in `Annotated[...]`, else the comment at the end of its line, else those above it.
        choices: the values that `Literal[...]` or an enum of texts or ints allows, or None.
        nullable: whether None is a value of it.
        bounds: what `Annotated[...]` says of a number.
    """

    name: str
    type: ParameterType = "any"
    default: object = None
    expression: str | None = None
    help: str | None = None
    choices: tuple[object, ...] | None = None
    nullable: bool = False
    bounds: Bounds | None = None

    @property
    def shown_type(self) -> str:
        """The type as a person reads it: the choices, or the type's name."""
        if self.choices is not None:
            return " | ".join(json.dumps(choice) for choice in self.choices)
        return f"{self.type} or None" if self.nullable and self.type != "any" else self.type

    @property
    def shown_default(self) -> str:
        """The default as source."""
        return repr(self.default) if self.expression is None else self.expression

    def as_dict(self) -> dict[str, object]:
        """As `Parameter` in the OpenAPI file."""
        facts = asdict(self)
        facts["choices"] = list(self.choices) if self.choices is not None else None
        bounds = facts.pop("bounds") or asdict(Bounds())
        return {**facts, **bounds}


@dataclass(frozen=True)
class ParameterSet(Sequence[Parameter]):
    """The parameters of one notebook, in the order of its cell, and how far they are known.

    Attributes:
        parameters: what was found.
        has_cell: whether a code cell is tagged `parameters`.
        names_known: False when only the kernel can say which names exist (a language other than Python);
            then every valid name is let through.
        problem: why values cannot be given at all (the cell does not parse), or None.
        language: of the cell, in lower case.
        warnings: sentences for a person.
    """

    parameters: tuple[Parameter, ...] = ()
    has_cell: bool = False
    names_known: bool = True
    problem: str | None = None
    language: str = "python"
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.parameters)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.parameters)

    @overload
    def __getitem__(self, index: int) -> Parameter: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Parameter, ...]: ...
    def __getitem__(self, index: int | slice) -> Parameter | tuple[Parameter, ...]:
        return self.parameters[index]

    def named(self, name: str) -> Parameter | None:
        """The parameter of that name, or None."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)
