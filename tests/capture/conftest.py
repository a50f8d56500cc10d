from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from recorded_kernel import LOAD, RecordedKernel, StartKernel

from jupyter_mlops.store import Store


def _starter(folder: Path) -> Iterator[StartKernel]:
    started: list[RecordedKernel] = []

    def start(**environ: str) -> RecordedKernel:
        cwd = folder / f"kernel-{len(started)}"
        cwd.mkdir()
        started.append(RecordedKernel(cwd / "journals", cwd, **environ))
        return started[-1]

    yield start
    for kernel in started:
        kernel.stop()


@pytest.fixture
def start_kernel(tmp_path: Path) -> Iterator[StartKernel]:
    yield from _starter(tmp_path)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordedKernel]:
    """One recording kernel for a module's tests; each looks only at what it ran itself."""
    folder = tmp_path_factory.mktemp("shared")
    for start in _starter(folder):
        recorded = start(
            JPY_SESSION_NAME=str(folder / "work" / "train.ipynb"), JUPYTER_MLOPS_ROOT=str(folder)
        )
        assert recorded.run(LOAD).reply["status"] == "ok"
        yield recorded


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "store.sqlite")
    yield opened
    opened.close()
