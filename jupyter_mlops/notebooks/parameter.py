"""What a parameter is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, overload

ParameterType = Literal["str", "int", "float", "bool", "list", "dict", "any"]


@dataclass(frozen=True)
class Parameter:
    """A variable of the cell tagged `parameters`.

    Attributes:
        name: the variable's name.
        type: from the annotation, else from the default; `any` takes every JSON value.
        default: the literal default; None when it is an expression, None or missing.
        expression: the default as source when it is no literal; shown, never sent back.
        help: the comment at the end of its line.
        choices: the values that `Literal[...]` allows, or None.
        nullable: whether None is a value of it.
    """

    name: str
    type: ParameterType = "any"
    default: object = None
    expression: str | None = None
    help: str | None = None
    choices: tuple[object, ...] | None = None
    nullable: bool = False

    def as_dict(self) -> dict[str, object]:
        """As `Parameter` in the OpenAPI file."""
        facts = asdict(self)
        facts["choices"] = list(self.choices) if self.choices is not None else None
        return facts


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
