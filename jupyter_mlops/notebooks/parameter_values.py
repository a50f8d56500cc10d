"""Values for parameters: checked and coerced before a kernel starts."""

from __future__ import annotations

import difflib
import json
import keyword
import math
from collections.abc import Mapping

from jupyter_mlops.errors import ParameterError

from .parameter import Parameter, ParameterSet

_ARTICLES = {"int": "an int", "any": "any JSON value"}

# Characters that stay alive inside the text literals that papermill 2.7 writes for a language: a `$` starts
# an interpolation there, so that the value would be code.
_ALIVE_IN_TEXT = {"julia": "$", "powershell": "$`", ".net-powershell": "$`"}
# There papermill writes other texts than these as they are not.
_PLAIN_TEXT_ONLY = {"powershell", ".net-powershell", "matlab"}
# Languages whose texts cannot hold a NUL: bash drops it, R stops.
_WITHOUT_NUL = {"bash", "r"}
_WRITTEN = {"python", "r", "scala", "julia", "matlab", "c#", "f#", "bash", *_ALIVE_IN_TEXT}
_WRITTEN |= {".net-csharp", ".net-fsharp"}


def validate_parameters(parameters: ParameterSet, given: Mapping[str, object]) -> dict[str, object]:
    """The given values in the types of the parameters; defaults are not added.

    An int is taken for a float and a whole float for an int; a bool is neither, and text is never parsed
    (that is `parse_value`). NaN and infinity are refused, as JSON cannot hold them.

    Raises:
        ParameterError: a name or a value does not fit; `field` is `parameters.NAME`.
    """
    if not isinstance(given, Mapping):
        raise ParameterError("Parameters must be an object of names and values.", field="parameters")
    if not given:
        return {}
    _refuse_unusable_cell(parameters, given)
    return {name: _check(parameters, name, value) for name, value in given.items()}


def can_be_written(language: str) -> bool:
    """Whether papermill can write a value as a literal of the language (lower case)."""
    return language in _WRITTEN


def _refuse_unusable_cell(parameters: ParameterSet, given: Mapping[str, object]) -> None:
    field = f"parameters.{next(iter(given))}"
    if parameters.problem:
        raise ParameterError(
            parameters.problem, field=field, code="unreadable_parameters_cell", hint="Mend the cell first."
        )
    if not parameters.has_cell:
        raise ParameterError(
            "The notebook has no cell tagged 'parameters', so that it takes none.",
            field=field,
            code="no_parameters_cell",
            hint="Put the defaults in one cell, and add the tag 'parameters' to it in JupyterLab's "
            "property inspector (the gears, top right).",
        )
    if not can_be_written(parameters.language):
        raise ParameterError(
            f"Parameters cannot be passed to a notebook in {parameters.language}.",
            field=field,
            code="unsupported_language",
            hint="Set the values in the notebook, or by environment variables.",
        )


def _check(parameters: ParameterSet, name: object, value: object) -> object:
    if not isinstance(name, str) or not _is_variable(name, parameters.language):
        raise ParameterError(
            f"{name!r} cannot be the name of a variable.",
            field=f"parameters.{name}",
            code="unknown_parameter",
        )
    parameter = parameters.named(name)
    if parameter is None and parameters.names_known:
        raise _unknown(name, parameters)
    parameter = parameter or Parameter(name, nullable=True)
    coerced = _coerce(parameter, _plain(parameter, value))
    _refuse_live_text(parameters.language, name, coerced)
    return coerced


def _is_variable(name: str, language: str) -> bool:
    if language == "r":  # a dot is an ordinary letter in R's names
        name = name.replace(".", "_")
    return name.isidentifier() and not keyword.iskeyword(name)


def _unknown(name: str, parameters: ParameterSet) -> ParameterError:
    names = [parameter.name for parameter in parameters]
    close = difflib.get_close_matches(name, names, 1)
    if not names:
        hint = "The cell tagged 'parameters' assigns no variable."
    else:
        listed = f"The notebook's parameters are {', '.join(names)}."
        hint = f"Did you mean {close[0]}? {listed}" if close else listed
    return ParameterError(
        f"The notebook has no parameter {name}.",
        field=f"parameters.{name}",
        code="unknown_parameter",
        hint=hint,
    )


