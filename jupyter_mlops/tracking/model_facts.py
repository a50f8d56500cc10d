"""What is known of a model without loading it: from the tracking server, its registry and the model's files.

The answers are plain JSON, as they cross processes; `models/facts.py` makes `ModelFacts` of them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from jupyter_mlops.errors import NotFoundError
from jupyter_mlops.tracking.artifact_folder import ArtifactFolder
from jupyter_mlops.tracking.model_description import (
    RUNS_CODE,
    parse_description,
    python_of,
    serialization_of,
    signature_of,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Run
    from mlflow.entities.model_registry import ModelVersion

EVALUATION_ARTIFACT = "mlops/evaluation.json"
EXAMPLE_FILE = "serving_input_example.json"
MAX_EXAMPLE_CHARS = 200_000
_MODEL_URI = "models:/"


def facts_of_version(
    client: MlflowClient, name: str, version: str, *, checksums: bool = True
) -> dict[str, Any]:
    """A version of a registered model, its MLflow run, its logged model and its files.

    Args:
        client: to the tracking server.
        name: the registered model.
        version: its number, or `@alias`.
        checksums: hash each file; a remote model is fetched for it.

    Raises:
        NotFoundError: there is no such model, version or alias.
    """
    found = find_version(client, name, version)
    model = _logged_model(client, logged_model_id(found))
    run = run_or_none(client, found.run_id or (model.source_run_id if model else None))
    location = model.artifact_location if model else _download_uri(client, found)
    return {
        **_facts(client, run, model, location, checksums=checksums),
        "name": found.name,
        "version": str(found.version),
        "uri": model.model_uri if model else location,
        "tags": {**_tags(run, model), **(found.tags or {})},
        "version_tags": dict(found.tags or {}),
        "aliases": aliases_of(client, found),
        "description": found.description or None,
        "created_at": moment(found.creation_timestamp),
    }


def facts_of_logged_model(client: MlflowClient, model_id: str, *, checksums: bool = True) -> dict[str, Any]:
    """A logged model, whether registered or not, its MLflow run and its files.

    Raises:
        NotFoundError: there is no such logged model.
    """
    model = _logged_model(client, model_id)
    if model is None:
        raise NotFoundError(f"There is no logged model {model_id!r} in MLflow.", field="model_id")
    run = run_or_none(client, model.source_run_id)
    return {
        **_facts(client, run, model, model.artifact_location, checksums=checksums),
        "name": None,
        "version": None,
        "uri": model.model_uri,
        "tags": _tags(run, model),
        "version_tags": {},
        "aliases": [],
        "description": None,
        "created_at": moment(model.creation_timestamp),
    }


def find_version(client: MlflowClient, name: str, version: str) -> ModelVersion:
    """A version by its number or `@alias`.

    Raises:
        NotFoundError: there is none; what there is is in the hint.
    """
    from mlflow.exceptions import MlflowException

    try:
        if version.startswith("@"):
            return client.get_model_version_by_alias(name, version[1:])
        return client.get_model_version(name, version)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
    raise NotFoundError(
        f"The registered model {name!r} has no version {version!r}.",
        field="version",
        hint="`jupyter mlops models list` shows the models, their versions and aliases.",
    )


def run_or_none(client: MlflowClient, run_id: str | None) -> Run | None:
    """An MLflow run; None when it has none, or it is gone."""
    from mlflow.exceptions import MlflowException

    if not run_id:
        return None
    try:
        return client.get_run(run_id)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None


def aliases_of(client: MlflowClient, version: ModelVersion) -> list[str]:
    """The aliases that a version has, which not every registry says of the version itself."""
    aliases = client.get_registered_model(version.name).aliases or {}
    return sorted(alias for alias, of in aliases.items() if str(of) == str(version.version))


def read_json_artifact(client: MlflowClient, run: Run, path: str) -> Any:
    """What a JSON artifact of a run holds; None when there is no such artifact, or it is damaged."""
    try:
        return json.loads(ArtifactFolder(client, str(run.info.artifact_uri)).text(path) or "null")
    except ValueError:
        return None


def moment(milliseconds: int | None) -> str | None:
    """MLflow's time, as REST has it."""
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc).isoformat() if milliseconds else None


