"""Every common scikit-learn estimator is registered from its variable, loaded afresh, and served."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from notebook_kernel import NotebookKernel
from waiting import wait_until
from workbench import Workbench

from jupyter_mlops.models.reference import ModelReference
from jupyter_mlops.models.serving.service import ServingService

NOTEBOOK = "lab/estimators.ipynb"
REGISTER_ALL = """
import json, time, warnings
import mlflow, jupyter_mlops
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.compose import make_column_transformer
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import *
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import *
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import *
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
warnings.simplefilter("ignore")
cancer, diabetes = load_breast_cancer(as_frame=True), load_diabetes(as_frame=True)
X, y = cancer.data.iloc[:200, :8], cancer.target[:200]
Xd, yd = diabetes.data[:200], diabetes.target[:200]
def halve(rows):
    return rows / 2
few = dict(n_estimators=5, random_state=0)
classifiers = [
    LogisticRegression(max_iter=50), DecisionTreeClassifier(), RandomForestClassifier(**few),
    GradientBoostingClassifier(**few), HistGradientBoostingClassifier(max_iter=5), AdaBoostClassifier(**few),
    SVC(probability=False), KNeighborsClassifier(), MLPClassifier((4,), max_iter=20), GaussianNB(),
    LinearDiscriminantAnalysis(),
    make_pipeline(
        make_column_transformer((StandardScaler(), ["mean radius"]), remainder="passthrough"), SVC()
    ),
    make_pipeline(FunctionTransformer(halve), LogisticRegression(max_iter=50)),
    GridSearchCV(LogisticRegression(max_iter=50), {"C": [0.1, 1]}, cv=2),
    StackingClassifier([("tree", DecisionTreeClassifier()), ("bayes", GaussianNB())], cv=2),
]
regressors = [Ridge(), HistGradientBoostingRegressor(max_iter=5), KNeighborsRegressor(), ElasticNet(),
    GaussianProcessRegressor(), ExtraTreesRegressor(**few)]
told = []
for model, data, target in [(m, X, y) for m in classifiers] + [(m, Xd, yd) for m in regressors]:
    name = f"{type(model).__name__}-{len(told)}"
    made = jupyter_mlops.register(model.fit(data, target), name)
    told.append({"name": name, "version": made.version, "saved": made.made.saved.serialization,
        "of": made.made.example_of, "predicted": [float(value) for value in model.predict(data[:20])],
        "data": "X" if data is X else "Xd"})
X[:20].to_json("X.json", orient="split", double_precision=15)
Xd[:20].to_json("Xd.json", orient="split", double_precision=15)
print(json.dumps(told))
"""
LOAD_ALL = """
import json, sys, warnings
warnings.simplefilter("ignore")
import mlflow, pandas as pd
mlflow.set_tracking_uri(sys.argv[1])
data = {name: pd.read_json(f"{name}.json", orient="split", precise_float=True) for name in ("X", "Xd")}
answers = {}
for told in json.load(sys.stdin):
    model = mlflow.pyfunc.load_model(f"models:/{told['name']}/{told['version']}")
    answers[told["name"]] = [float(value) for value in model.predict(data[told["data"]].astype(float))]
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def kernel(workbench: Workbench) -> Iterator[NotebookKernel]:
    workbench.write(NOTEBOOK, "x = 1")
    kernel = NotebookKernel(workbench, NOTEBOOK)
    yield kernel
    kernel.close()


@pytest.fixture(scope="module")
def registered(kernel: NotebookKernel) -> list[dict[str, Any]]:
    """Each estimator's name and version, how it was saved, and what it predicted where it was fitted."""
    answer = kernel.run(REGISTER_ALL)
    assert answer.error is None, answer.error
    told: list[dict[str, Any]] = json.loads(answer.streams.splitlines()[-1])
    return told


@pytest.mark.slow
def test_each_registers_and_predicts_the_same_in_a_fresh_process(
    registered: list[dict[str, Any]], workbench: Workbench
) -> None:
    assert len(registered) == 21
    assert {one["version"] for one in registered} == {"1"}
    assert {one["of"] for one in registered} == {"X", "Xd"}
    by_name = {one["name"].partition("-")[0]: one["saved"] for one in registered[:11]}
    assert set(by_name.values()) == {"skops"}, by_name
    assert registered[12]["saved"] == "cloudpickle"  # it holds a function of the notebook's own
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD_ALL, workbench.settings.tracking_uri],
        input=json.dumps(registered),
        cwd=workbench.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert loaded.returncode == 0, loaded.stderr
    answers = json.loads(loaded.stdout.splitlines()[-1])
    for one in registered:
        assert answers[one["name"]] == pytest.approx(one["predicted"]), one["name"]


@pytest.mark.drill
@pytest.mark.timeout(1800)
def test_each_is_served_and_answers_as_where_it_was_fitted(
    registered: list[dict[str, Any]], workbench: Workbench
) -> None:
    service = ServingService(workbench.settings)
    for one in registered:
        serving = service.start(ModelReference.parse(f"{one['name']}/1"))
        try:
            wait_until(lambda at=serving: service.get(at.id).state != "starting", 120, f"{one['name']} is up")
            now = service.get(serving.id)
            assert now.state == "ready", f"{one['name']}: {now.message}"
            table = json.loads((workbench.root / f"{one['data']}.json").read_text())
            asked = {"dataframe_split": {"columns": table["columns"], "data": table["data"]}}
            request = Request(
                f"{now.url}/invocations",
                data=json.dumps(asked).encode(),
                headers={"Content-Type": "application/json"},
            )
            with urlopen(request, timeout=60) as answer:
                predicted = json.load(answer)["predictions"]
            assert [float(value) for value in predicted] == pytest.approx(one["predicted"]), one["name"]
        finally:
            service.stop(serving.id)
