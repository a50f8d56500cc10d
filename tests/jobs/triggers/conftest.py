"""A job service and its triggers, without a worker: the tests are the clock."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from notebook_files import WriteNotebook
from trigger_bench import TriggerBench

from jupyter_mlops.config import Settings
from jupyter_mlops.jobs import service as job_service
from jupyter_mlops.jobs.triggers import service
from jupyter_mlops.store import Store


@pytest.fixture
def bench(
    store: Store,
    settings: Settings,
    notebook_folder: Path,
    write_notebook: WriteNotebook,
    monkeypatch: pytest.MonkeyPatch,
) -> TriggerBench:
    for module in (service, job_service):
        monkeypatch.setattr(module, "ensure_worker", lambda *_: False)
    write_notebook("train.ipynb", "C", parameters="C: float = 1.0\nday: str = ''\ntag: str | None = None")
    bench = TriggerBench(store, settings, notebook_folder)
    monkeypatch.setattr(service, "_now", lambda: bench.now)
    return bench


@pytest.fixture
def started_at(bench: TriggerBench) -> datetime:
    return bench.now
