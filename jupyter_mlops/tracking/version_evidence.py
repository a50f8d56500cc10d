"""The evidence of a model version in MLflow: a JSON artifact of its run, named by a tag of the version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jupyter_mlops.errors import TrackingUnavailableError
from jupyter_mlops.tracking.client import tracking_failures
from jupyter_mlops.tracking.model_facts import read_json_artifact, run_or_none

if TYPE_CHECKING:
    from mlflow import MlflowClient

EVIDENCE_TAG = "mlops.evidence"
CHECKSUMS_TAG = "mlops.checksums"
FOLDER = "mlops/evidence"


def write_evidence(
    client: MlflowClient, run_id: str | None, registration_id: str, document: Mapping[str, Any]
) -> dict[str, str]:
    """Keep evidence as an artifact, one for each registration; answers with the tag that names it.

    A version that comes from no MLflow run has nowhere to keep it: then there is no tag.

    Raises:
        TrackingUnavailableError: MLflow does not take it.
    """
    path = f"{FOLDER}/{registration_id}.json"
    try:
        if run_or_none(client, run_id) is None:
            return {}
        client.log_text(str(run_id), json.dumps(document, indent=1, ensure_ascii=False), path)
    except tracking_failures() as error:
        raise TrackingUnavailableError(
            f"The evidence of a version could not be kept: {error}",
            field="tracking_uri",
            hint="See `jupyter mlops doctor` for the tracking server in use.",
        ) from error
    return {EVIDENCE_TAG: path}


def read_evidence(client: MlflowClient, run_id: str | None, tags: Mapping[str, str]) -> dict[str, Any] | None:
    """The evidence of a version by its tags; None when none was kept, or it is gone."""
    path = tags.get(EVIDENCE_TAG, "")
    run = run_or_none(client, run_id) if path.startswith(f"{FOLDER}/") else None
    found = None if run is None else read_json_artifact(client, run, path)
    return found if isinstance(found, dict) else None
