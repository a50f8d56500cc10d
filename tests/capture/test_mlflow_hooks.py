"""What is mended in MLflow, in real kernels with a real MLflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from recorded_kernel import LOAD, UNLOAD, RecordedKernel

ENVIRON = {"MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONWARNINGS": "ignore"}

PREPARE = """
import json, os, warnings
import mlflow, mlflow.sklearn
warnings.simplefilter("ignore")
from sklearn.datasets import load_iris
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
X, y = load_iris(return_X_y=True)
class OfMine(LogisticRegression):
    pass
def logged(model, **how):
    info = mlflow.sklearn.log_model(model.fit(X, y), name="model", pip_requirements=[], **how)
    flavour = info.flavors["sklearn"]
    return {"uri": info.model_uri, "metadata": info.metadata, "format": flavour["serialization_format"],
            "trusted": flavour["skops_trusted_types"], "predicted": model.predict(X).tolist()}
"""

ESTIMATORS = {
    "make_pipeline(StandardScaler(), LogisticRegression())": "skops",
    "RandomForestClassifier(5)": "skops",
    "HistGradientBoostingClassifier(max_iter=3)": "skops",
    "GradientBoostingClassifier(n_estimators=3)": "skops",
    "SVC()": "skops",
    "KNeighborsClassifier()": "skops",
    "GaussianNB()": "skops",
    "MLPClassifier(max_iter=5)": "skops",
    "make_pipeline(FunctionTransformer(lambda x: x * 2), LogisticRegression())": "cloudpickle",
    "make_pipeline(FunctionTransformer(abs), RandomForestClassifier(5))": "cloudpickle",
    "OfMine()": "cloudpickle",
}


def ask(kernel: RecordedKernel, code: str) -> Any:
    """Run a cell that prints JSON last, and return that."""
    answer = kernel.run(code)
    assert answer.reply["status"] == "ok", answer.reply
    return json.loads(answer.streams["stdout"].splitlines()[-1])


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordedKernel]:
    """A kernel that was recording before it imported MLflow."""
    folder = tmp_path_factory.mktemp("mlflow")
    database = f"sqlite:///{folder / 'mlflow.sqlite'}"
    started = RecordedKernel(
        folder / "journals",
        folder,
        **ENVIRON,
        MLFLOW_TRACKING_URI=database,
        JPY_SESSION_NAME=str(folder / "work" / "train.ipynb"),
        JUPYTER_MLOPS_ROOT=str(folder),
    )
    assert started.run(LOAD).reply["status"] == "ok"
    assert started.run(PREPARE).reply["status"] == "ok"
    yield started
    started.stop()


def test_every_estimator_is_logged_and_loads_in_another_process(
    kernel: RecordedKernel, tmp_path: Path
) -> None:
    answer = kernel.run(
        f"models = {{text: logged(eval(text)) for text in {list(ESTIMATORS)}}}\n"
        f"with open({str(tmp_path / 'models.json')!r}, 'w') as file: json.dump(models, file)"
    )
    assert answer.reply["status"] == "ok", answer.reply
    models = json.loads((tmp_path / "models.json").read_text())
    assert {text: model["format"] for text, model in models.items()} == ESTIMATORS
    assert {text: model["metadata"]["mlops.serialization"] for text, model in models.items()} == ESTIMATORS
    for model in models.values():
        assert all(name.startswith(("sklearn.", "numpy.", "scipy.")) for name in model["trusted"] or ())
    warned = [line for line in answer.streams["stderr"].splitlines() if "cloudpickle" in line]
    assert len(warned) == sum(
        form == "cloudpickle" for form in ESTIMATORS.values()
    )  # one line each, and no other
    assert "OfMine was saved with cloudpickle, as skops cannot hold it (__main__.OfMine)" in warned[-1]
    script = "\n".join(
        [
            "import json, sys, mlflow",
            "from sklearn.datasets import load_iris",
            "X, _ = load_iris(return_X_y=True)",
            "for text, model in json.load(open(sys.argv[1])).items():",
            "    for flavour in (mlflow.sklearn, mlflow.pyfunc):",
            "        assert flavour.load_model(model['uri']).predict(X).tolist() == model['predicted'], text",
        ]
    )
    tracking = ask(kernel, "print(json.dumps(mlflow.get_tracking_uri()))")
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "models.json")],
        env={**os.environ, **ENVIRON, "MLFLOW_TRACKING_URI": tracking},
        check=True,
    )


def test_xgboost_is_logged(kernel: RecordedKernel) -> None:
    pytest.importorskip("xgboost")
    model = ask(kernel, "import xgboost; print(json.dumps(logged(xgboost.XGBClassifier(n_estimators=2))))")
    assert model["format"] == "cloudpickle"


def test_a_model_that_skops_accepts_is_written_once_and_a_refused_one_twice(kernel: RecordedKernel) -> None:
    code = """
