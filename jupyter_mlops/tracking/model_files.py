"""A model version's files on this machine, and what runs them: a pyfunc here, or MLflow's scoring server."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from jupyter_mlops.loopback import HOST
from jupyter_mlops.tracking.artifact_folder import ArtifactFolder
from jupyter_mlops.tracking.client import Tracking
from jupyter_mlops.tracking.model_facts import facts_of_version


@dataclass(frozen=True)
class FetchedVersion:
    """A model version whose files are here.

    Args:
        version: its number.
        folder: with its `MLmodel` in it.
        signature: MLflow's, as JSON; None when it has none.
        tags: of the version.
    """

    name: str
    version: str
    folder: Path
    signature: Mapping[str, Any] | None
    tags: Mapping[str, str]


@contextmanager
def fetched_version(tracking_uri: str, name: str, version: str) -> Iterator[FetchedVersion]:
    """A version by its number or `@alias`, its files fetched for as long as the block lasts.

    Raises:
        NotFoundError: there is no such model, version or alias.
    """
    tracking = Tracking(tracking_uri)
    facts = facts_of_version(tracking.client, name, version, checksums=False)
    with ArtifactFolder(tracking.client, facts["location"]).folder() as folder:
        yield FetchedVersion(name, facts["version"], folder, facts["signature"], facts["version_tags"])


def load_model(folder: Path) -> Any:
    """Load a model as MLflow's pyfunc; what it is pickled from runs its code."""
    from mlflow.pyfunc import load_model as load

    return load(str(folder))


def become_scoring_server(folder: Path, port: int) -> NoReturn:
    """Let MLflow's scoring server take this process's place, on the loopback, in this environment."""
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", str(folder)]
    listening = ["--host", HOST, "--port", str(port), "--env-manager", "local"]
    os.execv(sys.executable, [*command, *listening])  # noqa: S606 - no shell, and all of it is ours
