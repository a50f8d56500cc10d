"""Experiments by hand, with the magics, in a real kernel with a real MLflow."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from mlflow import MlflowClient
from notebook_kernel import Answer, NotebookKernel
from workbench import Workbench

NOTEBOOK = "lab/by-hand.ipynb"


@pytest.fixture(scope="module")
def kernel(workbench: Workbench) -> Iterator[NotebookKernel]:
    workbench.write(NOTEBOOK, "%load_ext jupyter_mlops", "x = 1", "y = x")
    kernel = NotebookKernel(workbench, NOTEBOOK)
    yield kernel
    kernel.close()


@pytest.fixture
def client(workbench: Workbench) -> MlflowClient:
    return MlflowClient(workbench.settings.tracking_uri)


def ran(answer: Answer) -> Answer:
    assert answer.status == "ok", answer.error
    return answer


def refused(answer: Answer) -> str:
    assert answer.error is not None
    shown = "\n".join(answer.error["traceback"])
    assert "File " not in shown
    return shown


def newest_run(client: MlflowClient, experiment: str = "lab/by-hand") -> Any:
    found = client.get_experiment_by_name(experiment)
    assert found is not None
    return client.search_runs([found.experiment_id], order_by=["attributes.start_time DESC"])[0]


def test_active_run_is_asked_without_importing_mlflow(kernel: NotebookKernel) -> None:
    code = "import sys, jupyter_mlops\nprint(jupyter_mlops.active_run(), 'mlflow' in sys.modules)"
    assert ran(kernel.run(code)).streams == "None False\n"


def test_logging_outside_a_run_tells_how_to_start_one(kernel: NotebookKernel) -> None:
    for line in ("%mlops log a=1", "%mlops stop"):
        assert "%mlops start NAME" in refused(kernel.run(line))


def test_a_run_is_started_logged_to_and_stopped_in_the_notebooks_experiment(
    kernel: NotebookKernel, client: MlflowClient
) -> None:
    started = ran(kernel.run("%mlops start first try --tag team=vision"))
    assert "first try" in started.text
    assert "lab/by-hand" in started.html
    told = ran(kernel.run("print(jupyter_mlops.active_run()['name'])"))
    assert told.streams == "first try\n"
    assert "first try" in ran(kernel.run("%mlops status")).text
    assert "is active already" in refused(kernel.run("%mlops start another"))
    ran(kernel.run("import numpy\nloss = numpy.float32(0.25)"))
    logged = ran(kernel.run("%mlops log loss=loss accuracy=0.5 model=ridge deep=True nan=nan --step 3"))
    assert "accuracy=0.5" in logged.text
    stopped = ran(kernel.run("%mlops stop --status failed"))
    assert "FAILED" in stopped.text
    run = newest_run(client)
    assert (run.info.run_name, run.info.status, run.data.tags["team"]) == ("first try", "FAILED", "vision")
    assert (run.data.metrics["loss"], run.data.metrics["accuracy"]) == (0.25, 0.5)
    assert run.data.params == {"model": "ridge", "deep": "True"}
    assert [metric.step for metric in client.get_metric_history(run.info.run_id, "loss")] == [3]


def test_figures_frames_texts_and_paths_become_artifacts(
    kernel: NotebookKernel, client: MlflowClient, workbench: Workbench
) -> None:
    (workbench.root / "data.csv").write_text("a,b\n")
    code = """
import matplotlib; matplotlib.use("agg")
import matplotlib.pyplot as plt, pandas as pd, pathlib
figure, axes = plt.subplots()
jupyter_mlops.start("artifacts")
table = pd.DataFrame({"n": [1, 2]})
jupyter_mlops.log({"per class": {"a": 1.0}}, curve=figure, twin=axes, confusion=table, essay="x" * 7000,
    data=pathlib.Path("data.csv"))
