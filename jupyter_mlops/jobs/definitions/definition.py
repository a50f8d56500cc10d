"""What a file of definitions says: its jobs, checked against the schema that editors use."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
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
    """A file's jobs, and where in it they are.

    Args:
        document: the file.
        jobs: those that can be read.
        problems: what is wrong with the others; `plan` and `apply` refuse the file for it, and tell beside it
            what they find wrong themselves.
    """

    document: Document
    jobs: tuple[JobDefinition, ...]
    problems: tuple[DefinitionError, ...] = ()

    @property
    def refused(self) -> set[str]:
        """The names in the file of the jobs that cannot be read."""
        return set(self.document.data["jobs"]) - {job.key for job in self.jobs}

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
        DefinitionError: it has no jobs that could be read.
    """
    document = read_yaml(text, name)
    hint = "`jupyter mlops plan --schema` shows what there is."
    wrong = dict(_wrong(document.data))
    problems = [document.refuse(path, message, hint) for path, message in wrong.items()]
    if any(path[:1] != ("jobs",) or len(path) < 2 for path in wrong):
        raise DefinitionError.of_all(problems)
    jobs: list[JobDefinition] = []
    refused = {path[1] for path in wrong}
    for key, given in document.data["jobs"].items():
        try:
            jobs.extend(_expand(document, key, given) if key not in refused else ())
        except DefinitionError as error:
            problems.append(error)
    names = Counter(job.name for job in jobs)
    problems += [
        document.refuse(("jobs", job.key), f"Two jobs are named {job.name!r}.")
        for job in jobs
        if names[job.name] > 1
    ]
    return Definitions(document, tuple(jobs), tuple(problems))


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


def _wrong(data: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where the schema is broken, and how.

    Each unknown field is told by itself; that a field is missing is not, where one is misspelt beside it.
    """
    errors = [best_match([error]) or error for error in _validator().iter_errors(data)]
    misspelt = {tuple(error.absolute_path) for error in errors if _unknown_fields(error)}
    for error in errors:
        path, known = tuple(error.absolute_path), ", ".join(_known_fields(error))
        if error.validator == "required" and path in misspelt:
            continue
        for name in _unknown_fields(error):
            yield (*path, name), f"There is no field {name[:40]!r}; there are {known}."
        if not _unknown_fields(error):
            yield path, "Nothing is there." if error.instance is None else f"{error.message[:300]}."


def _unknown_fields(problem: ValidationError) -> list[str]:
    if problem.validator != "additionalProperties" or not isinstance(problem.instance, dict):
        return []
    return [name for name in problem.instance if name not in _known_fields(problem)]


def _known_fields(problem: ValidationError) -> list[str]:
    described = problem.schema
    return list(described.get("properties", {})) if isinstance(described, Mapping) else []