import skops.io
dumps, dump = [], skops.io.dump
skops.io.dump = lambda *args, **kwargs: (dumps.append(1), dump(*args, **kwargs))[1]
logged(SVC()); accepted = len(dumps)
logged(RandomForestClassifier(2)); refused = len(dumps) - accepted
skops.io.dump = dump
print(json.dumps([accepted, refused]))
"""
    assert ask(kernel, code) == [1, 2]


def test_a_format_that_the_notebook_gives_is_left_alone(kernel: RecordedKernel) -> None:
    code = """
try:
    logged(RandomForestClassifier(2), serialization_format="skops"); refused = ""
except mlflow.MlflowException as error:
    refused = str(error)
trusted = logged(RandomForestClassifier(2), skops_trusted_types=["sklearn.tree._tree.Tree"])
pickled = logged(SVC(), serialization_format="pickle", metadata={"mine": 1})
print(json.dumps([refused, trusted, pickled]))
"""
    refused, trusted, pickled = ask(kernel, code)
    assert "untrusted types" in refused
    assert (trusted["format"], trusted["metadata"]) == ("skops", None)
    assert (pickled["format"], pickled["metadata"]) == ("pickle", {"mine": 1})


def test_save_model_chooses_too_and_keeps_the_users_metadata(kernel: RecordedKernel, tmp_path: Path) -> None:
    code = f"""
forest = RandomForestClassifier(2).fit(X, y)
path = {str(tmp_path / "model")!r}
mlflow.sklearn.save_model(forest, path, pip_requirements=[], metadata={{"mine": 1}}, input_example=X[:2])
info = mlflow.models.get_model_info(path)
try:
    mlflow.sklearn.save_model(forest, path); again = ""
except mlflow.MlflowException as error:
    again = str(error)
same = (mlflow.sklearn.load_model(path).predict(X) == forest.predict(X)).all()
print(json.dumps([info.metadata, info.signature is not None, again, bool(same)]))
"""
    metadata, signed, again, same = ask(kernel, code)
    assert metadata == {"mine": 1, "mlops.serialization": "skops"}
    assert signed
    assert same
    assert "already exists and is not empty" in again  # MLflow's own refusal, and the model is untouched


def test_a_model_that_nothing_can_save_fails_with_the_true_reason(kernel: RecordedKernel) -> None:
    code = """
import threading
class Locked(LogisticRegression):
    def fit(self, X, y):
        self.lock_ = threading.Lock()
        return super().fit(X, y)
try:
    logged(Locked()); reason = ""
except Exception as error:
    reason = str(error)
print(json.dumps(reason))
"""
    assert "cannot pickle '_thread.lock' object" in ask(kernel, code)


def test_autologging_is_left_alone_as_it_asks_for_cloudpickle_itself(kernel: RecordedKernel) -> None:
    code = """
mlflow.sklearn.autolog(log_datasets=False, log_input_examples=False, log_model_signatures=False, silent=True)
with mlflow.start_run() as run:
    RandomForestClassifier(2).fit(X, y)
mlflow.sklearn.autolog(disable=True)
found = f"source_run_id = '{run.info.run_id}'"
(model,) = mlflow.search_logged_models(filter_string=found, output_format="list")
flavour = mlflow.models.get_model_info(model.model_uri).flavors["sklearn"]
loaded = mlflow.sklearn.load_model(model.model_uri)
print(json.dumps([flavour["serialization_format"], type(loaded).__name__]))
"""
    assert ask(kernel, code) == ["cloudpickle", "RandomForestClassifier"]


def test_a_run_says_which_notebook_and_cell_made_it(kernel: RecordedKernel) -> None:
    answer = kernel.run(
        "with mlflow.start_run() as run: pass\nprint(json.dumps(mlflow.get_run(run.info.run_id).data.tags))",
        cellId="the-cell",
    )
    tags = json.loads(answer.streams["stdout"])
    begin, _ = kernel.record(answer)
    assert tags["mlflow.source.type"] == "NOTEBOOK"
    assert tags["mlflow.source.name"].endswith("/work/train.ipynb")
    assert tags["mlops.notebook"] == "work/train.ipynb"
    assert tags["mlops.cell_id"] == "the-cell"
    assert tags["mlops.execution_id"] == begin["exec_id"]
    assert "mlops.run_id" not in tags


def test_a_script_that_a_notebook_starts_is_no_notebook_and_loads_no_store(kernel: RecordedKernel) -> None:
    code = """
