"""Parameter values as people type them: `-p C 0.5`, `-p layers "[64, 32]"`."""

from __future__ import annotations

import contextlib
import json
import re

import yaml

from jupyter_mlops.syntax import read_literal

from .parameter import Parameter
from .parameter_values import wrong_value

_TRUE = {"true", "yes", "on", "1"}
_FALSE = {"false", "no", "off", "0"}
_NONE = {"none", "null"}


class _CoreLoader(yaml.SafeLoader):
    """YAML 1.2's core types: no dates, no `yes` for True, no base-60 numbers, and `1e-3` is a number."""

    yaml_implicit_resolvers: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {}


for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|Null|NULL|None|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    (
        "float",
        r"^[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$",
        list("-+.0123456789"),
    ),
):
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


def parse_value(parameter: Parameter, text: str) -> object:
    """The value that a text means for a parameter, for `validate_parameters` to check.

    A `str` parameter keeps the text exactly. `None` and `null` mean None where the parameter may be None.
    Lists and dicts are read as JSON, Python literals or YAML. Where nothing is known of the type, numbers,
    true, false, null, lists and dicts are recognised, and the rest is text.

    Raises:
        ParameterError: the text means no value of the parameter's type.
    """
    if parameter.type == "str":
        return text
    word = text.strip()
    if parameter.nullable and word.lower() in _NONE:
        return None
    if parameter.type == "bool":
        return _parse_bool(parameter, word)
    if parameter.type in ("int", "float"):
        return _parse_number(parameter, word)
    if parameter.type == "any":
        return _parse_any(parameter, text)
    value = _parse_literal(word)
    if type(value).__name__ != parameter.type:
        example = "[1, 2]" if parameter.type == "list" else '{"a": 1}'
        raise wrong_value(parameter, text, f"Write it like {example}, in quotes for the shell.")
    return value


def _parse_bool(parameter: Parameter, word: str) -> bool:
    if word.lower() in _TRUE:
        return True
    if word.lower() in _FALSE:
        return False
    raise wrong_value(parameter, word, "Write true or false.")


def _parse_number(parameter: Parameter, word: str) -> int | float:
    try:
        return int(word) if parameter.type == "int" else float(word)
    except ValueError as error:
        raise wrong_value(parameter, word) from error


def _parse_any(parameter: Parameter, text: str) -> object:
    for choice in parameter.choices or ():
        if text == str(choice):
            return choice
    word = text.strip()
    kinds = (list, dict) if word.startswith(("[", "{")) else (bool, int, float)
    value = _parse_literal(word)
    return value if isinstance(value, kinds) else text


def _parse_literal(word: str) -> object:
    """What the word means as JSON, else as a Python literal, else as YAML; None when nothing reads it."""
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(word, parse_constant=_refuse_constant)
    with contextlib.suppress(ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return read_literal(word)
    with contextlib.suppress(ValueError, RecursionError, yaml.YAMLError):
        return yaml.load(word, Loader=_CoreLoader)  # noqa: S506 - it is a SafeLoader
    return None


def _refuse_constant(word: str) -> object:
    raise ValueError(f"{word} is no JSON")
