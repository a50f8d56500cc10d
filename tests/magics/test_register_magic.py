"""`%mlops register --from` and `jupyter_mlops.register` in a real kernel, on a real registry."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from mlflow import MlflowClient
from notebook_kernel import Answer, NotebookKernel
from workbench import Workbench

pytestmark = pytest.mark.slow

NOTEBOOK = "lab/register.ipynb"
PREPARE = """
import mlflow, jupyter_mlops
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
X, y = load_iris(return_X_y=True, as_frame=True)
model = LogisticRegression(max_iter=500).fit(X, y)
fresh = LogisticRegression()
"""


@pytest.fixture(scope="module")
def kernel(workbench: Workbench) -> Iterator[NotebookKernel]:
    workbench.write(NOTEBOOK, "%load_ext jupyter_mlops", "x = 1")
    kernel = NotebookKernel(workbench, NOTEBOOK)
    assert kernel.run(PREPARE).status == "ok"
    yield kernel
    kernel.close()


@pytest.fixture(scope="module")
def client(workbench: Workbench) -> MlflowClient:
    return MlflowClient(workbench.settings.tracking_uri)


def ran(answer: Answer) -> Answer:
    assert answer.status == "ok", answer.error
    return answer


def refused(answer: Answer) -> str:
    assert answer.error is not None
    return "\n".join(answer.error["traceback"])


def test_without_anything_logged_it_names_the_variables_that_hold_models(kernel: NotebookKernel) -> None:
    said = refused(kernel.run("%mlops register iris"))
    assert "%mlops register iris --from model" in said


@pytest.mark.parametrize(
    ("line", "teaches"),
    [
        ("register iris --from nothing", "Variables with models: model"),
        ("register iris --from X", "Models are those of scikit-learn"),
        ("register iris --from fresh", "fresh.fit(X, y)"),
        ("register iris --from LogisticRegression", "LogisticRegression(...).fit(X, y)"),
        ("register iris --from model --example nothing", "--example no"),
        ("register iris --from model --example y", "cannot predict for the example"),
        ("register iris --from model --gate metric:accuracy", "Write metric:accuracy>=0.9"),
        ("register iris --from model --alias latest", "MLflow reads it as a version"),
        (f"register iris --from {'0' * 32}", "has no MLflow run"),
        (f"register iris --from m-{'0' * 32}", "has no logged model"),
        ("register iris --from iris@champion", "has no version"),
        ("register iris/2 --from model", "without `/`"),
    ],
)
def test_errors_teach_and_nothing_is_registered(
    kernel: NotebookKernel, client: MlflowClient, line: str, teaches: str
) -> None:
    assert teaches in refused(kernel.run(f"%mlops {line}"))
    assert [model.name for model in client.search_registered_models()] == []


def test_a_variable_is_registered_in_a_run_of_the_notebooks_own(
    kernel: NotebookKernel, client: MlflowClient
) -> None:
    made = ran(kernel.run("%mlops register iris --from model", cell_id="the-cell"))
    assert "Registered iris, version 1" in made.text
    assert "skops, which runs no code" in made.text
    assert "the first rows of X" in made.text
    assert "scikit-learn==" in made.text
    version = client.get_model_version("iris", "1")
    assert version.tags["mlops.notebook"] == NOTEBOOK
    assert version.tags["mlops.serialization"] == "skops"
    run = client.get_run(version.run_id)
    assert (run.info.run_name, run.info.status) == ("register", "FINISHED")
    assert run.data.tags["mlops.cell_id"] == "the-cell"
    assert client.get_registered_model("iris").aliases.keys() == {"candidate"}


def test_an_active_run_is_the_models_own_and_goes_on(kernel: NotebookKernel, client: MlflowClient) -> None:
    code = """
with mlflow.start_run(run_name="mine") as run:
    mlflow.log_metric("accuracy", 0.97)
    made = jupyter_mlops.register(model, "iris", alias="champion", gates=["metric:accuracy>=0.9"])
    assert mlflow.active_run().info.run_id == run.info.run_id
made
"""
    shown = ran(kernel.run(code))
    assert "it is champion now" in shown.text
    assert "passed" in shown.text
    version = client.get_model_version("iris", "2")
    assert client.get_run(version.run_id).info.run_name == "mine"
    assert str(client.get_registered_model("iris").aliases["champion"]) == "2"


def test_a_gate_that_refuses_makes_no_version_and_says_what_would_pass(
    kernel: NotebookKernel, client: MlflowClient
) -> None:
    code = """
with mlflow.start_run():
    mlflow.log_metric("accuracy", 0.678)
    %mlops register iris --from model --alias champion --gate metric:accuracy>=0.9
"""
    said = refused(kernel.run(code))
    assert "0.678" in said
    assert "at least 0.9" in said
    assert len(client.search_model_versions("name='iris'")) == 2


def test_versions_runs_and_logged_models_are_named_as_well(
    kernel: NotebookKernel, client: MlflowClient
) -> None:
    first = client.get_model_version("iris", "1")
    for source in ("iris@champion", "iris/1", first.run_id, f"--run {first.run_id}"):
        option = source if source.startswith("--run") else f"--from {source}"
        assert "Registered copy" in ran(kernel.run(f"%mlops register copy {option}")).text
    assert len(client.search_model_versions("name='copy'")) == 4
    sources = {version.source for version in client.search_model_versions("name='copy'")}
    assert first.source in sources


def test_a_model_with_the_notebooks_own_code_is_marked(kernel: NotebookKernel, client: MlflowClient) -> None:
    code = """
def tall(rows):
    return rows.iloc[:, 0] > 5
%mlops register rule --from tall --example X
"""
    shown = ran(kernel.run(code))
    assert "can run code" in shown.text
    assert client.get_model_version("rule", "1").tags["mlops.serialization"] == "cloudpickle"


def test_no_example_is_kept_when_none_is_wanted(kernel: NotebookKernel) -> None:
    code = """
made = jupyter_mlops.register(model, "bare", example=False, requirements=["scikit-learn"])
import json, os
folder = mlflow.artifacts.download_artifacts(made.uri)
required = open(folder + "/requirements.txt").read()
print(json.dumps([made.made.saved.signature, sorted(os.listdir(folder)), required]))
"""
    signature, files, requirements = json.loads(ran(kernel.run(code)).streams.splitlines()[-1])
    assert signature is None
    assert not [name for name in files if "example" in name]
    assert "scikit-learn\n" in requirements
