"""The evidence of a version, kept with it: where it comes from, what its gates saw, who approved it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import ConflictError, MlopsError
from jupyter_mlops.models.facts import ModelFacts
from jupyter_mlops.models.input_data import data_of
from jupyter_mlops.models.provenance import Provenance, trace_model
from jupyter_mlops.notebooks.snapshots import SnapshotStore
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Registration
from jupyter_mlops.tracking.artifact_folder import difference
from jupyter_mlops.tracking.client import Tracking
from jupyter_mlops.tracking.data_uses import DATA_TAG
from jupyter_mlops.tracking.model_registry import REGISTRATION_TAG, ModelRegistry
from jupyter_mlops.tracking.version_evidence import (
    CHECKSUMS_TAG,
    EVIDENCE_TAG,
    FOLDER,
    read_evidence,
    write_evidence,
)

FORMAT = 1
UNDECIDED: dict[str, Any] = {
    "registration": None,
    "requested_by": None,
    "registered_at": None,
    "gates": [],
    "approval": None,
}
Evidence = dict[str, Any]
"""As the artifact holds it; `compose_evidence` says what is in it."""
MAX_TAG_CHARS = 90_000  # MLflow's own bound for a tag of a version is 100,000


def keep_evidence(
    tracking: Tracking,
    store: Store,
    registration: Registration,
    model: ModelFacts,
    gates: Sequence[Mapping[str, Any]],
) -> Evidence:
    """Keep with a version what is known of it: after it was made, and again whenever something was decided.

    What was found at first stays: only gates and approval are new, and a cell that was still running then.
    The snapshot of its notebook stays as well, whatever becomes of its job run.

    Args:
        tracking: where the version is.
        store: what was recorded of its notebook.
        registration: that made the version.
        model: what it is, with its checksums as they are now.
        gates: what the gates said until now, as `GateResult`.

    Raises:
        ConflictError: a file of the model changed since the version was made.
        TrackingUnavailableError: MLflow does not take it.
    """
    path = {EVIDENCE_TAG: f"{FOLDER}/{registration.id}.json"}
    kept = read_evidence(tracking.client, model.mlflow_run_id, path)
    if kept is not None:
        changed = verify_checksums(model.checksums, kept["files"]["checksums"])
        if changed is not None:
            raise ConflictError(
                f"{changed} Version {registration.version} of {registration.model!r} is not what was judged.",
                field="model",
                hint="Register the model anew; if nobody was to change it, find out who did.",
            )
    if kept is None or kept.get("cell") is None:
        with store.reading() as session:
            provenance = trace_model(session, model)
        composed = compose_evidence(model, provenance)
        kept = composed if kept is None else {**kept, **_found_since(composed)}
    _pin_snapshot(kept["notebook"])
    document = {**kept, **decided(registration, gates), "kept_at": _now()}
    tags = write_evidence(tracking.client, model.mlflow_run_id, registration.id, document)
    ModelRegistry(tracking.client).tag_version(
        registration.model, str(registration.version), {**tags, **short_tags(document)}
    )
    return document


def compose_evidence(model: ModelFacts, provenance: Provenance, *, hashed: bool = True) -> Evidence:
    """What is known of a model's making: plain JSON, with None for what nobody knows.

    Args:
        model: what it is.
        provenance: what was recorded of its notebook.
        hashed: hash the files that the notebook read, as they are now.
    """
    tags = model.tags
    return {
        "format": FORMAT,
        "model_id": model.model_id or None,
        "mlflow_run": None
        if model.mlflow_run_id is None
        else {"id": model.mlflow_run_id, "name": tags.get("mlflow.runName"), "user": tags.get("mlflow.user")},
        "job_run": None if provenance.job_run is None else dict(provenance.job_run),
        "notebook": _notebook(tags, provenance),
        "cell": None if provenance.cell is None else dict(provenance.cell),
        "data": data_of(model, provenance, hashed=hashed),
        "environment": {
            "python": model.python or provenance.kernel.get("python"),
            "requirements": list(model.requirements),
            "packages": [dict(one) for one in provenance.packages],
        },
        "files": {
            "serialization": model.serialization,
            "flavors": list(model.flavors),
            "size_bytes": model.size_bytes,
            "checksums": dict(model.checksums),
        },
        "metrics": dict(model.metrics),
        "params": dict(model.params),
    }


def evidence_of(
    store: Store, model: ModelFacts, kept: Evidence | None
) -> tuple[Evidence, Registration | None]:
    """The evidence of a version to be read: what was kept with it, completed by what the store knows now.

    Of a version that was not registered by us there is what MLflow and the store know. Answers with the
    registration as well, if it is in the store.
    """
    with store.reading() as session:
        provenance = trace_model(session, model)
        row = session.get(Registration, model.tags.get(REGISTRATION_TAG, ""))
    found = compose_evidence(model, provenance, hashed=False)
    document = {**UNDECIDED, "model": model.name, "version": model.version, **found}
    if kept is not None:
        since = {} if kept.get("cell") else _found_since(found)
        document.update({**{name: value for name, value in kept.items() if value is not None}, **since})
    if row is not None:
        document.update(decided(row, row.gates))
    return document, row


def decided(registration: Registration, gates: Sequence[Mapping[str, Any]]) -> Evidence:
    """The part of the evidence that changes as a version goes on: gates, approval, and who asked."""
    at = registration.decided_at
    return {
        "registration": registration.id,
        "model": registration.model,
        "version": registration.version,
        "requested_by": registration.requested_by,
        "registered_at": registration.created_at.isoformat(),
        "gates": [dict(gate) for gate in gates],
        "approval": None
        if registration.decision is None
        else {
            "decision": registration.decision,
            "by": registration.decided_by,
            "comment": registration.comment,
            "at": None if at is None else at.isoformat(),
        },
    }


def short_tags(document: Evidence) -> dict[str, str]:
    """What a list of versions shows of the evidence, as tags of the version."""
    verdicts = [gate["verdict"] for gate in document["gates"]]
    sums = json.dumps(document["files"]["checksums"], sort_keys=True)
    approval = document["approval"] or {}
    data = _named_data(document["data"])
    tags = {
        DATA_TAG: data if len(data) <= MAX_TAG_CHARS else None,
        "mlops.gate": gate_verdict(verdicts),
        "mlops.gates": f"{verdicts.count('passed')} of {len(verdicts)} passed" if verdicts else None,
        "mlops.approved_by": approval.get("by") if approval.get("decision") == "approved" else None,
        "mlops.cell_id": (document["cell"] or {}).get("cell_id"),
        "mlops.notebook": (document["notebook"] or {}).get("path"),
        "mlops.snapshot_sha": (document["notebook"] or {}).get("snapshot_sha"),
        CHECKSUMS_TAG: sums if document["files"]["checksums"] and len(sums) <= MAX_TAG_CHARS else None,
    }
    return {name: value for name, value in tags.items() if value}


def gate_verdict(verdicts: Sequence[str]) -> str | None:
    """How gates ended together: the worst that one said; None without any."""
    return next((one for one in ("refused", "waiting", "passed") if one in verdicts), None)


def verify_checksums(now: Mapping[str, str], recorded: Mapping[str, str]) -> str | None:
    """What is no longer as it was recorded, in a sentence; None when nothing was recorded, or all is.

    Args:
        now: SHA-256 of each file.
        recorded: the same, at registration.
    """
    changed = difference(now, recorded)
    return None if changed is None else f"{changed} since this version was registered."


def _named_data(data: Sequence[Mapping[str, Any]]) -> str:
    """What can be found again by a name or a hash, as JSON."""
    names = ("name", "digest", "source", "context")
    found = [one for one in data if one["kind"] != "frame" or one.get("digest")]
    return json.dumps([{key: one.get(key) for key in names} for one in found], ensure_ascii=False)


def _notebook(tags: Mapping[str, str], provenance: Provenance) -> dict[str, Any] | None:
    path = provenance.notebook or tags.get("mlops.notebook")
    if path is None:
        return None
    dirty = tags.get("mlflow.source.git.dirty")
    return {
        "path": path,
        "root": provenance.root,
        "snapshot_sha": tags.get("mlops.snapshot_sha"),
        "commit": tags.get("mlflow.source.git.commit"),
        "branch": tags.get("mlflow.source.git.branch"),
        "dirty": None if dirty is None else dirty == "true",
        "clean": None if tags.get("mlops.clean") is None else tags["mlops.clean"] == "true",
    }


def _pin_snapshot(notebook: Mapping[str, Any] | None) -> None:
    snapshots, sha = SnapshotStore(Settings.load().snapshots), (notebook or {}).get("snapshot_sha")
    with suppress(MlopsError, OSError):  # of a notebook that another machine ran there is none here
        if sha and snapshots.path(sha).exists():
            snapshots.pin_path(sha).touch(mode=0o600)


def _found_since(composed: Evidence) -> Evidence:
    """What a notebook's record tells once it is complete; what is of the model itself stays as it was."""
    if composed["cell"] is None:
        return {}
    return {name: composed[name] for name in ("cell", "data", "notebook", "job_run")}


def _now() -> str:
    return datetime.now(timezone.utc).isoformat()
