"""Reading YAML with the line of each value, by the types of YAML 1.2: `on` is a word, a date is a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from jupyter_mlops.errors import BadInputError

MAX_BYTES = 2**20
MAX_NODES = 100_000
_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str", "seq", "map")}
Path = tuple["str | int", ...]


class DefinitionError(BadInputError):
    """A file of definitions cannot be used; the message begins with the file's name and the line.

    Attributes:
        line: where.
        problems: each thing that is wrong, in the order of the lines; this one where it is the only one.
    """

    code = "invalid_definition"
    line = 1

    @property
    def problems(self) -> tuple[DefinitionError, ...]:
        """All that is wrong."""
        return self._problems or (self,)

    _problems: tuple[DefinitionError, ...] = ()

    @classmethod
    def of_all(cls, problems: Sequence[DefinitionError]) -> DefinitionError:
        """One refusal of all that is wrong, a line for each; what several say alike is said once."""
        alike = {one.message: one for one in problems}
        in_order = sorted(alike.values(), key=lambda one: one.line)
        if len(in_order) == 1:
            return in_order[0]
        told = "\n".join(f"{one.message} {one.hint or ''}".rstrip() for one in in_order)
        hint = f"{len(in_order)} things are wrong; nothing was done."
        whole = cls(told, field=in_order[0].field, hint=hint)
        whole.line, whole._problems = in_order[0].line, tuple(in_order)
        return whole


@dataclass
class Document:
    """A file as it was read.

    Args:
        name: the file's name, as messages show it.
        data: its content.
        lines: the line of each value and of each key, from 1, by its path.
    """

    name: str
    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)

    def line_of(self, path: Sequence[str | int]) -> int:
        """The line of a path, or of the nearest thing around it."""
        at = tuple(path)
        while at and at not in self.lines:
            at = at[:-1]
        return self.lines.get(at, 1)

    def refuse(self, path: Sequence[str | int], message: str, hint: str | None = None) -> DefinitionError:
        """The refusal of what is at a path."""
        line = self.line_of(path)
        field = ".".join(map(str, path)) or None
        error = DefinitionError(f"{self.name}, line {line}: {message}", field=field, hint=hint)
        error.line = line
        return error


def read_yaml(text: bytes, name: str) -> Document:
    """Read one document.

    Raises:
        DefinitionError: it is no YAML, has two documents, the same key twice, or is too large.
    """
    document = Document(name)
    if len(text) > MAX_BYTES:
        raise document.refuse((), f"The file has more than {MAX_BYTES // 1024} KiB.")
    try:
        loader = _Loader(text.decode("utf-8-sig"))
        node = loader.get_single_node()
        document.data = _Reader(document, loader).value(node, ()) if node is not None else None
    except UnicodeDecodeError as error:
        raise document.refuse((), f"The file is no UTF-8 text: {error.reason}.") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        document.lines[()] = mark.line + 1 if mark else 1
        raise document.refuse((), f"This is no YAML: {error.problem or error.context}.") from None
    except yaml.YAMLError as error:
        raise document.refuse((), f"This is no YAML: {error}.") from None
    except RecursionError:
        raise document.refuse((), "This is nested too deeply.") from None
    return document


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core types; in 1.1 `on` is true, 12:30 is 750 and 1e-3 a text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+|\.(?:inf|Inf|INF))"
        r"|\.(?:nan|NaN|NAN)",
        list("-+0123456789."),
    ),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first)


class _Reader:
    def __init__(self, document: Document, loader: _Loader) -> None:
        self._document = document
        self._loader = loader
        self._nodes = 0

    def value(self, node: yaml.Node, path: Path) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES:  # aliases of aliases of aliases
            raise self._document.refuse(path, f"There are more than {MAX_NODES} values.")
        self._document.lines.setdefault(path, node.start_mark.line + 1)
        if node.tag not in _TAGS:
            raise self._document.refuse(path, f"This is no YAML of ours: a value is tagged {node.tag[:60]}.")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._loader.construct_object(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._loader.construct_object(key_node) if isinstance(key_node, yaml.ScalarNode) else None
            if key is None or isinstance(key, float):
                raise self._document.refuse(path, "A key is no word.")
            name = str(key)
            here = (*path, name)
            self._document.lines[here] = key_node.start_mark.line + 1
            if name in mapping:
                raise self._document.refuse(here, f"{name!r} is there twice.")
            mapping[name] = self.value(value_node, here)
        return mapping
