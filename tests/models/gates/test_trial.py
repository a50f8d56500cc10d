"""Models tried out in child processes: what they answer, and what becomes of those that misbehave."""

from __future__ import annotations

import json
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import psutil
import pytest
from laboratory import PATIENT, Laboratory
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import f1_score, log_loss, mean_absolute_error, roc_auc_score
from waiting import wait_until

from jupyter_mlops.models.facts import EvaluationData, ModelFacts
from jupyter_mlops.models.trial import TrialError
from jupyter_mlops.models.trial_child import TrialLimits
from jupyter_mlops.models.trial_processes import TrialProcesses

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # each child process imports MLflow


@pytest.fixture(scope="module")
def cancer(laboratory: Laboratory) -> ModelFacts:
    return laboratory.breast_cancer(1.0, 7)


def evaluation_of(facts: ModelFacts) -> EvaluationData:
    assert facts.evaluation is not None
    return facts.evaluation


def test_it_predicts_for_its_own_example(trial: TrialProcesses, cancer: ModelFacts) -> None:
    said = trial.predict_example(cancer, fresh=False)
    assert said["rows"] == 5 and len(said["sample"]) == 3 and set(said["sample"]) <= {0, 1}


def test_the_time_of_a_prediction_is_measured(trial: TrialProcesses, cancer: ModelFacts) -> None:
    said = trial.latency(cancer, rows=100, repeats=20)
    assert 0 < said["p50_s"] <= said["p95_s"]


def test_the_scores_are_those_that_the_notebook_logged(trial: TrialProcesses, cancer: ModelFacts) -> None:
    said = trial.score(cancer, evaluation_of(cancer), cancer, ["accuracy", "roc_auc"], ["size"])
    assert said["metrics"] == pytest.approx(dict(cancer.metrics))
    sizes = said["slices"]["size"]
    assert set(sizes) == {"large", "small"}
    assert sum(part["rows"] for part in sizes.values()) == said["rows"] == 143
    right = sum(part["rows"] * part["metrics"]["accuracy"] for part in sizes.values())
    assert right == pytest.approx(143 * cancer.metrics["accuracy"])


def test_one_process_answers_all_questions_and_none_is_this_one(
    trial: TrialProcesses, cancer: ModelFacts, laboratory: Laboratory
) -> None:
    Path(laboratory.root, "who.py").write_text("import os\ndef am_i(_):\n    return os.getpid()\n")
    first = trial.call("who.py:am_i", {})
    trial.predict_example(cancer, fresh=False)
    assert trial.call("who:am_i", {}) == first != os.getpid()


def test_several_classes_of_text(laboratory: Laboratory, trial: TrialProcesses) -> None:
    rng = np.random.default_rng(3)
    X = pd.DataFrame(rng.normal(size=(200, 3)), columns=["a", "b", "c"])  # noqa: N806
    y = pd.Series(np.select([X["a"] > 0.5, X["b"] > 0], ["Gentoo", "Adelie"], "Chinstrap"), name="species")
    model = LogisticRegression().fit(X, y)
    facts = laboratory.log(model, input_example=X.head(), evaluation=(X, y))
    said = trial.score(facts, evaluation_of(facts), facts, ["f1", "roc_auc", "log_loss"])["metrics"]
    shares = model.predict_proba(X)
    assert said["f1"] == pytest.approx(f1_score(y, model.predict(X), average="macro"))
    assert said["roc_auc"] == pytest.approx(roc_auc_score(y, shares, multi_class="ovr"))
    assert said["log_loss"] == pytest.approx(log_loss(y, shares))