plt.close(figure)
_ = jupyter_mlops.stop()
"""
    ran(kernel.run(code))
    run = newest_run(client)
    names = {item.path for item in client.list_artifacts(run.info.run_id)}
    wanted = {"curve.png", "twin.png", "confusion.json", "essay.txt", "data.csv", "per class.json"}
    assert wanted <= names
    assert run.data.params == {}


def test_what_cannot_be_logged_is_refused_before_anything_is(
    kernel: NotebookKernel, client: MlflowClient
) -> None:
    ran(kernel.run("_ = jupyter_mlops.start('refusals')"))
    try:
        answer = kernel.run("jupyter_mlops.log(good=1, bad=object())")
        assert answer.error is not None
        assert answer.error["evalue"] == "bad: a builtins.object cannot be logged as it is."
        assert "NAME=VALUE" in refused(kernel.run("%mlops log accuracy"))
        assert newest_run(client).data.metrics == {}
        ran(kernel.run("%mlops log depth='three'"))
        assert "A param keeps its value" in refused(kernel.run("%mlops log depth='four'"))
    finally:
        ran(kernel.run("%mlops stop"))


def test_a_tracked_cell_is_one_run_and_runs_as_without_us(
    kernel: NotebookKernel, client: MlflowClient
) -> None:
    code = "%%mlops track whole cell\nimport asyncio\nawait asyncio.sleep(0)\njupyter_mlops.log(a=1)\n6 * 7"
    answer = ran(kernel.run(code))
    assert "42" in answer.text
    run = newest_run(client)
    assert (run.info.run_name, run.info.status, run.data.metrics) == ("whole cell", "FINISHED", {"a": 1.0})
    assert "%%mlops track whole cell" in ran(kernel.run("%history -l 1")).streams
    assert "%%mlops track whole cell" in ran(kernel.run("%mlops history --limit 3")).text
    last = kernel.updates[-1]["content"]["data"]["text/plain"]
    assert "FINISHED" in last


def test_an_error_in_a_tracked_cell_fails_its_run_and_is_shown_as_without_us(
    kernel: NotebookKernel, client: MlflowClient
) -> None:
    ran(kernel.run("%xmode Minimal\n%xmode Context"))
    answer = kernel.run("%%mlops track bad\n'a line'\n1 / 0")
    bare = kernel.run("%alias\n'a line'\n1 / 0")
    assert answer.error is not None
    assert bare.error is not None
    assert answer.error["ename"] == "ZeroDivisionError"
    shown = "\n".join(answer.error["traceback"])
    assert "jupyter_mlops" not in shown
    assert len(answer.error["traceback"]) == len(bare.error["traceback"])
    assert newest_run(client).info.status == "FAILED"
    assert ran(kernel.run("print(jupyter_mlops.active_run())")).streams == "None\n"


def test_tracked_cells_take_other_cell_magics_and_nest_in_an_active_run(
    kernel: NotebookKernel, client: MlflowClient
) -> None:
    ran(kernel.run("_ = jupyter_mlops.start('outer')"))
    timed = ran(kernel.run("%%mlops track inner\n%%time\nanswer = 42"))
    assert "Wall time" in timed.streams
    inner = newest_run(client)
    assert inner.info.run_name == "inner"
    assert client.get_run(inner.data.tags["mlflow.parentRunId"]).info.run_name == "outer"
    assert inner.info.status == "FINISHED"
    ran(kernel.run("%mlops stop"))
    nested = ran(kernel.run("%%mlops track with a part\n_ = get_ipython().run_cell('part = 1')\nprint(part)"))
    assert nested.streams == "1\n"
    assert newest_run(client).info.status == "FINISHED"


def test_a_skipped_cell_runs_and_leaves_no_record(kernel: NotebookKernel) -> None:
    answer = ran(kernel.run("%%mlops_skip\nsecret = 'of mine'\nsecret"))
    assert "of mine" in answer.text
    history = ran(kernel.run("%mlops history")).text
    assert "secret" not in history
    assert "secret" not in ran(kernel.run("%%mlops_skip\n%%time\nsecret = 1\n")).text
    assert "secret" not in ran(kernel.run("%mlops history")).text


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%%mlops trak x\n1", "%%mlops track [NAME]"),
        ("%%mlops track --expriment e\n1", "Did you mean --experiment?"),
        ("%mlops config frame=off", "Did you mean frames?"),
        ("%mlops config frames=maybe", "shape or hash or off"),
        ("%mlops stop --status DONE", "It ends as FINISHED, FAILED, KILLED."),
        ("%mlops diff 1 987", "No recorded execution of this kernel has the count 987"),
        ("%mlops diff abcdefgh 1", "no MLflow run 'abcdefgh'"),
        ("%mlops history zzz", "'zzz'"),
        ("%mlops track x", "with two %, as the first line"),
        ("%mlops snapshot now", "unrecognized arguments"),
    ],
)
def test_a_mistake_in_an_experiment_magic_teaches(kernel: NotebookKernel, cell: str, message: str) -> None:
    assert message in refused(kernel.run(cell))


def test_a_cell_whose_run_cannot_be_started_does_not_run(workbench: Workbench) -> None:
    kernel = NotebookKernel(workbench, NOTEBOOK, MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    try:
        shown = refused(kernel.run("%%mlops track x\nran = True"))
        assert "does not answer" in shown
        assert kernel.run("ran").error is not None
        assert "does not answer" in refused(kernel.run("%mlops start x"))
    finally:
        kernel.close()


def test_options_are_shown_and_changed_for_this_kernel(kernel: NotebookKernel) -> None:
    assert "frames" in ran(kernel.run("%mlops config")).text
    try:
        assert "off" in ran(kernel.run("%mlops config frames=off outputs=off")).text
        ran(kernel.run("'shown, but not metered'"))
        newest = "history('lab/by-hand.ipynb', as_records=True, text='not metered')[-1]"
        asked = f"from jupyter_mlops import history; print({newest}['outputs'])"
        assert ran(kernel.run(asked)).streams == "[]\n"
        told = ran(kernel.run("%mlops status")).text
        assert "source (text), traceback" in told
        assert "not outputs, frames" in told
    finally:
        ran(kernel.run("%mlops config frames=shape outputs=on"))


def test_two_executions_are_compared_by_their_counts(kernel: NotebookKernel) -> None:
    first = int(ran(kernel.run("v = 1\nprint('a'); print(len(In) - 1)")).streams.split()[-1])
    second = int(ran(kernel.run("v = 2\nw = v\nprint('bcd'); print(len(In) - 1)")).streams.split()[-1])
    shown = ran(kernel.run(f"%mlops diff {first} {second}"))
    assert "-v = 1" in shown.text
    assert "+v = 2" in shown.text
    assert "Writes only" in shown.text
    assert "<pre" in shown.html
    same = ran(kernel.run(f"jupyter_mlops.diff({first}, {first})"))
    assert "do not differ" in same.text


def test_two_runs_are_compared_by_params_and_metrics(kernel: NotebookKernel) -> None:
    code = """
