"""A snapshot is whole or absent, and what is read is what was kept."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_mlops.errors import NotFoundError, StoreError
from jupyter_mlops.notebooks.snapshots import SnapshotStore


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> SnapshotStore:
    return SnapshotStore(tmp_path_factory.mktemp("data") / "mlops" / "snapshots")


def files(store: SnapshotStore) -> list[Path]:
    return [path for path in store.folder.rglob("*") if path.is_file()]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_what_is_kept_is_read_back(store: SnapshotStore, data: bytes) -> None:
    sha = store.keep(data)
    assert sha == hashlib.sha256(data).hexdigest()
    assert store.read(sha) == data


def test_keeping_the_same_again_writes_nothing_but_that_it_is_wanted(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path / "s")
    sha = store.keep(b"a")
    os.utime(store.path(sha), (0, 0))
    before = store.path(sha).stat()
    assert store.keep(b"a") == sha
    after = store.path(sha).stat()
    assert after.st_ino == before.st_ino and after.st_mtime > before.st_mtime
    assert files(store) == [store.path(sha)]


def test_nobody_else_may_read_them(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        store = SnapshotStore(tmp_path / "s")
        path = store.path(store.keep(b"secret"))
    finally:
        os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in (path.parent, store.folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_damaged_snapshot_is_told_and_healed_by_keeping_it_again(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path / "s")
    sha = store.keep(b"notebook")
    store.path(sha).write_bytes(b"notebool")
    with pytest.raises(StoreError, match="damaged") as refused:
        store.read(sha)
    assert str(store.path(sha)) in str(refused.value.hint)
    store.keep(b"notebook")
    assert store.read(sha) == b"notebook"


def test_a_snapshot_that_is_not_there_is_not_found(store: SnapshotStore) -> None:
    with pytest.raises(NotFoundError):
        store.read("0" * 64)


@pytest.mark.parametrize("sha", ["", "0" * 63, "../../etc/passwd", "Z" * 64, "0" * 64 + "\n", "A" * 64])
def test_only_a_hash_names_a_snapshot(store: SnapshotStore, sha: str) -> None:
    with pytest.raises(NotFoundError):
        store.read(sha)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written") as refused:
        SnapshotStore(tmp_path / "file" / "s").keep(b"a")
    assert refused.value.hint


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SnapshotStore(tmp_path / "s")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        store.keep(b"a")
    assert files(store) == []


KEEPER = """
import sys
from pathlib import Path
from jupyter_mlops.notebooks.snapshots import SnapshotStore
store = SnapshotStore(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(60):
    data = b"%d " % number * 5000
    assert store.read(store.keep(data)) == data
"""


def test_processes_that_keep_the_same_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    keepers = [
        subprocess.Popen(
            [sys.executable, "-c", KEEPER, str(tmp_path / "s")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(3)
    ]
    for keeper in keepers:
        assert keeper.stdout
        assert keeper.stdout.readline() == b"ready\n"
    for keeper in keepers:
        assert keeper.stdin
        keeper.stdin.write(b"\n")
        keeper.stdin.flush()
    for keeper in keepers:
        keeper.communicate(timeout=60)
    assert [keeper.returncode for keeper in keepers] == [0, 0, 0]
    assert len(files(SnapshotStore(tmp_path / "s"))) == 60