def test_a_regression_on_an_array(laboratory: Laboratory, trial: TrialProcesses) -> None:
    rows = np.arange(40.0).reshape(20, 2) % 7
    values = rows @ [2.0, -1.0] + np.sin(np.arange(20))
    model = LinearRegression().fit(rows, values)
    facts = laboratory.log(model, input_example=rows[:2], evaluation=(rows, values))
    said = trial.score(facts, evaluation_of(facts), facts, ["mae", "rmse", "r2"])["metrics"]
    assert said["mae"] == pytest.approx(mean_absolute_error(values, model.predict(rows)))
    with pytest.raises(TrialError, match="has no predict_proba"):
        trial.score(facts, evaluation_of(facts), facts, ["roc_auc"])
    with pytest.raises(TrialError, match="accuracy cannot be computed"):
        trial.score(facts, evaluation_of(facts), facts, ["accuracy"])


def test_a_metric_that_nobody_can_compute_is_named(trial: TrialProcesses, cancer: ModelFacts) -> None:
    with pytest.raises(TrialError, match="no way to compute 'happiness'") as refused:
        trial.score(cancer, evaluation_of(cancer), cancer, ["happiness"])
    assert "accuracy" in str(refused.value.hint)


def test_a_column_that_the_model_needs_is_named(
    laboratory: Laboratory, trial: TrialProcesses, cancer: ModelFacts
) -> None:
    X = pd.DataFrame({"only": [0.0, 1.0, 2.0, 3.0]})  # noqa: N806
    other = laboratory.log(LogisticRegression().fit(X, [0, 0, 1, 1]), evaluation=(X, [0, 0, 1, 1]))
    with pytest.raises(TrialError, match="no column 'mean radius', which the model needs"):
        trial.score(cancer, evaluation_of(other), other, ["accuracy"])


def test_a_file_that_changed_since_is_not_loaded(laboratory: Laboratory, trial: TrialProcesses) -> None:
    X = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0]})  # noqa: N806
    facts = laboratory.log(LogisticRegression().fit(X, [0, 0, 1, 1]), input_example=X)
    folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=facts.uri))
    trial.predict_example(facts, fresh=False)
    file = folder / "requirements.txt"
    before = file.read_text()
    file.write_text(before + "surprise\n")
    with pytest.raises(TrialError, match=r"file requirements.txt changed since it was approved"):
        trial.predict_example(facts, fresh=False)
    today = laboratory.facts(facts.model_id)  # the checksums that were kept with the version are what counts
    registered = replace(today, tags={**today.tags, "mlops.checksums": json.dumps(dict(facts.checksums))})
    with pytest.raises(TrialError, match=r"file requirements.txt changed since it was approved"):
        trial.predict_example(registered, fresh=False)
    file.write_text(before)
    Path(folder, "code.py").write_text("1 / 0")
    with pytest.raises(TrialError, match=r"file code.py was added since it was approved"):
        trial.predict_example(facts, fresh=False)
    Path(folder, "code.py").unlink()
    file.unlink()
    with pytest.raises(TrialError, match=r"file requirements.txt is gone since it was approved"):
        trial.predict_example(facts, fresh=False)


def test_evaluation_data_that_changed_since_are_not_used(
    laboratory: Laboratory, trial: TrialProcesses, cancer: ModelFacts
) -> None:
    forged = replace(evaluation_of(cancer), sha="0" * 64)
    with pytest.raises(TrialError, match="evaluation data changed since they were logged"):
        trial.score(cancer, forged, cancer, ["accuracy"])


class Chatty(mlflow.pyfunc.PythonModel):  # type: ignore[misc,name-defined]
    """A model with a mind of its own: its input says what it does."""

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        import os
        import subprocess
        import sys

        print("I am talking", flush=True)
        what = str(next(iter(model_input["what"])))
        if what == "read":
            return [sys.stdin.read()]
        if what == "die":
            os._exit(3)
        if what == "hang":
            subprocess.run([sys.executable, "-c", "import time; time.sleep(1000)"], check=False)
        if what == "eat":
            held = [bytearray(os.urandom(1) * 10**8) for _ in range(40)]
            import time

            time.sleep(1000 + len(held))
        return [what]


