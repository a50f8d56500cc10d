"""Registered models as faces without a server read them: MLflow is asked in this process."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from jupyter_mlops.config import Settings
from jupyter_mlops.models.comparison import code_diff, compare_versions
from jupyter_mlops.models.reference import ModelReference
from jupyter_mlops.models.uses import runs_reading
from jupyter_mlops.models.views import VersionDossier, model_page, open_dossier
from jupyter_mlops.notebooks.snapshots import SnapshotStore
from jupyter_mlops.store import Store
from jupyter_mlops.tracking.client import Tracking
from jupyter_mlops.tracking.data_uses import versions_using
from jupyter_mlops.tracking.model_pages import describe_model, describe_version
from jupyter_mlops.tracking.probe import check_tracking
from jupyter_mlops.tracking.registry import list_models


class ModelCatalogue:
    """The registry of one tracking server, with what the store knows of its models.

    Every question raises TrackingUnavailableError when the server does not answer, and NotFoundError for a
    model or version that is not there.

    Args:
        store: of registrations and of what was recorded.
        settings: whose tracking server and snapshots.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def models(self) -> list[dict[str, Any]]:
        """All of them, as `RegisteredModel` in the REST schema."""
        return list_models(self._tracking.client)

    def model(self, name: str) -> dict[str, Any]:
        """One of them, as `ModelPage`."""
        said = describe_model(self._tracking.client, name)
        return {**model_page(self._store, said, self._tracking.uri), "age_s": 0.0, "problem": None}

    def dossier(self, version: ModelReference) -> VersionDossier:
        """All that is known of a version."""
        said = describe_version(self._tracking.client, version.name, version.version)
        return open_dossier(self._store, said)

    def compare(self, a: ModelReference, b: ModelReference) -> dict[str, Any]:
        """Two versions side by side, as `VersionComparison`."""
        first, second = self.dossier(a).page, self.dossier(b).page
        code = code_diff(SnapshotStore(self._settings.snapshots), first, second)
        return compare_versions(first, second, code)

    def uses(self, data: str) -> list[dict[str, Any]]:
        """The versions that used some data, as `DataUses`."""
        with self._store.reading() as session:
            run_ids = runs_reading(session, data)
        return versions_using(self._tracking.client, data, run_ids)

    @cached_property
    def _tracking(self) -> Tracking:
        check_tracking(self._settings.tracking_uri)
        return Tracking(self._settings.tracking_uri)
