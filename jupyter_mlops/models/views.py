"""A model and its versions as the REST schema has them; the CLI shows the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from jupyter_mlops.models.evidence import Evidence, evidence_of, verify_checksums
from jupyter_mlops.models.facts import facts_from
from jupyter_mlops.models.moves import list_moves, move_as_dict
from jupyter_mlops.models.registration import registration_as_dict
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Registration
from jupyter_mlops.tracking.version_evidence import CHECKSUMS_TAG

SHOWN_MOVES = 200
SHOWN_REGISTRATIONS = 50


@dataclass(frozen=True)
class VersionDossier:
    """All that is known of a version.

    Args:
        page: as `ModelVersionPage` in the REST schema.
        evidence: as `evidence_of` gives it.
    """

    page: dict[str, Any]
    evidence: Evidence


def open_dossier(store: Store, said: Mapping[str, Any]) -> VersionDossier:
    """A version's dossier of what the tracking server says and what the store knows.

    Args:
        store: of registrations and of what was recorded.
        said: as `tracking.model_pages.describe_version` answers.
    """
    evidence, row = evidence_of(store, facts_from(said), said["evidence"])
    recorded = _recorded_checksums(said)
    notebook = evidence["notebook"] or {}
    as_they_are = (
        "name version aliases created_at description metrics params signature has_input_example "
        "input_example flavors serialization can_run_code size_bytes requirements mlflow_run_id"
    )
    page = {
        **{name: said[name] for name in as_they_are.split()},
        "tags": said["version_tags"],
        "checksums": recorded or said["checksums"],
        "checksum_problem": verify_checksums(said["checksums"], recorded) if said["hashed"] else None,
        "data": evidence["data"],
        "model_id": said["model_id"] or None,
        "run_id": (evidence["job_run"] or {}).get("id") or said["tags"].get("mlops.run_id"),
        "notebook": notebook.get("path"),
        "snapshot_sha": notebook.get("snapshot_sha") or None,
        "commit": notebook.get("commit"),
        "registration": None if row is None else registration_as_dict(row),
    }
    return VersionDossier(page, evidence)


def model_page(store: Store, said: Mapping[str, Any], tracking_uri: str) -> dict[str, Any]:
    """A model as `ModelPage`, but for the age of the answer.

    Args:
        store: of registrations and alias moves.
        said: as `tracking.model_pages.describe_model` answers.
        tracking_uri: of the registry that said so.
    """
    with store.reading() as session:
        moves = list_moves(session, said["name"], tracking_uri, SHOWN_MOVES)
        newest = (
            select(Registration)
            .where(Registration.model == said["name"])
            .order_by(Registration.created_at.desc(), Registration.id.desc())
            .limit(SHOWN_REGISTRATIONS)
        )
        registrations = list(session.scalars(newest))
    return {
        **{name: said[name] for name in ("name", "description", "aliases", "versions")},
        "moves": [move_as_dict(move) for move in moves],
        "registrations": [registration_as_dict(row) for row in registrations],
    }


def _recorded_checksums(said: Mapping[str, Any]) -> dict[str, str]:
    """Those of the version's tag, which somebody who can change its files need not be able to change."""
    try:
        recorded = json.loads(said["version_tags"].get(CHECKSUMS_TAG) or "{}")
    except ValueError:
        recorded = {}
    if not recorded and said["evidence"]:
        recorded = (said["evidence"].get("files") or {}).get("checksums")
    return recorded if isinstance(recorded, dict) else {}
