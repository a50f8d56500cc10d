"""What an MLflow run that was made by hand in a notebook is told: at its start, and at its end."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from notebook_kernel import NotebookKernel
from workbench import Workbench

NOTEBOOK = "by-hand.ipynb"
LOAD = "%load_ext jupyter_mlops"
TRACKED = "with mlflow.start_run() as run:\n    mlflow.log_metric('m', x)\nprint(run.info.run_id)"
CELLS = [LOAD, "import mlflow", "x = 1", TRACKED, "below = 'it has not run'"]


class Session:
    """A notebook in a kernel, its cells run one by one as JupyterLab does."""

    def __init__(self, workbench: Workbench, **environ: str) -> None:
        self.bench = workbench
        self.path = workbench.root / NOTEBOOK
        self.save(CELLS)
        git(workbench.root, "init", "-q", "-b", "main")
        git(workbench.root, "add", ".")
        git(workbench.root, "-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "first")
        self.kernel = NotebookKernel(workbench, NOTEBOOK, **environ)

    def save(self, sources: list[str]) -> None:
        self.bench.write(NOTEBOOK, *sources)

    def run(self, *places: int) -> str:
        """Run cells by their places; what the last one printed."""
        for place in places:
            answer = self.kernel.run(CELLS[place], f"cell-{place}")
            assert answer.status == "ok", answer.error
        return answer.streams.strip()

    def tags(self, run_id: str) -> dict[str, str]:
        return dict(self.client.get_run(run_id).data.tags)

    def records(self, run_id: str, folder: Path) -> list[dict[str, Any]]:
        path = Path(self.client.download_artifacts(run_id, "mlops/cells.jsonl", str(folder)))
        return [json.loads(line) for line in path.read_text().splitlines()]

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(self.bench.settings.tracking_uri)


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def session(own_workbench: Workbench) -> Iterator[Session]:
    session = Session(own_workbench)
    yield session
    session.kernel.close()


def test_a_run_of_plain_mlflow_is_told_its_source_its_cells_and_that_they_were_clean(
    session: Session, tmp_path: Path
) -> None:
    run_id = session.run(1, 2, 3)
    tags = session.tags(run_id)
    root = session.bench.root
    assert tags["mlflow.source.name"] == str(session.path)
    assert tags["mlflow.source.type"] == "NOTEBOOK"
    assert tags["mlflow.source.git.commit"] == git(root, "rev-parse", "HEAD").strip()
    assert tags["mlflow.source.git.branch"] == "main"
    assert tags["mlflow.source.git.dirty"] == "false"
    assert tags["mlops.notebook"] == NOTEBOOK
    assert tags["mlops.snapshot_sha"] == hashlib.sha256(session.path.read_bytes()).hexdigest()
    kept = session.bench.settings.snapshots.glob(f"*/{tags['mlops.snapshot_sha']}.ipynb")
    assert [path.read_bytes() for path in kept] == [session.path.read_bytes()]
    assert tags["mlops.clean"] == "true"
    assert "mlops.clean.reasons" not in tags
    records = session.records(run_id, tmp_path)
    assert [(record["source"], record["status"]) for record in records] == [
        (source, "ok") for source in CELLS[:4]
    ]
    assert records[-1]["mlflow"]["run_ids"] == [run_id]
    assert "artifacts" not in records[-1]["mlflow"]  # ours is not the cell's
