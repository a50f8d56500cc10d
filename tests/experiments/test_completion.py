"""What an MLflow run that was made by hand in a notebook is told: at its start, and at its end."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow_door import mlflow_behind_a_door
from notebook_kernel import NotebookKernel
from waiting import wait_until
from workbench import Workbench

from jupyter_mlops.capture.ingester import Ingester
from jupyter_mlops.capture.kernel.run_ends import CELL_WAITS_S
from jupyter_mlops.tracking.tellings import FOLDER

pytestmark = pytest.mark.slow  # a kernel and an MLflow of its own each

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
        return "".join(answer.streams.strip().splitlines()[-1:])  # MLflow prints a server's links above

    def tags(self, run_id: str) -> dict[str, str]:
        return dict(self.client.get_run(run_id).data.tags)

    def told(self, run_id: str) -> dict[str, str]:
        """The tags once the run is told of its end: on a busy machine the cell does not wait for it."""
        wait_until(lambda: "mlops.clean" in self.tags(run_id), 60, "the run is told")
        return self.tags(run_id)

    def records(self, run_id: str, folder: Path) -> list[dict[str, Any]]:
        wait_until(lambda: self.client.list_artifacts(run_id, "mlops"), 60, "the cells are there")
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
    tags = session.told(run_id)
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


def test_a_run_of_a_disordered_session_is_told_why_it_was_not_clean(session: Session) -> None:
    session.run(1, 2)
    session.run(2)
    session.save([*CELLS[:2], "x = 2", *CELLS[3:]])
    tags = session.told(session.run(3))
    assert tags["mlops.clean"] == "false"
    assert tags["mlops.clean.reasons"] == ("One cell ran more than once. One cell was edited after it ran.")
    assert tags["mlflow.source.git.dirty"] == "true"


def test_a_notebook_that_was_not_saved_is_told_so(session: Session) -> None:
    session.save(CELLS[:2])
    reasons = session.told(session.run(1, 2, 3))["mlops.clean.reasons"]
    assert "2 cells that ran are no longer in the notebook." in reasons
    assert "The notebook was saved last before some of its cells ran." in reasons


def test_cells_that_were_not_recorded_leave_nothing_clean(session: Session) -> None:
    session.run(1, 2)
    session.kernel.run("%%mlops_skip\nx = 3")
    reasons = session.told(session.run(3))["mlops.clean.reasons"]
    assert reasons == "One cell was not recorded."


def test_runs_by_hand_by_autologging_and_nested_ones(session: Session) -> None:
    code = """
