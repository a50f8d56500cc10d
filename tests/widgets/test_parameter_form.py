"""A form in a cell edits exactly the parameters, refuses what is no value, and runs the notebook as a job."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from waiting import wait_until
from workbench import Workbench

from jupyter_mlops.errors import ParameterError
from jupyter_mlops.notebooks.parameter import Bounds, Parameter
from jupyter_mlops.widgets import ParameterForm
from jupyter_mlops.widgets.parameter_field import UNCHANGED, ParameterField

SOURCE = "\n".join(
    [
        "C: float = 1.0  # regularisation",
        "n: Annotated[int, Interval(ge=1, le=10)] = 3",
        "solver: Literal['lbfgs', 'saga'] = 'lbfgs'",
        "verbose = False",
        "name = 'a'",
        "layers = [8, 4]",
        "seed: int | None = None",
        "today = date.today()",
    ]
)


@pytest.fixture
def form(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> ParameterForm:
    for name, value in workbench.settings.process_environment().items():
        monkeypatch.setenv(name, value)
    workbench.write("train.ipynb", "print(C, n)", parameters=SOURCE)
    return ParameterForm(workbench.root / "train.ipynb", root=workbench.root)


def told(form: ParameterForm, name: str) -> str:
    """What the form says is wrong with a parameter."""
    return str(form.fields[name].row.children[1].value)


def test_each_parameter_gets_the_widget_of_its_type(form: ParameterForm) -> None:
    kinds = {name: type(field.widget).__name__ for name, field in form.fields.items()}
    assert kinds == {
        "C": "Text",
        "n": "IntSlider",
        "solver": "Dropdown",
        "verbose": "Checkbox",
        "name": "Text",
        "layers": "Text",
        "seed": "Text",
        "today": "Text",
    }
    assert form.fields["n"].widget.max == 10
    assert "regularisation" in form.fields["C"].row.children[0].children[2].value


def test_nothing_is_sent_but_what_was_changed(form: ParameterForm) -> None:
    assert form.values() == {}
    form.set({"C": 0.5, "n": 4, "solver": "saga", "verbose": True, "name": "b", "layers": [2], "seed": 7})
    assert form.values() == {
        "C": 0.5,
        "n": 4,
        "solver": "saga",
        "verbose": True,
        "name": "b",
        "layers": [2],
        "seed": 7,
    }
    form.set({})
    assert form.values() == {}


def test_a_default_that_is_computed_is_shown_and_never_sent_back(form: ParameterForm) -> None:
    today = form.fields["today"]
    assert (today.widget.value, today.widget.placeholder) == ("", "date.today()")
    assert today.value() is UNCHANGED


def test_what_is_no_value_is_told_at_its_field_and_nothing_is_queued(
    form: ParameterForm, workbench: Workbench
) -> None:
    form.fields["C"].widget.value = "much"
    form.fields["seed"].widget.value = "1.5"
    assert form.submit() is None
    assert "C must be a float" in told(form, "C")
    assert "seed must be" in told(form, "seed")
    assert workbench.processes() == []
    form.fields["C"].widget.value = "2"
    assert told(form, "C") == ""


def test_a_name_that_is_no_parameter_changes_nothing(form: ParameterForm) -> None:
    with pytest.raises(KeyError):
        form.set({"C": 2.0, "D": 1})
    assert form.values() == {}


def test_a_notebook_whose_parameters_cannot_be_read_is_refused(workbench: Workbench) -> None:
    workbench.write("bad.ipynb", "1", parameters="x = (")
    with pytest.raises(ParameterError, match="syntax error"):
        ParameterForm(workbench.root / "bad.ipynb", root=workbench.root)


@pytest.mark.slow
def test_run_queues_a_job_run_with_the_values_and_shows_its_end(
    form: ParameterForm, workbench: Workbench
) -> None:
    workbench.write("train.ipynb", "from datetime import date\nprint(C, n)", parameters="C = 1.0\nn = 3")
    form = ParameterForm(workbench.root / "train.ipynb", root=workbench.root, name="by form")
    form.set({"C": 0.25})
    form.children[-2].children[0].click()
    assert form.run is not None
    run = workbench.ended(form.run)
    assert (run.state, run.parameters, run.job.name) == ("succeeded", {"C": 0.25}, "by form")
    wait_until(lambda: "succeeded" in form.children[-1].value, 20, "the form shows the end")
    assert form.children[-2].children[2].disabled


@given(st.sampled_from(["str", "int", "float", "bool", "list", "dict", "any"]), st.text(max_size=20))
def test_no_text_in_a_field_makes_anything_but_a_value_or_a_refusal(kind: Any, text: str) -> None:
    field = ParameterField(Parameter("x", kind, expression="f()", bounds=Bounds(minimum=0)))
    if type(field.widget).__name__ != "Text":
        return
    field.widget.value = text
    try:
        field.value()
    except ParameterError as error:
        assert error.message.split()[0] in field.row.children[1].value