import subprocess, sys
script = (
    "import IPython, sys; from jupyter_mlops.tracking.context import NotebookRunContext as C;"
    "print([C().in_context(), C().tags(), 'jupyter_mlops.store' in sys.modules])"
)
printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
print(json.dumps(printed.splitlines()[-1]))
"""
    assert ask(kernel, code) == "[False, {}, False]"


JOB = """
import json, os
import mlflow
from mlflow.tracking import fluent
client = mlflow.MlflowClient()
job = client.create_experiment("job")
attempt = client.create_run(job).info.run_id
other = client.create_experiment("other")
os.environ["JUPYTER_MLOPS_MLFLOW_RUN_ID"] = attempt
os.environ["MLFLOW_EXPERIMENT_ID"] = job
TRACKING = mlflow.get_tracking_uri()
def as_the_job_starts():
    while mlflow.active_run(): mlflow.end_run()
    mlflow.set_tracking_uri(TRACKING)
    fluent._active_experiment_id = None
    os.environ["MLFLOW_RUN_ID"] = attempt
    os.environ["MLFLOW_EXPERIMENT_ID"] = job
def told():
    info = mlflow.active_run().info
    names = {job: "job", other: "other"}
    print(json.dumps([info.run_id == attempt, names.get(info.experiment_id, info.experiment_id)]))
"""


@pytest.fixture(scope="module")
def job_kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordedKernel]:
    """A job's kernel, which had imported MLflow before it began to record."""
    folder = tmp_path_factory.mktemp("job")
    started = RecordedKernel(
        folder / "journals",
        folder,
        **ENVIRON,
        MLFLOW_TRACKING_URI=f"sqlite:///{folder / 'mlflow.sqlite'}",
        JUPYTER_MLOPS_NOTEBOOK="work/train.ipynb",
        JUPYTER_MLOPS_RUN_ID="abcdefabcdef",
        JUPYTER_MLOPS_ATTEMPT_ID="fedcbafedcba",
    )
    assert started.run(JOB).reply["status"] == "ok"
    assert started.run(LOAD).reply["status"] == "ok"
    yield started
    started.stop()


@pytest.mark.parametrize(
    ("cell", "continues", "experiment"),
    [
        ("mlflow.start_run()", True, "job"),
        ("mlflow.log_metric('m', 1)", True, "job"),
        ("mlflow.set_experiment('job'); mlflow.start_run()", True, "job"),
        ("mlflow.set_experiment('other'); mlflow.start_run()", False, "other"),
        ("mlflow.set_experiment('other'); mlflow.log_metric('m', 1)", False, "other"),
        ("mlflow.set_experiment(experiment_id=other); fluent.start_run(run_name='n')", False, "other"),
        ("mlflow.start_run(experiment_id=other)", False, "other"),
        ("mlflow.start_run(experiment_id=job)", True, "job"),
        ("mlflow.start_run(run_id=client.create_run(other).info.run_id)", False, "other"),
        ("mlflow.set_tracking_uri('sqlite:///elsewhere.sqlite'); mlflow.start_run()", False, "0"),
    ],
)
def test_a_notebooks_first_run_continues_its_attempts_unless_it_asks_for_another_place(
    job_kernel: RecordedKernel, cell: str, continues: bool, experiment: str
) -> None:
    assert ask(job_kernel, f"as_the_job_starts()\n_ = {cell.replace('; ', chr(10) + '_ = ')}\ntold()") == [
        continues,
        experiment,
    ]


def test_a_run_elsewhere_still_says_which_job_run_made_it(job_kernel: RecordedKernel) -> None:
    code = """
as_the_job_starts()
mlflow.set_experiment("other")
with mlflow.start_run() as run: pass
print(json.dumps(mlflow.get_run(run.info.run_id).data.tags))
"""
    tags = ask(job_kernel, code)
    assert (tags["mlops.run_id"], tags["mlops.attempt_id"]) == ("abcdefabcdef", "fedcbafedcba")
    assert tags["mlflow.source.name"] == "work/train.ipynb"


