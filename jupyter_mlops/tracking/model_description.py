"""What a model's `MLmodel` file says of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's takes a tenth of the time
NATIVE = "flavour's own"
RUNS_CODE = ("cloudpickle", "pickle", "python code")
"""Formats that can run code of their own when they are loaded."""
_PICKLED = {".pkl", ".pickle", ".joblib", ".pth", ".pt", ".dill"}
_PICKLING = {"pmdarima", "statsmodels"}
"""Flavours that write a pickle, but say so neither in `MLmodel` nor by the file's ending."""


def parse_description(text: str | None) -> dict[str, Any]:
    """What a model's `MLmodel` file says; {} when it says nothing that can be read."""
    try:
        said = yaml.load(text or "", Loader=_Loader)  # noqa: S506 - both are safe
    except yaml.YAMLError:
        return {}
    return said if isinstance(said, dict) else {}


def signature_of(description: Mapping[str, Any]) -> dict[str, list[Any] | None] | None:
    """The signature's `inputs`, `outputs` and `params`, each a list of what MLflow says of a column."""
    said = description.get("signature")
    if not isinstance(said, dict):
        return None
    parts = {name: _parsed(said.get(name)) for name in ("inputs", "outputs", "params")}
    return parts if any(parts.values()) else None


def serialization_of(description: Mapping[str, Any], files: Mapping[str, Any]) -> str:
    """How a model is written: `skops`, `cloudpickle`, ...; what can run code goes before what cannot."""
    flavors = description.get("flavors") or {}
    found = [str(flavor["serialization_format"]) for flavor in flavors.values() if _has_format(flavor)]
    pyfunc = flavors.get("python_function") or {}
    if pyfunc.get("model_code_path") or pyfunc.get("code"):
        found.append("python code")
    if pyfunc.get("python_model"):
        found.append("cloudpickle")
    is_pickle = any(PurePosixPath(path).suffix in _PICKLED for path in files)
    if not found and (is_pickle or not _PICKLING.isdisjoint(flavors)):
        found.append("pickle")
    return next((one for one in found if one in RUNS_CODE), found[0] if found else NATIVE)


def python_of(description: Mapping[str, Any]) -> str | None:
    """The version of Python that the model was saved under."""
    pyfunc = (description.get("flavors") or {}).get("python_function") or {}
    return str(pyfunc["python_version"]) if pyfunc.get("python_version") else None


def _has_format(flavor: Any) -> bool:
    return isinstance(flavor, dict) and bool(flavor.get("serialization_format"))


def _parsed(text: Any) -> list[Any] | None:
    try:
        parsed = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return None
    return parsed if isinstance(parsed, list) else None