import jupyter_mlops, mlflow.sklearn
from sklearn.linear_model import LogisticRegression
run_ids = [jupyter_mlops.start("by hand").run_id]
with mlflow.start_run(nested=True) as child: pass
_ = jupyter_mlops.stop()
mlflow.sklearn.autolog(log_models=False, silent=True)
_ = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
mlflow.sklearn.autolog(disable=True)
run_ids += [mlflow.last_active_run().info.run_id, child.info.run_id]
print(*run_ids)
"""
    session.run(1)
    answer = session.kernel.run(code, "cell-2")
    assert answer.status == "ok", answer.error
    by_hand, by_autologging = map(session.told, answer.streams.split()[-3:-1])
    child = session.tags(answer.streams.split()[-1])
    for tags in (by_hand, by_autologging):
        assert tags["mlops.notebook"] == NOTEBOOK
        assert tags["mlops.clean.reasons"].startswith(
            "One cell was edited after it ran. The notebook was saved"
        )
    assert child["mlops.snapshot_sha"] == by_hand["mlops.snapshot_sha"]
    assert "mlops.clean" not in child


def test_a_run_that_is_left_open_is_told_when_the_kernel_ends(session: Session) -> None:
    session.run(1, 2)
    started = session.kernel.run("print(mlflow.start_run().info.run_id)", "cell-3")
    run_id = started.streams.strip()
    assert "mlops.clean" not in session.tags(run_id)
    session.kernel.manager.shutdown_wait_time = 60.0  # a busy machine needs more than five seconds
    session.kernel.manager.shutdown_kernel()
    assert session.client.get_run(run_id).info.status == "FINISHED"
    assert session.tags(run_id)["mlops.clean"] == "false"


def test_a_store_that_is_locked_holds_no_cell_up_and_the_run_is_told_afterwards(session: Session) -> None:
    session.run(1, 2, 3)
    database = session.bench.store.address.removeprefix("sqlite:///")
    lock = sqlite3.connect(database, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    try:
        began = time.monotonic()
        run_id = session.run(3)
        assert time.monotonic() - began < CELL_WAITS_S + 2.5
        assert "mlops.clean" not in session.tags(run_id)
    finally:
        lock.execute("ROLLBACK")
        lock.close()
    assert session.told(run_id)["mlops.clean"] == "false"


def test_a_run_that_its_tracking_server_has_lost_leaves_the_cell_as_it_is(session: Session) -> None:
    session.run(1, 2)
    lose = "run = mlflow.start_run(); mlflow.end_run()\nmlflow.MlflowClient().delete_run(run.info.run_id)"
    answer = session.kernel.run(lose, "cell-3")
    assert (answer.status, answer.streams) == ("ok", "")
    wait_until(
        lambda: "1 of ours failed" in session.kernel.run("%mlops status").text, 60, "the failure is counted"
    )


def test_without_its_tracking_server_a_notebook_gets_mlflows_own_error(own_workbench: Workbench) -> None:
    environ = {
        "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "2",
    }
    errors = []
    for capture in ("on", "off"):
        kernel = NotebookKernel(own_workbench, NOTEBOOK, JUPYTER_MLOPS_CAPTURE=capture, **environ)
        try:
            answer = kernel.run("import mlflow\nmlflow.start_run()")
            assert answer.error is not None
            errors.append((answer.error["ename"], answer.error["evalue"].partition("(Caused by")[0]))
        finally:
            kernel.close()
    assert errors[0] == errors[1]
    assert errors[0][0] == "MlflowException"


def test_what_a_tracking_server_missed_while_it_was_away_it_is_told_when_it_is_back(
    own_workbench: Workbench, tmp_path: Path
) -> None:
    """Expected: MLflow's own error where MLflow is used, the next cells as ever; later the run has its end,
    its cells and its verdict as they were, and nobody did anything for it."""
    with mlflow_behind_a_door(tmp_path) as door:
        session = Session(
            own_workbench,
            MLFLOW_TRACKING_URI=door.uri,
            MLFLOW_HTTP_REQUEST_MAX_RETRIES="0",
            MLFLOW_HTTP_REQUEST_TIMEOUT="3",
        )
        client = MlflowClient(door.uri)
        kept = own_workbench.settings.journals / FOLDER
        try:
            session.run(1, 2)
            started = session.kernel.run(
                "outer = mlflow.start_run()\ninner = mlflow.start_run(nested=True)\n"
                "print(outer.info.run_id, inner.info.run_id)"
            )
            outer, inner = started.streams.split()[-2:]
            door.shut()
            for _ in range(2):
                ended = session.kernel.run("mlflow.end_run('KILLED')")
                assert ended.error is not None
                assert ended.error["ename"] == "MlflowException"
            assert session.kernel.run("print('on it goes')").streams == "on it goes\n"
            wait_until(lambda: len(list(kept.glob("*.json"))) == 2, 60, "what was missed is kept")
            shown = session.kernel.run("%mlops status").text
            assert "of ours failed" not in shown
            assert "is told when its tracking server is back" in shown
            door.open()
            assert client.get_run(outer).info.status == "RUNNING"
            Ingester(own_workbench.store).ingest_folder(own_workbench.settings.journals)
            wait_until(lambda: not list(kept.glob("[!.]*")), 120, "it is told")
            runs = [client.get_run(run_id) for run_id in (outer, inner)]
            assert [run.info.status for run in runs] == ["KILLED", "KILLED"]
            assert runs[0].data.tags["mlops.clean"] == "false"
            assert "mlops.clean" not in runs[1].data.tags
            path = Path(client.download_artifacts(outer, "mlops/cells.jsonl", str(tmp_path)))
            records = [json.loads(line) for line in path.read_text().splitlines()]
            assert records[-1]["source"] == "mlflow.end_run('KILLED')"
            assert records[-1]["status"] == "error"
        finally:
            session.kernel.close()


@pytest.mark.parametrize(
    "access",
    [
        {"JPY_API_TOKEN": "t", "JUPYTER_TOKEN": "t"},
        {"JUPYTER_PASSWORD": "p"},
        {
            "JUPYTERHUB_API_TOKEN": "t",
            "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:9/user/me/",
            "JUPYTERHUB_API_URL": "http://127.0.0.1:9/hub/api",
        },
    ],
    ids=["token", "password", "jupyterhub"],
)
def test_the_notebook_is_known_without_asking_a_server(
    own_workbench: Workbench, access: dict[str, str], tmp_path: Path
) -> None:
    """The server told the kernel; guessing through the sessions API would fail behind a login.

    MLflow does guess, from the servers that it finds in Jupyter's runtime folder: here are none.
    """
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "JUPYTER_RUNTIME_DIR": str(tmp_path / "no-servers")}
    session = Session(own_workbench, **quiet, **access)
    listen = """
import builtins, sys
builtins.asked = []
sys.addaudithook(lambda event, told: asked.append(told[1]) if event == "socket.connect" else None)
"""
    try:
        assert session.kernel.run(listen).status == "ok"
        tags = session.tags(session.run(1, 2, 3))
        assert tags["mlflow.source.name"] == str(session.path)
        assert session.kernel.run("print(builtins.asked)").streams == "[]\n"
    finally:
        session.kernel.close()