def test_a_run_id_that_is_not_the_attempts_keeps_mlflows_own_rules(job_kernel: RecordedKernel) -> None:
    code = """
as_the_job_starts()
os.environ["MLFLOW_RUN_ID"] = client.create_run(job).info.run_id
mlflow.set_experiment("other")
try:
    mlflow.start_run(); refused = ""
except mlflow.MlflowException as error:
    refused = str(error)
print(json.dumps(refused))
"""
    assert "does not match environment run ID" in ask(job_kernel, code)


def test_unloading_gives_mlflow_its_functions_back(job_kernel: RecordedKernel) -> None:
    ours = "print(json.dumps([hasattr(f, '_mlops_original') for f in (mlflow.start_run, fluent.start_run)]))"
    assert ask(job_kernel, ours) == [True, True]
    job_kernel.run(UNLOAD)
    assert ask(job_kernel, ours) == [False, False]
    job_kernel.run(LOAD)
    assert ask(job_kernel, ours) == [True, True]


def test_an_error_of_ours_leaves_mlflows_call_as_it_is(job_kernel: RecordedKernel) -> None:
    code = """
from jupyter_mlops.capture.kernel import job_run
true, job_run._experiment_of = job_run._experiment_of, None
as_the_job_starts()
_ = mlflow.start_run()
job_run._experiment_of = true
told()
"""
    assert ask(job_kernel, code) == [True, "job"]


def logged_by(kernel: RecordedKernel, code: str) -> dict[str, Any]:
    answer = kernel.run(code)
    assert answer.reply["status"] == "ok", answer.reply
    _, end = kernel.record(answer)
    return dict(end.get("mlflow", {}))


def test_a_cells_record_tells_what_it_logged_to_mlflow(kernel: RecordedKernel) -> None:
    noted = logged_by(
        kernel,
        "with mlflow.start_run() as run:\n"
        "    mlflow.log_param('depth', 3); mlflow.log_metric('loss', 0.5); mlflow.log_metric('loss', 0.25)\n"
        "    mlflow.log_metrics({'acc': 1.0, 'bad': float('nan')}); mlflow.log_params({'long': 'x' * 300})\n"
        "    mlflow.log_text('hello', 'notes/hello.txt')\n"
        "    mlflow.MlflowClient().log_param(run.info.run_id, 'by_client', 1)\n"
        "run_id = run.info.run_id",
    )
    run_id = json.loads(ask_text(kernel, "json.dumps(run_id)"))
    assert noted == {
        "run_ids": [run_id],
        "params": {"depth": "3", "long": "x" * 200, "by_client": "1"},
        "metrics": {"loss": 0.25, "acc": 1.0, "bad": "nan"},
        "artifacts": ["notes/hello.txt"],
    }
    assert logged_by(kernel, "print('nothing')") == {}


def ask_text(kernel: RecordedKernel, expression: str) -> str:
    return kernel.run(f"print({expression})").streams["stdout"]


def test_a_logged_model_is_told_by_its_id(kernel: RecordedKernel) -> None:
    noted = logged_by(
        kernel,
        "with mlflow.start_run():\n"
        "    info = mlflow.sklearn.log_model(LogisticRegression().fit(X, y), name='m', pip_requirements=[])",
    )
    assert noted["model_ids"] == [ask_text(kernel, "info.model_id").strip()]
    assert len(noted["run_ids"]) == 1


def test_what_autologging_logs_is_the_cells(kernel: RecordedKernel) -> None:
    noted = logged_by(
        kernel,
        "mlflow.sklearn.autolog(log_models=False, silent=True)\n"
        "_ = LogisticRegression(max_iter=321).fit(X, y)\n"
        "mlflow.sklearn.autolog(disable=True); mlflow.end_run()",
    )
    assert noted["params"]["max_iter"] == "321"
    assert "training_accuracy_score" in noted["metrics"]


def test_more_names_than_are_kept_are_counted(kernel: RecordedKernel) -> None:
    answer = kernel.run("with mlflow.start_run(): mlflow.log_metrics({f'm{n}': n for n in range(130)})")
    _, end = kernel.record(answer)
    assert (len(end["mlflow"]["metrics"]), end["dropped"]) == (100, {"mlflow": 30})
