"""The OpenAPI file, put to work: request bodies are checked against the very schema that callers read."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.server.interpreter import keep_from_collector

OPENAPI_FILE = Path(__file__).parent / "openapi.yaml"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # seven times as fast, where PyYAML has libyaml


@lru_cache
def openapi() -> dict[str, Any]:
    """The whole description of the REST interface."""
    described: dict[str, Any] = yaml.load(OPENAPI_FILE.read_text("utf-8"), _Loader)  # noqa: S506 - a safe one
    keep_from_collector("the contract")
    return described


@lru_cache
def validator(schema: str) -> Draft202012Validator:
    """A validator for one of the description's component schemas."""
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": openapi()["components"]},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


def read_body(schema: str, body: bytes) -> dict[str, Any]:
    """A request's body, parsed and checked.

    Raises:
        BadInputError: it is not JSON, or does not fit the schema; the field is named. Of a schema that is
            `writeOnly` nothing that was sent is repeated: it may be a secret.
    """
    parsed = _parse(body)
    problem = best_match(validator(schema).iter_errors(parsed))
    if problem is None:
        fine: dict[str, Any] = parsed
        return fine
    field = ".".join(str(part) for part in problem.absolute_path)
    if openapi()["components"]["schemas"][schema].get("writeOnly"):
        missing = _named_field(problem) if problem.validator == "required" else None
        raise BadInputError(
            f"{field or 'The body'} does not fit.",
            field=field or missing,
            hint=f"See the schema {schema} in openapi.yaml.",
        )
    raise BadInputError(
        f"{field or 'The body'} does not fit: {problem.message[:300]}.",
        field=field or _named_field(problem),
        hint=f"See the schema {schema} in openapi.yaml.",
    )


def _parse(body: bytes) -> Any:
    try:
        parsed = json.loads(body or b"{}", parse_constant=_refuse_constant)
        json.dumps(parsed, ensure_ascii=False).encode()  # half a surrogate pair is no text that can be stored
    except RecursionError as error:
        raise BadInputError("The request's body is nested too deeply.", field="body") from error
    except ValueError as error:
        raise BadInputError(f"The request's body is not JSON: {error}.", field="body") from error
    return parsed


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _named_field(problem: ValidationError) -> str | None:
    """The field that is missing or unknown: the message names it between quotes."""
    if problem.validator not in ("required", "additionalProperties"):
        return None
    return problem.message.split("'")[1]