def _coerce(parameter: Parameter, value: object) -> object:
    if value is None:
        if parameter.nullable:
            return None
        hint = f"Annotate it `{parameter.name}: Optional[{parameter.type}]` in the notebook to allow None."
        raise wrong_value(parameter, value, hint)
    wanted = parameter.type
    if wanted == "float" and type(value) is int:
        value = _to_float(parameter, value)
    elif wanted == "int" and type(value) is float and value.is_integer():
        value = int(value)
    if wanted != "any" and type(value).__name__ != wanted:
        raise wrong_value(parameter, value, _type_hint(parameter, value))
    if parameter.choices is not None and not _is_choice(value, parameter.choices):
        raise wrong_value(parameter, value)
    _check_bounds(parameter, value)
    return value


def _check_bounds(parameter: Parameter, value: object) -> None:
    if parameter.bounds is None or isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    broken = parameter.bounds.broken_by(value)
    if broken is not None:
        raise ParameterError(
            f"{parameter.name} must be {broken}, got {value!r}.",
            field=f"parameters.{parameter.name}",
            hint="The bounds are those of its annotation in the notebook.",
        )


def _to_float(parameter: Parameter, value: int) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise wrong_value(parameter, "an integer too large for a float") from error


def _is_choice(value: object, choices: tuple[object, ...]) -> bool:
    return any(type(value) is type(choice) and value == choice for choice in choices)


def _type_hint(parameter: Parameter, value: object) -> str | None:
    if parameter.type == "int" and type(value) is float and parameter.default is not None:
        name, default = parameter.name, parameter.default
        return f"To allow fractions, write `{name}: float = {default}` in the notebook's parameters cell."
    return None


def wrong_value(parameter: Parameter, value: object, hint: str | None = None) -> ParameterError:
    """The refusal of a value, in the words of the parameter's type or choices."""
    if parameter.choices is not None:
        wanted = f"one of {', '.join(repr(choice) for choice in parameter.choices)}"
    else:
        wanted = _ARTICLES.get(parameter.type, f"a {parameter.type}")
    shown = repr(value)
    shown = shown if len(shown) <= 100 else f"{shown[:100]}…"
    return ParameterError(
        f"{parameter.name} must be {wanted}, got {shown}.",
        field=f"parameters.{parameter.name}",
        hint=hint,
    )


def _plain(parameter: Parameter, value: object) -> object:
    """A copy of the value in JSON's own types, so that nothing else can reach a translator or a row."""
    try:
        plain = _in_json_types(value)
        json.dumps(plain, allow_nan=False)  # an int of more digits than Python prints
    except (TypeError, ValueError, RecursionError) as error:
        raise ParameterError(
            f"{parameter.name} is no JSON value: {error}.", field=f"parameters.{parameter.name}"
        ) from error
    return plain


def _in_json_types(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        value.encode()  # half a surrogate pair is no text; UnicodeEncodeError is a ValueError
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a finite number")
        return float(value)
    if isinstance(value, (list, tuple)):
        return [_in_json_types(item) for item in value]
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("its keys must be texts")
        return {str(key): _in_json_types(item) for key, item in value.items()}
    raise TypeError(f"it is of type {type(value).__name__}")


def _refuse_live_text(language: str, name: str, value: object) -> None:
    if language in _WITHOUT_NUL and any("\0" in text for text in _texts(value)):
        raise ParameterError(
            f"{name} holds a NUL character, which no text in {language} can.", field=f"parameters.{name}"
        )
    if language in _PLAIN_TEXT_ONLY and any(
        "\\" in text or not (text.isascii() and text.isprintable()) for text in _texts(value)
    ):
        raise ParameterError(
            f"{name} holds a backslash or what is not plain text, which cannot be passed to {language}.",
            field=f"parameters.{name}",
            hint="Read such a value from a file or an environment variable in the notebook.",
        )
    alive = _ALIVE_IN_TEXT.get(language)
    if alive and any(character in text for text in _texts(value) for character in alive):
        raise ParameterError(
            f"{name} holds one of the characters {' '.join(alive)}, which {language} would run as code.",
            field=f"parameters.{name}",
            hint="Read such a value from a file or an environment variable in the notebook.",
        )


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in (*value, *value.values()) for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return []
