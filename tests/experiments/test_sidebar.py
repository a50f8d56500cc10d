"""What the sidebar asks of a kernel, in a real kernel with a real MLflow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from mlflow import MlflowClient
from notebook_kernel import NotebookKernel
from workbench import Workbench

from jupyter_mlops.notebooks.snapshots import SnapshotStore

NOTEBOOK = "lab/it's by hand.ipynb"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def kernel(workbench: Workbench) -> Iterator[NotebookKernel]:
    workbench.write(NOTEBOOK, "x = 1")
    kernel = NotebookKernel(workbench, NOTEBOOK)
    assert kernel.run("import jupyter_mlops\nfrom jupyter_mlops.experiments import sidebar").status == "ok"
    yield kernel
    kernel.close()


@pytest.fixture
def client(workbench: Workbench) -> MlflowClient:
    return MlflowClient(workbench.settings.tracking_uri)


def asked(kernel: NotebookKernel, question: str) -> dict[str, Any]:
    answer = kernel.run(f"print(sidebar.{question})")
    assert answer.status == "ok", answer.error
    told: dict[str, Any] = json.loads(bytes.fromhex(answer.streams.strip().splitlines()[-1]))
    return told


def test_the_state_is_told_without_importing_mlflow(kernel: NotebookKernel) -> None:
    assert asked(kernel, "state()") == {"value": {"run": None, "autolog": []}}
    assert kernel.run("import sys; print('mlflow' in sys.modules)").streams == "False\n"


def test_logging_outside_a_run_is_refused_with_how_to_mend_it(kernel: NotebookKernel) -> None:
    for kind in ("param", "metric", "tag"):
        problem = asked(kernel, f"log('{kind}', 'a', '1')")["problem"]
        assert problem["message"] == "No MLflow run is active in this kernel."
        assert problem["hint"]


def test_autologging_is_told_as_it_is_whoever_switched_it(kernel: NotebookKernel) -> None:
    assert asked(kernel, "autolog(True)") == {"value": None}
    assert asked(kernel, "state()")["value"]["autolog"] == ["mlflow"]
    assert kernel.run("import mlflow; mlflow.autolog(disable=True)").status == "ok"
    assert asked(kernel, "state()")["value"]["autolog"] == []
    assert kernel.run("mlflow.sklearn.autolog(silent=True)").status == "ok"
    assert asked(kernel, "autolog(False)") == {"value": None}
    assert asked(kernel, "state()")["value"]["autolog"] == ["sklearn"]
    assert kernel.run("mlflow.sklearn.autolog(disable=True)").status == "ok"
    assert asked(kernel, "state()")["value"]["autolog"] == []


def test_values_are_logged_as_what_they_are_called(kernel: NotebookKernel, client: MlflowClient) -> None:
    assert kernel.run("_ = jupyter_mlops.start('by hand')").status == "ok"
    run_id = asked(kernel, "state()")["value"]["run"]["run_id"]
    for kind, name, value in (("param", "depth", "3"), ("metric", "loss", "2.5e-1"), ("tag", "team", "ü")):
        assert asked(kernel, f"log('{kind}', '{name}', '{value}')") == {"value": "by hand"}
    assert "MLflow refuses" in asked(kernel, "log('param', 'depth', '4')")["problem"]["message"]
    data = client.get_run(run_id).data
    assert (data.params, data.metrics, data.tags["team"]) == ({"depth": "3"}, {"loss": 0.25}, "ü")


def test_a_snapshot_says_which_copy_and_the_active_run_is_told(
    kernel: NotebookKernel, client: MlflowClient, workbench: Workbench
) -> None:
    run_id = asked(kernel, "state()")["value"]["run"]["run_id"]
    kept = asked(kernel, "snapshot()")["value"]
    assert (kept["notebook"], kept["run"], kept["run_problem"]) == (NOTEBOOK, "by hand", None)
    assert client.get_run(run_id).data.tags["mlops.kept_snapshot_sha"] == kept["sha"]
    store = SnapshotStore(workbench.settings.snapshots)
    assert store.read(kept["sha"]) == (workbench.root / NOTEBOOK).read_bytes()
    assert store.pin_path(kept["sha"]).exists()
    assert kernel.run("_ = jupyter_mlops.stop()").status == "ok"
    again = asked(kernel, "snapshot()")["value"]
    assert (again["sha"], again["run"], again["run_problem"]) == (kept["sha"], None, None)


def test_the_notebooks_runs_are_listed_and_compared_as_diff_does(kernel: NotebookKernel) -> None:
    assert kernel.run("_ = jupyter_mlops.start('other'); jupyter_mlops.log(loss=float('nan'))").status == "ok"
    assert kernel.run("_ = jupyter_mlops.stop()").status == "ok"
    newest, before = asked(kernel, "runs()")["value"]
    assert (newest["name"], before["name"]) == ("other", "by hand")
    found = asked(kernel, f"diff('{before['run_id']}', '{newest['run_id']}')")["value"]
    assert (found["a"], found["b"]) == ("by hand", "other")
    assert {row["name"]: (row["a"], row["b"]) for row in found["rows"]} == {
        "param depth": ("3", None),
        "metric loss": (0.25, "nan"),
    }
    assert "no MLflow run" in asked(kernel, f"diff('{'0' * 32}', '{newest['run_id']}')")["problem"]["message"]