pair = []
for depth in (1, 2):
    pair.append(jupyter_mlops.start(f"depth {depth}"))
    jupyter_mlops.log(depth=str(depth), same="s", loss=1 / depth)
    _ = jupyter_mlops.stop()
found = jupyter_mlops.diff(*pair)
print(found.rows)
assert jupyter_mlops.diff(pair[0].run_id, pair[1]) == found
"""
    shown = ran(kernel.run(code)).streams
    assert "('param depth', '1', '2')" in shown
    assert "('metric loss', 1.0, 0.5)" in shown
    assert "same" not in shown


def test_a_snapshot_is_the_hash_of_the_saved_notebook_and_says_how_it_differs(
    kernel: NotebookKernel, workbench: Workbench
) -> None:
    path = workbench.root / NOTEBOOK
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    ran(kernel.run("x = 'not what is saved'", "cell-1"))
    assert ran(kernel.run("kept = jupyter_mlops.snapshot(); print(kept)")).streams.strip() == sha
    shown = ran(kernel.run("%mlops snapshot"))
    assert sha in shown.text
    assert "One cell was edited after it ran." in shown.text
    assert "no longer in the notebook." in shown.text


def test_stale_cells_are_listed_with_the_reason(kernel: NotebookKernel, workbench: Workbench) -> None:
    ran(kernel.run("x = 1", "cell-1"))
    ran(kernel.run("y = x", "cell-2"))
    workbench.write(NOTEBOOK, "%load_ext jupyter_mlops", "x = 2", "y = x")
    shown = ran(kernel.run("%mlops stale")).text
    assert "2 stale cells" in shown
    assert "It was edited after it ran." in shown
    assert "It used `x` of cell 2, which was edited since." in shown
    assert ran(kernel.run("print([c['number'] for c in jupyter_mlops.stale().cells])")).streams == "[2, 3]\n"


def test_every_magic_explains_itself(kernel: NotebookKernel) -> None:
    for name, says in (("%mlops", "first try"), ("%%mlops", "first try"), ("%%mlops_skip", "nothing of it")):
        found = kernel.client.inspect(name, reply=True, timeout=60)["content"]
        assert says in found["data"]["text/plain"]
