"""Seeing, before a model is loaded, that it is still what was registered."""

from __future__ import annotations

import json

from jupyter_mlops.errors import ConflictError
from jupyter_mlops.tracking.artifact_folder import checksums_of, difference
from jupyter_mlops.tracking.model_files import FetchedVersion

CHECKSUMS_TAG = "mlops.checksums"


class ChangedModelError(ConflictError):
    """A file of a model is not what it was when it was registered."""

    code = "model_changed"


def check_files(version: FetchedVersion) -> None:
    """Compare a version's files with the checksums kept at its registration; without any nothing is said.

    Raises:
        ChangedModelError: one changed, is gone, or came in.
    """
    kept: dict[str, str] = json.loads(version.tags.get(CHECKSUMS_TAG) or "{}")
    changed = difference(checksums_of(version.folder), kept) if kept else None
    if changed is not None:
        raise ChangedModelError(
            f"{changed} since it was registered: {version.name}, version {version.version}, is not loaded.",
            field="model",
            hint="Register it anew, or put back the files that were approved.",
        )