def finite(metrics: Mapping[str, float]) -> dict[str, float]:
    """Metrics without those that JSON has no number for."""
    return {name: value for name, value in metrics.items() if math.isfinite(value)}


def _facts(
    client: MlflowClient, run: Run | None, model: LoggedModel | None, location: str, *, checksums: bool
) -> dict[str, Any]:
    return {
        "model_id": model.model_id if model else "",
        "location": location,
        "mlflow_run_id": run.info.run_id if run else None,
        "experiment_id": run.info.experiment_id if run else None,
        "metrics": _metrics(run, model),
        "params": {**(run.data.params if run else {}), **((model.params or {}) if model else {})},
        **_file_facts(ArtifactFolder(client, location), checksums=checksums),
        "evaluation": read_json_artifact(client, run, EVALUATION_ARTIFACT) if run else None,
        "data": list(_data(run)),
    }


def _file_facts(folder: ArtifactFolder, *, checksums: bool) -> dict[str, Any]:
    """What a model's files say; of a folder that is gone, nothing, and its size is None."""
    sizes = folder.sizes()
    description = parse_description(folder.text("MLmodel"))
    serialization = serialization_of(description, sizes)
    return {
        "signature": signature_of(description),
        "has_input_example": bool(description.get("saved_input_example_info")),
        "input_example": _example(folder.text(EXAMPLE_FILE) if EXAMPLE_FILE in sizes else None),
        "flavors": sorted(description.get("flavors") or {}),
        "serialization": serialization,
        "can_run_code": serialization in RUNS_CODE,
        "python": python_of(description),
        "size_bytes": sum(sizes.values()) if sizes else None,
        "checksums": folder.checksums() if checksums and sizes else {},
        "requirements": _lines(folder.text("requirements.txt") if "requirements.txt" in sizes else None),
    }


def _metrics(run: Run | None, model: LoggedModel | None) -> dict[str, float]:
    """Those of the run and of the model itself; what is NaN for the run, MLflow has as 0 for the model."""
    of_run = dict(run.data.metrics) if run else {}
    ordered = sorted((model.metrics or []) if model else [], key=lambda one: (one.step, one.timestamp))
    own = {one.key: one.value for one in ordered if math.isfinite(of_run.get(one.key, 0.0))}
    return finite({**of_run, **own})


def _tags(run: Run | None, model: LoggedModel | None) -> dict[str, str]:
    return {**(run.data.tags if run else {}), **((model.tags or {}) if model else {})}


def _data(run: Run | None) -> Iterable[dict[str, Any]]:
    """The MLflow datasets that were logged to the run."""
    inputs = getattr(run, "inputs", None)
    for entry in (inputs.dataset_inputs or []) if inputs else []:
        context = next((tag.value for tag in entry.tags if tag.key == "mlflow.data.context"), None)
        yield {
            "name": entry.dataset.name,
            "digest": entry.dataset.digest,
            "source": _source(entry.dataset.source),
            "context": context,
        }


def _source(text: str | None) -> str | None:
    """Where a dataset comes from: of a source that has an address, only that."""
    try:
        said = json.loads(text or "null")
    except ValueError:
        return text
    if isinstance(said, dict):
        return next((str(said[key]) for key in ("uri", "url", "path") if said.get(key)), text)
    return text


def _example(text: str | None) -> dict[str, Any] | None:
    if text is None or len(text) > MAX_EXAMPLE_CHARS:
        return None
    try:
        example = json.loads(text)
    except ValueError:
        return None
    return example if isinstance(example, dict) else None


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def logged_model_id(version: ModelVersion) -> str | None:
    """The logged model of a version: a registry in a database has it only in the source."""
    source = str(version.source or "")
    if version.model_id:
        return str(version.model_id)
    return source.removeprefix(_MODEL_URI) if source.startswith(f"{_MODEL_URI}m-") else None


def _logged_model(client: MlflowClient, model_id: str | None) -> LoggedModel | None:
    from mlflow.exceptions import MlflowException

    if not model_id:
        return None
    try:
        return client.get_logged_model(model_id)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None


def _download_uri(client: MlflowClient, version: ModelVersion) -> str:
    return str(client.get_model_version_download_uri(version.name, version.version))