def chatty(laboratory: Laboratory, what: str) -> ModelFacts:
    import sys

    import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    with mlflow.start_run():
        info = mlflow.pyfunc.log_model(
            name="chatty",
            python_model=Chatty(),
            pip_requirements=["cloudpickle"],
            signature=mlflow.models.infer_signature(pd.DataFrame({"what": ["x"]}), ["x"]),
        )
    facts = laboratory.facts(info.model_id)
    folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=facts.uri))
    _save_example(folder, pd.DataFrame({"what": [what]}))
    return laboratory.facts(info.model_id)


def _save_example(folder: Path, example: pd.DataFrame) -> None:
    """Beside the model, without predicting for it as `log_model` would."""
    from mlflow.models import Model
    from mlflow.models.utils import _save_example

    described = Model.load(folder)
    _save_example(described, example, str(folder))
    described.save(folder / "MLmodel")


def test_what_a_model_prints_or_reads_spoils_no_answer(laboratory: Laboratory, trial: TrialProcesses) -> None:
    assert trial.predict_example(chatty(laboratory, "say"), fresh=False)["sample"] == ["say"]
    assert trial.predict_example(chatty(laboratory, "read"), fresh=False)["sample"] == [""]


def test_a_model_that_ends_its_process_is_told_and_the_next_question_is_answered(
    laboratory: Laboratory, trial: TrialProcesses, cancer: ModelFacts
) -> None:
    with pytest.raises(TrialError, match="ended with the code 3"):
        trial.predict_example(chatty(laboratory, "die"), fresh=False)
    assert trial.predict_example(cancer, fresh=False)["rows"] == 5


def grandchildren() -> list[psutil.Process]:
    return [one for one in psutil.Process().children(recursive=True) if one.is_running()]


def test_a_model_that_hangs_is_ended_with_all_that_it_started(laboratory: Laboratory) -> None:
    facts = chatty(laboratory, "hang")
    before = set(grandchildren())
    with TrialProcesses(laboratory.settings, limits=PATIENT) as trial:
        trial.predict_example(
            chatty(laboratory, "say"), fresh=False
        )  # MLflow is loaded: the limit is the model's
        trial._children[""]._limits = TrialLimits(seconds=3, memory_bytes=PATIENT.memory_bytes)
        with pytest.raises(TrialError, match=r"took longer than 3 s") as refused:
            trial.predict_example(facts, fresh=False)
        assert "JUPYTER_MLOPS_TRIAL_SECONDS" in str(refused.value.hint)
    wait_until(lambda: not set(grandchildren()) - before, 30, "the model and its child are gone")


def test_a_model_that_eats_the_memory_is_ended(laboratory: Laboratory) -> None:
    limits = replace(PATIENT, memory_bytes=2 * 10**9)
    facts = chatty(laboratory, "eat")
    with (
        TrialProcesses(laboratory.settings, limits=limits) as trial,
        pytest.raises(TrialError, match="of memory, more than 2 GB"),
    ):
        trial.predict_example(facts, fresh=False)


def test_a_trial_ends_with_who_started_it(laboratory: Laboratory) -> None:
    import subprocess
    import sys

    program = (
        "import os, sys\n"
        "from jupyter_mlops.config import Settings\n"
        "from jupyter_mlops.models.trial_processes import TrialProcesses\n"
        "trial = TrialProcesses(Settings.load())\n"
        "print(trial.call('me.py:pid', {}), flush=True)\n"
        "sys.stdin.read()\n"
    )
    Path(laboratory.root, "me.py").write_text("import os\ndef pid(_):\n    return os.getpid()\n")
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=laboratory.root,
        text=True,
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    assert child.is_running()
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 30, "the child ends")


def test_two_threads_may_each_have_their_own(laboratory: Laboratory, cancer: ModelFacts) -> None:
    answers: list[int] = []

    def ask() -> None:
        with TrialProcesses(laboratory.settings, limits=PATIENT) as trial:
            answers.append(trial.predict_example(cancer, fresh=False)["rows"])

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [5, 5]
