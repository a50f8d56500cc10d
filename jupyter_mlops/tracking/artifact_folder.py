"""A folder of artifacts (a model's, a run's), wherever it is kept: listed, read, hashed; never loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

if TYPE_CHECKING:
    from mlflow import MlflowClient

REGISTRY_NOTE = "registered_model_meta"
"""MLflow puts it into the folder of a model that is loaded by its registered name: it is no part of it."""


class ArtifactFolder:
    """A folder of artifacts; of one that is elsewhere only what is asked for is fetched.

    Args:
        client: to the tracking server.
        location: the folder's artifact URI, or its path.
    """

    def __init__(self, client: MlflowClient, location: str) -> None:
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        self._repository = get_artifact_repository(location, tracking_uri=client.tracking_uri)
        self._folder = local_folder(location)

    def sizes(self) -> dict[str, int]:
        """The size of each file in bytes, by its path in the folder; {} when the folder is not there."""
        if self._folder is not None:
            return {path: file.stat().st_size for path, file in _files(self._folder)}
        return dict(self._remote_sizes(None))

    def text(self, path: str) -> str | None:
        """The text of one file; None when there is no such file."""
        if self._folder is not None:
            file = self._folder / path
            return file.read_text("utf-8") if file.is_file() else None
        beside = self._repository.list_artifacts(path.rpartition("/")[0] or None)
        if path not in {file.path for file in beside}:
            return None
        with TemporaryDirectory() as folder:
            return Path(self._repository.download_artifacts(path, folder)).read_text("utf-8")

    def checksums(self) -> dict[str, str]:
        """The SHA-256 of each file, by its path in the folder; one that is elsewhere is fetched."""
        with self.folder() as folder:
            return checksums_of(folder)

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """The folder on this machine: itself, or of one that is elsewhere a copy that is gone afterwards."""
        if self._folder is not None:
            yield self._folder
            return
        with TemporaryDirectory() as copy:
            yield Path(self._repository.download_artifacts("", copy))

    def _remote_sizes(self, below: str | None) -> Iterator[tuple[str, int]]:
        for file in self._repository.list_artifacts(below):
            if file.is_dir:
                yield from self._remote_sizes(file.path)
            else:
                yield file.path, file.file_size or 0


def local_folder(location: str) -> Path | None:
    """The path that an artifact URI means on this machine; None when it means another."""
    parts = urlsplit(location)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    return Path(location) if len(parts.scheme) <= 1 else None  # one letter is a drive


def checksums_of(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file below a folder, by its path there with forward slashes."""
    return {path: sha256_of(file) for path, file in _files(folder)}


def difference(now: Mapping[str, str], recorded: Mapping[str, str]) -> str | None:
    """The first file, by name, that is no longer as it was recorded, in words ("b is gone"); None for none.

    Args:
        now: SHA-256 of each file, by its path.
        recorded: the same, as it was then; of {} nothing is known to differ.
    """
    recorded = {path: checksum for path, checksum in recorded.items() if path != REGISTRY_NOTE}
    for path in sorted({*now, *recorded}) if recorded else ():
        if path not in now:
            return f"{path} is gone"
        if path not in recorded:
            return f"{path} was added"
        if now[path] != recorded[path]:
            return f"{path} changed"
    return None


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file's content.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if file.is_file() and file.name != REGISTRY_NOTE:
            yield file.relative_to(folder).as_posix(), file
