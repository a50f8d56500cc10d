"""Widgets for cells (ipywidgets): `ParameterForm` edits a notebook's parameters and runs it as a job."""

from __future__ import annotations

from jupyter_mlops.widgets.parameter_form import ParameterForm

__all__ = ["ParameterForm"]
