"""What is worked out of a record outside the kernel, and what the store then holds."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from recorded_kernel import LOAD, StartKernel
from sqlalchemy import select

from jupyter_mlops.capture.analysis import seeds_set
from jupyter_mlops.capture.distributions import name_distributions
from jupyter_mlops.capture.ingester import Ingester
from jupyter_mlops.capture.kernel.git_head import read_head
from jupyter_mlops.capture.repository import MAX_DIFF, describe_changes
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import CellExecution, KernelSession


def executions(store: Store) -> list[CellExecution]:
    with store.reading() as reading:
        return list(reading.scalars(select(CellExecution).order_by(CellExecution.started_at)))


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "work").mkdir(parents=True)
    git(folder, "init")
    (folder / "code.py").write_text("x = 1\n")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "one")
    return folder


def test_a_cells_whole_record_reaches_the_store(start_kernel: StartKernel, store: Store) -> None:
    kernel = start_kernel()
    kernel.run(LOAD)
    kernel.run("import numpy as np\nnp.random.seed(42)\nx = np.zeros(3)\nopen('out.txt', 'w').close()")
    kernel.run("y = x.sum() + 1\n1 / 0")
    assert Ingester(store).ingest_folder(kernel.journals).problems == []
    _, one, two = executions(store)
    assert (one.recorded_by, one.traceback) == ("recorder", None)
    assert {"np", "x"} <= set(one.writes)
    assert one.cpu_s is not None
    assert one.facts["seeds"] == [{"call": "np.random.seed", "seed": "42"}]
    assert one.facts["frames"][0]["shape"] == [3]
    assert [Path(file["path"]).name for file in one.facts["files"]] == ["out.txt"]
    (numpy,) = one.facts["imports"]
    assert (numpy["name"], numpy["distribution"]) == ("numpy", "numpy")
    assert one.facts["hook_ns"] > 0
    assert (two.reads, two.writes) == (["x"], ["y"])
    assert two.traceback is not None
    assert two.traceback.endswith("ZeroDivisionError: division by zero")
    if one.memory_peak_bytes is not None:
        assert one.memory_peak_bytes > 10_000_000
        assert "rss_bytes" not in one.facts


def test_a_cell_tells_the_saved_notebook_that_it_ran_in_unless_that_was_saved_since(
    start_kernel: StartKernel, store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "nb.ipynb"

    def save(text: str, seconds: int) -> str:
        path.write_text(text)
        moment = time.time() + seconds
        os.utime(path, (moment, moment))
        return hashlib.sha256(text.encode()).hexdigest()

    kernel = start_kernel(JUPYTER_MLOPS_ROOT=str(tmp_path), JUPYTER_MLOPS_NOTEBOOK=str(path))
    first = save('{"cells": []}', -60)
    kernel.run(LOAD)
    kernel.run("x = 1")
    Ingester(store).ingest_folder(kernel.journals)
    second = save('{"cells": [ ]}', -60)
    kernel.run("x = 2")
    Ingester(store).ingest_folder(kernel.journals)
    kernel.run("x = 3")
    save('{"cells": [  ]}', 60)
    Ingester(store).ingest_folder(kernel.journals)
    assert [row.facts.get("notebook_sha") for row in executions(store)] == [first, first, second, None]


def test_a_source_written_long_ago_still_tells_its_names(start_kernel: StartKernel, store: Store) -> None:
    from jupyter_mlops.capture import analysis

    kernel = start_kernel()
    kernel.run(LOAD)
    kernel.run("told_once = 1")
    ingester = Ingester(store)
    ingester.ingest_folder(kernel.journals)
    analysis._analysed.clear()  # as in another process
    kernel.run("told_once = 1")
    ingester.ingest_folder(kernel.journals)
    assert [row.writes for row in executions(store)[1:]] == [["told_once"]] * 2


@pytest.mark.parametrize(
    ("source", "seeds"),
    [
        ("random.seed(1)", [("random.seed", "1")]),
        ("rng = np.random.default_rng(seed=7)", [("np.random.default_rng", "7")]),
        ("torch.manual_seed(SEED)", [("torch.manual_seed", "SEED")]),
        ("Forest(random_state=3).fit(X); split(X, random_state=None)", [("Forest", "3")]),
        ("%matplotlib inline\nnp.random.RandomState(5)", [("np.random.RandomState", "5")]),
        ("random.seed()", []),
        ("seed = 1", []),
        ("seed(", []),
    ],
)
def test_seeds_are_found_in_the_text(source: str, seeds: list[tuple[str, str]]) -> None:
    assert [(seed["call"], seed["seed"]) for seed in seeds_set(source)] == seeds


def test_an_imported_package_is_named_by_its_distribution() -> None:
    import sklearn
    import yaml

    folder = str(Path(sklearn.__file__).parents[1])
    known: list[dict[str, Any]] = [
        {"name": "sklearn", "version": None, "folder": folder},
        {"name": "yaml", "version": yaml.__version__, "folder": folder},
        {"name": "unknown", "version": "1.0", "folder": folder},
        {"name": "far", "version": "2.0", "folder": "/on/another/host"},
    ]
    assert name_distributions(known) == [
        {"name": "sklearn", "distribution": "scikit-learn", "version": sklearn.__version__},
        {"name": "yaml", "distribution": "PyYAML", "version": yaml.__version__},
        {"name": "unknown", "distribution": None, "version": "1.0"},
        {"name": "far", "distribution": None, "version": "2.0"},
    ]


def test_the_commit_is_read_without_git(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    expected = {"commit": head, "branch": "main", "top": str(repository)}
    assert read_head(repository / "work") == expected
    git(repository, "pack-refs", "--all")
    assert read_head(repository) == expected
    git(repository, "worktree", "add", "-b", "feature/x", "../tree")
    tree = repository.parent / "tree"
    assert read_head(tree) == {"commit": head, "branch": "feature/x", "top": str(tree)}
    git(repository, "checkout", "--detach")
    assert read_head(repository) == {"commit": head, "top": str(repository)}
    assert read_head(repository.parent) is None
    empty = repository.parent / "empty"
    empty.mkdir()
    git(empty, "init")
    assert read_head(empty) is None
    (empty / ".git" / "HEAD").write_text("ref: ../../../etc/passwd")
    assert read_head(empty) is None


def test_the_difference_from_the_commit_is_told_within_bounds(repository: Path) -> None:
    assert describe_changes(str(repository))["dirty"] is False
    (repository / "code.py").write_text("api_key = '0123456789'\n" + "y\n" * MAX_DIFF)
    changes = describe_changes(str(repository))
    assert changes["dirty"] is True
    assert len(changes["diff"]) <= MAX_DIFF < changes["diff_bytes"]
    assert "0123456789" not in changes["diff"]
    whole = subprocess.run(["git", "diff", "HEAD"], cwd=repository, capture_output=True, check=True).stdout
    assert changes["diff_sha"] == hashlib.blake2b(whole, digest_size=16).hexdigest()


def test_without_git_or_a_repository_nothing_is_known(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert describe_changes(str(repository.parent))["dirty"] is None
    assert describe_changes(str(repository / "absent"))["dirty"] is None
    monkeypatch.setenv("PATH", str(repository))
    assert describe_changes(str(repository))["dirty"] is None


def test_a_session_tells_its_commit_and_what_was_changed(
    start_kernel: StartKernel, store: Store, repository: Path
) -> None:
    (repository / "code.py").write_text("x = 2\n")
    kernel = start_kernel(JPY_SESSION_NAME=str(repository / "work" / "nb.ipynb"))
    kernel.run(LOAD)
    ingester = Ingester(store)
    ingester.ingest_folder(kernel.journals)
    with store.reading() as reading:
        first = reading.scalars(select(KernelSession)).one().facts["git"]
    assert (first["commit"], first["branch"]) == (git(repository, "rev-parse", "HEAD"), "main")
    assert first["dirty"] is True
    assert "+x = 2" in first["diff"]
    (repository / "code.py").write_text("x = 3\n")
    kernel.run("pass")
    ingester.ingest_folder(kernel.journals)
    with store.reading() as reading:
        assert reading.scalars(select(KernelSession)).one().facts["git"] == first  # once a session
