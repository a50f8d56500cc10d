"""MLflow's model registry: new versions for what a run logged, and what the registry holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from jupyter_mlops.errors import BadInputError, RegistrationError
from jupyter_mlops.tracking.client import newest_metrics
from jupyter_mlops.tracking.model_description import RUNS_CODE
from jupyter_mlops.tracking.model_facts import moment

if TYPE_CHECKING:
    from mlflow import MlflowClient

NEWEST_VERSIONS = 20
WATCHED_VERSIONS = 100
SERIALIZATION = "mlops.serialization"
GATE_TAG = "mlops.gate"


class NoModelLoggedError(RegistrationError):
    """A run that was to give a model logged none."""

    code = "no_model_logged"


def check_model_name(name: str) -> str:
    """A name fit for a registered model, spaces at its ends removed.

    Raises:
        BadInputError: it is empty, cannot be printed, or holds `/` or `:`, which MLflow's model URIs cannot
            carry.
    """
    name = name.strip()
    if not name or not name.isprintable() or any(character in name for character in "/:"):
        raise BadInputError(
            f"{name!r} cannot be a registered model's name.",
            field="register_model",
            hint="Give a name without `/` and `:`, such as breast-cancer.",
        )
    return name


def list_models(client: MlflowClient) -> list[dict[str, Any]]:
    """All registered models by name, each with its newest 20 versions, as the REST schema has them."""
    return [
        {
            "name": model.name,
            "description": model.description or None,
            "versions": newest_versions(client, model.name, model.aliases, NEWEST_VERSIONS),
        }
        for model in client.search_registered_models(max_results=200)
    ]


def list_model_versions(client: MlflowClient, name: str) -> dict[str, Any]:
    """The newest 100 versions of a registered model, and where its aliases are; none of one not there."""
    from mlflow.exceptions import MlflowException

    try:
        aliases = client.get_registered_model(name).aliases
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return {"versions": [], "aliases": {}}
    quoted = name.replace("'", "''")
    found = client.search_model_versions(
        f"name='{quoted}'", max_results=WATCHED_VERSIONS, order_by=["version_number DESC"]
    )
    return {
        "versions": [
            {
                "version": str(one.version),
                "mlflow_run_id": one.run_id or None,
                "created_at": moment(one.creation_timestamp),
            }
            for one in found
        ],
        "aliases": {alias: str(version) for alias, version in aliases.items()},
    }


def newest_versions(
    client: MlflowClient, name: str, aliases: Mapping[str, str], at_most: int
) -> list[dict[str, Any]]:
    """The newest versions of a registered model, as `ModelVersion` in the REST schema."""
    quoted = name.replace("'", "''")
    found = client.search_model_versions(
        f"name='{quoted}'", max_results=at_most, order_by=["version_number DESC"]
    )
    return [asdict(_ListedVersion.of(version, aliases, client)) for version in found]


@dataclass(frozen=True)
class _ListedVersion:
    version: str
    aliases: list[str]
    created_at: str | None
    mlflow_run_id: str | None
    run_id: str | None
    notebook: str | None
    snapshot_sha: str | None
    metrics: dict[str, float]
    can_run_code: bool
    gate: str | None

    @classmethod
    def of(cls, version: Any, aliases: Mapping[str, str], client: MlflowClient) -> _ListedVersion:
        tags = version.tags or {}
        return cls(
            version=str(version.version),
            aliases=sorted(alias for alias, of in aliases.items() if str(of) == str(version.version)),
            created_at=moment(version.creation_timestamp),
            mlflow_run_id=version.run_id or None,
            run_id=tags.get("mlops.run_id"),
            notebook=tags.get("mlops.notebook"),
            snapshot_sha=tags.get("mlops.snapshot_sha"),
            metrics=_metrics(client, version.run_id),
            can_run_code=tags.get(SERIALIZATION) in RUNS_CODE,
            gate=tags.get(GATE_TAG),
        )


def _metrics(client: MlflowClient, run_id: str | None) -> dict[str, float]:
    from mlflow.exceptions import MlflowException

    if not run_id:
        return {}
    try:
        return newest_metrics([client.get_run(run_id)])
    except MlflowException:  # its run was deleted; the version is still there
        return {}


def ensure_registered_model(client: MlflowClient, name: str) -> None:
    """Make a registered model, unless it is there."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
