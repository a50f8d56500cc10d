"""Several runs of one job: named presets of parameters, and a matrix of all combinations of some values."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_mlops.errors import BadInputError

MAX_COMBINATIONS = 100
MAX_PRESETS = 50


def expand_matrix(
    matrix: Mapping[str, Sequence[Any]], base: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Every combination of a matrix's values over the parameters that all have in common.

    The last name varies fastest. A value given twice makes no second run.

    Args:
        matrix: for each parameter's name the values that it takes.
        base: the other parameters.

    Raises:
        BadInputError: a name has no list of values or is in `base` too, or the combinations are over 100.
    """
    lists = []
    count = 1
    for name, values in matrix.items():
        if isinstance(values, (str, bytes)) or not isinstance(values, Sequence) or not values:
            raise BadInputError(
                f"The matrix has no list of values for {name}.",
                field=f"matrix.{name}",
                hint="Give one or more values, such as [0.1, 1].",
            )
        if name in (base or {}):
            raise BadInputError(
                f"{name} is given as a parameter and in the matrix.",
                field=f"matrix.{name}",
                hint="Leave it out of one of them.",
            )
        lists.append(_without_repeats(values))
        count *= len(lists[-1])
    if count > MAX_COMBINATIONS:
        raise BadInputError(
            f"The matrix has {count} combinations; {MAX_COMBINATIONS} are the most.",
            field="matrix",
            hint="Leave out some values, or start several smaller ones.",
        )
    return [
        {**(base or {}), **dict(zip(matrix, values, strict=True))} for values in itertools.product(*lists)
    ]


def check_presets(presets: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Presets as they are stored: each name has an object of parameters, which are checked when it is used.

    Raises:
        BadInputError: a name is no name, its values are no object, or there are too many.
    """
    if len(presets) > MAX_PRESETS:
        raise BadInputError(f"A job keeps at most {MAX_PRESETS} presets.", field="presets")
    for name, values in presets.items():
        if not name.strip() or len(name) > 100 or not name.isprintable():
            raise BadInputError(
                f"{name[:40]!r} cannot be a preset's name.",
                field="presets",
                hint="Give 1 to 100 printable characters.",
            )
        if not isinstance(values, Mapping):
            raise BadInputError(f"The preset {name!r} is no object of parameters.", field=f"presets.{name}")
    return {name: dict(values) for name, values in presets.items()}


def preset_values(presets: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The parameters of a preset.

    Raises:
        BadInputError: the job has no preset of that name.
    """
    if name not in presets:
        known = ", ".join(sorted(presets)) or "none"
        raise BadInputError(f"The job has no preset {name[:40]!r}.", field="preset", hint=f"It has {known}.")
    return dict(presets[name])


def _without_repeats(values: Sequence[Any]) -> list[Any]:
    kept: list[Any] = []
    for value in values:  # not a set: lists are values, too, and True is not 1
        if not any(type(value) is type(other) and value == other for other in kept):
            kept.append(value)
    return kept
