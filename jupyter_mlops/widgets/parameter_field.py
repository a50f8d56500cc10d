"""One parameter in a form: the widget that fits its type, and the value that it stands for."""

from __future__ import annotations

import html
import json
from typing import Any

import ipywidgets as widgets

from jupyter_mlops.errors import ParameterError
from jupyter_mlops.notebooks.parameter import Parameter, ParameterSet
from jupyter_mlops.notebooks.parameter_text import parse_value
from jupyter_mlops.notebooks.parameter_values import validate_parameters

MAX_SLIDER_STEPS = 1000
UNCHANGED: Any = object()
"""What a field stands for while it shows the notebook's own default."""

_NONE = "None"


class ParameterField:
    """A labelled widget for one parameter, with its help, and room for what is wrong with its value.

    Attributes:
        parameter: what it is for.
        widget: the widget that a person changes.
        row: all of it, to be put into a form.
    """

    def __init__(self, parameter: Parameter) -> None:
        self.parameter = parameter
        self.widget = _make_widget(parameter)
        self._begun_with = self.widget.value
        self._problem = widgets.HTML()
        self._problem.add_class("jp-mlops-problem")
        label = widgets.HTML(f"<b>{html.escape(parameter.name)}</b>", layout={"width": "11em"})
        help_ = widgets.HTML(f"<span>{html.escape(_explanation(parameter))}</span>")
        line = widgets.HBox([label, self.widget, help_], layout={"flex_flow": "row wrap"})
        self.row = widgets.VBox([line, self._problem])
        self.widget.observe(lambda _: self.say(None), "value")

    def value(self) -> Any:
        """The value as JSON has it, or `UNCHANGED`.

        Raises:
            ParameterError: what is entered is no value of the parameter; the field shows it, too.
        """
        if self.widget.value == self._begun_with:
            return UNCHANGED
        try:
            return self._checked()
        except ParameterError as error:
            self.say(error)
            raise

    def set(self, value: Any) -> None:
        """Show a value; `UNCHANGED` is the notebook's default."""
        if value is UNCHANGED:
            self.widget.value = self._begun_with
        elif isinstance(self.widget, widgets.Text):
            self.widget.value = _as_text(self.parameter, value)
        else:
            self.widget.value = value
        self.say(None)

    def say(self, error: ParameterError | None) -> None:
        """Show what is wrong, or nothing."""
        text = "" if error is None else " ".join(filter(None, (error.message, error.hint)))
        colour = "var(--jp-error-color1, #b00020)"
        self._problem.value = f'<span style="color: {colour}">{html.escape(text)}</span>' if text else ""

    def _checked(self) -> Any:
        value = self.widget.value
        if isinstance(self.widget, widgets.Text):
            value = parse_value(self.parameter, value)
        known = ParameterSet((self.parameter,), has_cell=True)
        return validate_parameters(known, {self.parameter.name: value})[self.parameter.name]


def _make_widget(parameter: Parameter) -> Any:
    default, computed = parameter.default, parameter.expression is not None
    if parameter.choices is not None or (parameter.type == "bool" and (computed or parameter.nullable)):
        return _dropdown(parameter)
    if parameter.type == "bool":
        return widgets.Checkbox(value=bool(default), indent=False)
    steps = _slider_steps(parameter)
    if steps is not None and not computed and type(default) in (int, float):
        return steps
    return widgets.Text(
        value="" if computed or default is None else _as_text(parameter, default),
        placeholder=parameter.expression or (_NONE if parameter.nullable else parameter.type),
        continuous_update=False,
    )


def _dropdown(parameter: Parameter) -> Any:
    values = parameter.choices if parameter.choices is not None else (True, False)
    options: list[tuple[str, Any]] = [(str(value), value) for value in values]
    if parameter.nullable:
        options.append((_NONE, None))
    begin: Any = parameter.default
    if parameter.expression is not None or not any(begin == value for _, value in options):
        options.insert(0, (parameter.expression or "as in the notebook", UNCHANGED))
        begin = UNCHANGED
    return widgets.Dropdown(options=options, value=begin)


def _slider_steps(parameter: Parameter) -> Any:
    bounds = parameter.bounds
    if bounds is None or bounds.minimum is None or bounds.maximum is None or parameter.nullable:
        return None
    if not bounds.minimum <= (parameter.default or 0) <= bounds.maximum:  # type: ignore[operator]
        return None
    least, most, value = bounds.minimum, bounds.maximum, parameter.default
    if parameter.type == "int" and most - least <= MAX_SLIDER_STEPS:
        return widgets.IntSlider(value=value, min=least, max=most, continuous_update=False)
    if parameter.type == "float":
        step = (most - least) / 100 or 1
        return widgets.FloatSlider(
            value=value, min=least, max=most, step=step, readout_format=".4g", continuous_update=False
        )
    return None


def _as_text(parameter: Parameter, value: Any) -> str:
    if value is None:
        return _NONE
    return value if isinstance(value, str) and parameter.type == "str" else json.dumps(value)


def _explanation(parameter: Parameter) -> str:
    told = [parameter.help, None if parameter.type == "any" else parameter.type]
    bounds = parameter.bounds
    if bounds is not None:
        told += [
            f"{sign} {bound:g}"
            for sign, bound in (
                ("≥", bounds.minimum),
                (">", bounds.exclusive_minimum),
                ("≤", bounds.maximum),
                ("<", bounds.exclusive_maximum),
            )
            if bound is not None
        ]
    if parameter.expression is not None:
        told.append(f"by default {parameter.expression}")
    return " · ".join(filter(None, told))
