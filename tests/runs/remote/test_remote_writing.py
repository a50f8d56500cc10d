"""A copy is there whole, or not at all; what fails is tried again, and then told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from jupyter_mlops.capture.redaction import REDACTED
from jupyter_mlops.runs.remote.copies import Copying
from jupyter_mlops.runs.remote.output import REMOTE_OUTPUT, RemoteOutput
from jupyter_mlops.runs.remote.writing import write_patiently, write_whole
from jupyter_mlops.store.tables import Run

CONTENT = b'{"cells": []}'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "train #1.ipynb"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def memory() -> Iterator[MemoryFileSystem]:
    files = fsspec.filesystem("memory")
    yield files
    if files.exists("/kept"):
        files.rm("/kept", recursive=True)


class Elsewhere(MemoryFileSystem):  # type: ignore[misc]
    """The memory of this process under another protocol."""

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        stripped: str = super()._strip_protocol(path.removeprefix(f"{cls.protocol}:/"))
        return stripped


class Torn(Elsewhere):
    """Loses its connection in the middle of the first files."""

    protocol = "torn"
    losses = 0

    def put_file(self, lpath: str, rpath: str, **options: Any) -> None:
        if Torn.losses == 0:
            super().put_file(lpath, rpath, **options)
            return
        Torn.losses -= 1
        self.pipe_file(rpath, CONTENT[:4])
        raise ConnectionError("the connection was lost")


class Bucket(Elsewhere):
    """Has no folders, and no way to move but to copy."""

    protocol = "oss"

    def put_file(self, lpath: str, rpath: str, **_options: Any) -> None:
        self.pipe_file(rpath, Path(lpath).read_bytes())

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        raise PermissionError("a bucket is not made by whoever writes to it")

    def mv(self, *_arguments: Any, **_options: Any) -> None:
        raise NotImplementedError


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_a_copy_is_made_in_folders_that_were_not_there_and_replaces_an_older_one(
    source: Path, tmp_path: Path, memory: MemoryFileSystem, kind: str
) -> None:
    url = "memory://kept/here/" if kind == "memory" else (tmp_path / "kept").as_uri()
    relative = "a-job/20261121-r1/train #1.ipynb"
    write_whole(source, url, relative)
    source.write_bytes(CONTENT * 2)
    write_whole(source, url, relative)
    files, base = fsspec.core.url_to_fs(url)
    folder = f"{base.rstrip('/')}/a-job/20261121-r1"
    assert [Path(path).name for path in files.ls(folder, detail=False)] == ["train #1.ipynb"]
    assert files.cat_file(f"{folder}/train #1.ipynb") == CONTENT * 2


def test_a_torn_copy_leaves_nothing_and_a_later_try_makes_it(source: Path, memory: MemoryFileSystem) -> None:
    fsspec.register_implementation("torn", Torn, clobber=True)
    Torn.losses = 1
    with pytest.raises(ConnectionError):
        write_whole(source, "torn://kept", "train.ipynb")
    assert memory.find("/kept") == []
    Torn.losses = 2
    assert write_patiently(source, "torn://kept", "train.ipynb", waits_s=(0, 0)) is None
    assert memory.cat_file("/kept/train.ipynb") == CONTENT and len(memory.find("/kept")) == 1
    Torn.losses = 3
    problem = write_patiently(source, "torn://kept", "other.ipynb", waits_s=(0, 0))
    assert problem == "ConnectionError: the connection was lost" and Torn.losses == 0


def test_an_object_store_gets_one_object_and_nothing_else(source: Path, memory: MemoryFileSystem) -> None:
    fsspec.register_implementation("oss", Bucket, clobber=True)
    write_whole(source, "oss://kept/prefix", "a/train.ipynb")
    assert memory.find("/kept") == ["/kept/prefix/a/train.ipynb"]


def test_why_a_copy_failed_is_told_without_a_secret_of_the_environment(source: Path) -> None:
    secret = "Sw0rdf1sh-of-the-share"
    environment = {**os.environ, "SHARE_PASSWORD": secret}
    copying = Copying(source, f"file://{source}/{secret}", "train.ipynb", environment)
    told: SimpleQueue[RemoteOutput] = SimpleQueue()
    copying.when_done(told.put)
    copy = told.get(timeout=120)
    assert copy.problem is not None and REDACTED in copy.problem and secret not in copy.problem
    assert copying.result(0.0) == RemoteOutput(copy.address), "who does not wait is told nothing yet"
    assert copying.result(60.0) == copy


def test_a_copy_that_nobody_told_of_is_not_under_way_for_ever() -> None:
    begun = {"address": "s3://bucket/train.ipynb", "written_at": None, "problem": None}
    now = datetime.now(timezone.utc)
    run = Run(progress={REMOTE_OUTPUT: begun}, ended_at=now)
    assert (RemoteOutput.of(run) or RemoteOutput("")).is_under_way
    run.ended_at = now - timedelta(hours=1)
    told = RemoteOutput.of(run)
    assert told is not None and told.problem is not None and told.address == begun["address"]
    assert RemoteOutput.of(Run(progress={}, ended_at=now)) is None


def test_the_process_tells_what_came_of_it(source: Path, tmp_path: Path) -> None:
    def copied(url: str) -> str | None:
        command = [sys.executable, "-m", "jupyter_mlops.runs.remote.writing", str(source), url, "train.ipynb"]
        done = subprocess.run(command, check=True, capture_output=True, timeout=120)
        problem: str | None = json.loads(done.stdout)["problem"]
        return problem

    assert copied(f"file://{tmp_path}/kept") is None
    assert (tmp_path / "kept" / "train.ipynb").read_bytes() == CONTENT
    problem = copied(f"file://{source}/below-a-file")
    assert problem is not None and "Error" in problem
