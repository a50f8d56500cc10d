"""What a file of definitions says: its jobs, checked against the schema that editors use."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from jupyter_mlops.errors import MlopsError
from jupyter_mlops.jobs.combinations import expand_matrix
from jupyter_mlops.jobs.definitions.yaml_lines import DefinitionError, Document, read_yaml

_REGISTRATION = re.compile(r"^registration\b")
_PARTS = re.compile(r"[^.\[\]]+")
SCHEMA_FILE = Path(__file__).parent / "jobs.schema.json"


@dataclass(frozen=True)
class JobDefinition:
    """One job as the file wants it.

    Args:
        name: the job's name; of a matrix each combination has its own.
        key: the name in the file.
        given: what the file says of it.
        parameters: its parameters, with those of its combination.
    """

    name: str
    key: str
    given: Mapping[str, Any]
    parameters: Mapping[str, Any]

    @property
    def triggers(self) -> list[Mapping[str, Any]]:
        """Its triggers as they are written."""
        return list(self.given.get("triggers") or ())

    @property
    def register(self) -> tuple[str | None, Mapping[str, Any]]:
        """The registered model, and how the version is made; written as a name alone or as a mapping."""
        given = self.given.get("register")
        if not isinstance(given, Mapping):
            return given, {}
        return given["model"], {name: value for name, value in given.items() if name != "model"}


@dataclass(frozen=True)
class Definitions:
    """A file's jobs, and where in it they are."""

    document: Document
    jobs: tuple[JobDefinition, ...]

    def refuse(self, job: JobDefinition, error: MlopsError, *inside: str | int) -> DefinitionError:
        """What is wrong with a job, with its line."""
        name = "register.model" if isinstance(job.given.get("register"), Mapping) else "register"
        field = (error.field or "").replace("register_model", name)
        field = _REGISTRATION.sub("register", field)
        parts = [int(part) if part.isdecimal() else part for part in _PARTS.findall(field)]
        path = ("jobs", job.key, *inside, *parts)
        return self.document.refuse(path, error.message, error.hint)


def schema() -> dict[str, Any]:
    """The JSON Schema of `jobs.yaml`, for editors and for `read_definitions`."""
    loaded: dict[str, Any] = json.loads(SCHEMA_FILE.read_text("utf-8"))
    return loaded


def read_definitions(text: bytes, name: str) -> Definitions:
    """Read a file.

    Args:
        text: its content.
        name: how messages call it.

    Raises:
        DefinitionError: it cannot be used; the message names the line.
    """
    document = read_yaml(text, name)
    problem = best_match(_validator().iter_errors(document.data))
    if problem is not None:
        hint = "`jupyter mlops plan --schema` shows what there is."
        raise document.refuse(_path_of(problem), _message(problem), hint)
    jobs: list[JobDefinition] = []
    for key, given in document.data["jobs"].items():
        jobs.extend(_expand(document, key, given))
    names = [job.name for job in jobs]
    for job in jobs:
        if names.count(job.name) > 1:
            raise document.refuse(("jobs", job.key), f"Two jobs are named {job.name!r}.")
    return Definitions(document, tuple(jobs))


@lru_cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def _expand(document: Document, key: str, given: Mapping[str, Any]) -> list[JobDefinition]:
    parameters = given.get("parameters") or {}
    matrix = given.get("matrix")
    if matrix is None:
        return [JobDefinition(key, key, given, parameters)]
    try:
        combinations = expand_matrix(matrix, parameters)
    except MlopsError as error:
        field = (error.field or "matrix").split(".")
        raise document.refuse(("jobs", key, *field), error.message, error.hint) from None
    return [
        JobDefinition(f"{key} [{_told({name: values[name] for name in matrix})}]", key, given, values)
        for values in combinations
    ]


def _told(values: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in values.items()
    )


def _path_of(problem: ValidationError) -> tuple[str | int, ...]:
    return (*problem.absolute_path, *_unknown_fields(problem)[:1])


def _message(problem: ValidationError) -> str:
    unknown = _unknown_fields(problem)
    if unknown:
        return f"There is no field {unknown[0][:40]!r}; there are {', '.join(_known_fields(problem))}."
    if problem.instance is None:
        return "Nothing is there."
    return f"{problem.message[:300]}."


def _unknown_fields(problem: ValidationError) -> list[str]:
    if problem.validator != "additionalProperties" or not isinstance(problem.instance, dict):
        return []
    return [name for name in problem.instance if name not in _known_fields(problem)]


def _known_fields(problem: ValidationError) -> list[str]:
    described = problem.schema
    return list(described.get("properties", {})) if isinstance(described, Mapping) else []
