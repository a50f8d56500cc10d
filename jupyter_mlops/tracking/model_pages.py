"""What MLflow says on the pages of a model: plain JSON, for the tracking process and the CLI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_mlops.errors import NotFoundError
from jupyter_mlops.tracking.artifact_folder import ArtifactFolder
from jupyter_mlops.tracking.model_facts import facts_of_version
from jupyter_mlops.tracking.registry import newest_versions
from jupyter_mlops.tracking.version_evidence import read_evidence

if TYPE_CHECKING:
    from mlflow import MlflowClient

SHOWN_VERSIONS = 100
MAX_VERIFIED_BYTES = 2**29
"""Of a larger model no checksums are computed to show it; they are wherever it is loaded."""


def describe_model(client: MlflowClient, name: str) -> dict[str, Any]:
    """A registered model with its newest 100 versions, as `RegisteredModel`, and its `aliases`.

    Raises:
        NotFoundError: there is none of that name.
    """
    from mlflow.exceptions import MlflowException

    try:
        model = client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        raise NotFoundError(
            f"There is no registered model {name!r}.",
            field="name",
            hint="`jupyter mlops models list` shows those that there are.",
        ) from error
    aliases = {alias: str(version) for alias, version in (model.aliases or {}).items()}
    return {
        "name": model.name,
        "description": model.description or None,
        "aliases": aliases,
        "versions": newest_versions(client, model.name, aliases, SHOWN_VERSIONS),
    }


def describe_version(client: MlflowClient, name: str, version: str) -> dict[str, Any]:
    """A version's facts, with the `evidence` that was kept with it, and whether its files are `hashed`.

    Args:
        client: to the tracking server.
        name: the registered model.
        version: its number, or `@alias`.

    Raises:
        NotFoundError: there is no such model, version or alias.
    """
    facts = facts_of_version(client, name, version, checksums=False)
    hashed = (facts["size_bytes"] or 0) <= MAX_VERIFIED_BYTES
    if hashed and facts["size_bytes"] is not None:
        facts["checksums"] = ArtifactFolder(client, facts["location"]).checksums()
    evidence = read_evidence(client, facts["mlflow_run_id"], facts["version_tags"])
    return {**facts, "hashed": hashed, "evidence": evidence}
